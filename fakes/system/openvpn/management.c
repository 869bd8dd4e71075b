/* SPDX-License-Identifier: MIT */
/* The management interface, as far as clients of a service use it: one client at a time on a local
 * port, one line per command, password first. Texts are those of openvpn's management-notes. */
#include "openvpn.h"

#include "base/lock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define QUOTED(text) #text
#define QUOTE(text)  QUOTED(text)

enum { LINE = 512, STATES = 32, TRIES = 3 };

HANDLE management_released, management_stopped;

/* Shared by the thread of the connection and that of the client; guarded by the lock. */
static struct lock lock;
static SOCKET client = INVALID_SOCKET;
static bool wants_state, wants_log;
static char states[STATES][LINE];
static size_t state_count;

static SOCKET listener = INVALID_SOCKET;
static bool holds;
static bool has_password;
static char password[LINE];

/* Guarded by the lock, too. The event is set when there is an answer. */
static char question[LINE], answer[REMOTE_ANSWER];
static HANDLE answered;

/* The lock must be held. */
static void management_write(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void management_write(const char *format, ...)
{
    char text[2 * LINE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (client != INVALID_SOCKET && length > 0)
        send(client, text, length, 0);
}

void management_state(const char *what)
{
    char line[LINE];
    snprintf(line, sizeof(line), "%lld,%s", (long long)time(NULL), what);
    lock_acquire(&lock);
    if (state_count < STATES)
        strcpy(states[state_count++], line);
    if (wants_state)
        management_write(">STATE:%s\r\n", line);
    if (wants_log)
        management_write(">LOG:%lld,I,MANAGEMENT: >STATE:%s\r\n", (long long)time(NULL), line);
    lock_release(&lock);
}

void management_fatal(const char *why)
{
    lock_acquire(&lock);
    management_write(">FATAL:%s\r\n", why);
    lock_release(&lock);
}

/* The commands: `rest` is what follows the name. Each runs with the lock held and returns false to
 * end the conversation. */
typedef bool command_run(const char *rest);

static bool run_state(const char *rest)
{
    bool all = strstr(rest, "all");
    if (strncmp(rest, "on", 2) == 0 || strcmp(rest, "off") == 0) {
        wants_state = rest[1] == 'n';
        management_write("SUCCESS: real-time state notification set to %s\r\n",
                         wants_state ? "ON" : "OFF");
        if (!all)
            return true;
    }
    for (size_t i = all || !state_count ? 0 : state_count - 1; i < state_count; i++)
        management_write("%s\r\n", states[i]);
    management_write("END\r\n");
    return true;
}

static bool run_log(const char *rest)
{
    wants_log = strncmp(rest, "on", 2) == 0;
    management_write("SUCCESS: real-time log notification set to %s\r\n", wants_log ? "ON" : "OFF");
    if (strstr(rest, "all"))
        management_write("END\r\n");
    return true;
}

static bool run_hold(const char *rest)
{
    if (strcmp(rest, "release") != 0) {
        management_write("SUCCESS: hold=%d\r\n", holds);
        return true;
    }
    management_write("SUCCESS: hold release succeeded\r\n");
    SetEvent(management_released);
    return true;
}

static bool run_signal(const char *rest)
{
    if (strcmp(rest, "SIGTERM") != 0) {
        management_write("ERROR: signal '%s' is not a known signal type\r\n", rest);
        return true;
    }
    management_write("SUCCESS: signal SIGTERM thrown\r\n");
    SetEvent(management_stopped);
    return true;
}

static bool is_remote_answer(const char *rest)
{
    char host[LINE], port[LINE];
    return strcmp(rest, "ACCEPT") == 0 || strcmp(rest, "SKIP") == 0 ||
           sscanf(rest, "MOD %511s %511s", host, port) == 2;
}

static bool run_remote(const char *rest)
{
    if (!*question || !is_remote_answer(rest) || strlen(rest) >= sizeof(answer)) {
        management_write("ERROR: remote command failed\r\n");
        return true;
    }
    strcpy(answer, rest);
    *question = 0;
    management_write("SUCCESS: remote command succeeded\r\n");
    SetEvent(answered);
    return true;
}

static bool run_pid(const char *rest)
{
    (void)rest;
    management_write("SUCCESS: pid=%lu\r\n", GetCurrentProcessId());
    return true;
}

static bool run_version(const char *rest)
{
    (void)rest;
    management_write("OpenVPN Version: OpenVPN %s [scripted]\r\nManagement Version: 5\r\nEND\r\n",
                     QUOTE(OPENVPN_RELEASE));
    return true;
}

static bool run_bytecount(const char *rest)
{
    (void)rest;
    management_write("SUCCESS: bytecount interval changed\r\n");
    return true;
}

static bool run_quit(const char *rest)
{
    (void)rest;
    return false;
}

static const struct {
    const char *name;
    command_run *run;
} commands[] = {
    {"state", run_state},   {"log", run_log},   {"hold", run_hold},
    {"signal", run_signal}, {"pid", run_pid},   {"version", run_version},
    {"quit", run_quit},     {"exit", run_quit}, {"bytecount", run_bytecount},
    {"remote", run_remote},
};

static bool run_line(char *line)
{
    char *rest = line + strcspn(line, " ");
    if (*rest)
        *rest++ = 0;
    bool goes_on = true;
    lock_acquire(&lock);
    size_t row = 0, rows = sizeof(commands) / sizeof(commands[0]);
    while (row < rows && strcmp(commands[row].name, line) != 0)
        row++;
    if (row < rows)
        goes_on = commands[row].run(rest);
    else if (*line)
        management_write("ERROR: unknown command, enter 'help' for more options\r\n");
    lock_release(&lock);
    return goes_on;
}

/* A line without its end; false when the client has disconnected. */
static bool receive_line(char line[LINE])
{
    for (size_t length = 0; length < LINE - 1; length++) {
        if (recv(client, line + length, 1, 0) != 1)
            return false;
        if (line[length] == '\n') {
            line[length] = 0;
            if (length && line[length - 1] == '\r')
                line[length - 1] = 0;
            return true;
        }
    }
    return false;
}

static bool check_password(void)
{
    char line[LINE];
    for (int i = 0; i < TRIES; i++) {
        management_write("ENTER PASSWORD:");
        if (!receive_line(line))
            return false;
        if (strcmp(line, password) == 0) {
            management_write("SUCCESS: password is correct\r\n");
            return true;
        }
        management_write("ERROR: bad password\r\n");
    }
    return false;
}

static void converse(void)
{
    if (has_password && !check_password())
        return;
    lock_acquire(&lock);
    management_write(
        ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\r\n");
    if (holds && WaitForSingleObject(management_released, 0))
        management_write(">HOLD:Waiting for hold release:0\r\n");
    if (*question)
        management_write(">REMOTE:%s\r\n", question);
    lock_release(&lock);
    char line[LINE];
    while (receive_line(line) && run_line(line))
        ;
}

static DWORD WINAPI serve_client(void *parameter)
{
    (void)parameter;
    if (has_password)
        input_line(password, sizeof(password));
    for (;;) {
        SOCKET next = accept(listener, NULL, NULL);
        if (next == INVALID_SOCKET)
            return 1;
        lock_acquire(&lock);
        client = next;
        lock_release(&lock);
        converse();
        lock_acquire(&lock);
        wants_state = wants_log = false;
        client = INVALID_SOCKET;
        lock_release(&lock);
        shutdown(next, SD_BOTH);
        closesocket(next);
    }
}

bool management_ask_remote(const char *what, char given[REMOTE_ANSWER])
{
    HANDLE ends[] = {answered, management_stopped};
    lock_acquire(&lock);
    snprintf(question, sizeof(question), "%s", what);
    management_write(">REMOTE:%s\r\n", question);
    lock_release(&lock);
    if (WaitForMultipleObjects(2, ends, FALSE, INFINITE) != WAIT_OBJECT_0)
        return false;
    lock_acquire(&lock);
    strcpy(given, answer);
    lock_release(&lock);
    return true;
}

bool management_start(const struct options *options)
{
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data))
        return false;
    if (!options->management)
        return true;
    holds = options->management_hold;
    answered = CreateEventW(NULL, FALSE, FALSE, NULL);
    has_password = options->management_password;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(options->management_port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 1)) {
        log_line("MANAGEMENT: Socket bind failed on local address [AF_INET]127.0.0.1:%u",
                 options->management_port);
        return false;
    }
    log_line("MANAGEMENT: TCP Socket listening on [AF_INET]127.0.0.1:%u", options->management_port);
    HANDLE thread = CreateThread(NULL, 0, serve_client, NULL, 0, NULL);
    if (!thread)
        return false;
    CloseHandle(thread);
    return true;
}

/* SPDX-License-Identifier: MIT */
#include "client/commands.h"

#include "base/text.h"
#include "client/console.h"
#include "client/json.h"

#include <string.h>

const struct command commands[] = {
    {u"connect", ARGUMENTS_CONNECT, command_connect, "connect with an OpenVPN configuration file",
     "usage: gatehouse connect [options] <config> [openvpn options]\n"
     "\n"
     "Starts openvpn through the service, as you and without administrator rights, shows its\n"
     "states, and stays until the connection ends. Ctrl-C ends it; the service then puts every\n"
     "network setting back.\n"
     "\n"
     "  --instance ID          the instance of the service, such as $acme (default: none)\n"
     "  --user NAME            user name for servers that ask for one\n"
     "  --timeout SECONDS      give up when not connected by then; 0: never (default: 120).\n"
     "                         The time you take to type a password does not count.\n"
     "  --log FILE             where openvpn writes its log, instead of\n"
     "                         %LOCALAPPDATA%\\Gatehouse\\log\\<config>.log\n"
     "  --log-append FILE      the same, keeping what is in the file\n"
     "  --json                 one JSON object a line on standard output, nothing else there\n"
     "  --until-stdin-closes   end the connection when standard input ends: for scripts, whose\n"
     "                         death then ends the connection too. Not for a console.\n"
     "  -h, --help             this text\n"
     "\n"
     "Options that are not listed here are passed to openvpn when they follow the configuration\n"
     "file, as is everything behind --. Which ones it gets is the service's decision.\n"
     "\n"
     "Passwords are asked on the console, without echo. When standard input is a file or pipe,\n"
     "they are read from it, one line an answer, at most once each. The end of standard input\n"
     "alone does not end the connection.\n"
     "\n"
     "With --json each object has the members time (seconds since the start) and state, which\n"
     "is one of openvpn's own (CONNECTING, RESOLVE, WAIT, AUTH, GET_CONFIG, ASSIGN_IP,\n"
     "ADD_ROUTES, CONNECTED, RECONNECTING, EXITING, ...; with detail, address, address6,\n"
     "server, port where known) or one of these:\n"
     "  STARTED        openvpn runs (process, log)\n"
     "  QUESTION       a line is wanted on standard input (asks: user or password; realm)\n"
     "  LOGIN_REFUSED  and asked again (realm)\n"
     "  DISCONNECTING  openvpn is asked to end, or is ended by force (by_force)\n"
     "  ERROR          what went wrong (exit, code, what, advice, log)\n"
     "  DISCONNECTED   the service has ended the session; the last after STARTED (exit)\n"},
    {u"version", ARGUMENTS_VERSION, command_version, "show the version",
     "usage: gatehouse version [--json]\n"},
    {u"help", ARGUMENTS_HELP, command_help, "show how a command is used",
     "usage: gatehouse help [<command>]\n"},
};
const size_t command_count = ARRAY_COUNT(commands);

static const struct {
    enum exit_code code;
    const char *meaning;
} exits[] = {
    {EXIT_DONE, "done; a connection was made and has ended well"},
    {EXIT_TROUBLE, "trouble on this computer: memory, network, a port that was taken"},
    {EXIT_USAGE, "wrong use: unknown command or option, no such configuration file"},
    {EXIT_NO_SERVICE, "the service can't be reached, or something else answers in its place"},
    {EXIT_REFUSED, "the service refused: the file's folder, an option, too many connections"},
    {EXIT_OPENVPN, "openvpn could not be started or ended with an error"},
    {EXIT_LOGIN, "the login was refused, or could not be asked for"},
    {EXIT_TIMED_OUT, "a time limit has passed"},
    {EXIT_INTERRUPTED, "ended by the user before it was connected"},
};

const struct command *command_find(const char16_t *name)
{
    for (size_t i = 0; i < command_count; i++)
        if (text_equal(commands[i].name, name))
            return &commands[i];
    return NULL;
}

static void print(const char *text)
{
    console_write(CONSOLE_OUTPUT, text, strlen(text));
}

static void print_exits(void)
{
    print("\nexit codes:\n");
    for (size_t i = 0; i < ARRAY_COUNT(exits); i++)
        console_print(CONSOLE_OUTPUT, "  %d  %s\n", exits[i].code, exits[i].meaning);
}

void help_print(const struct command *command)
{
    char name[32];
    if (command) {
        print(command->help);
        if (command->arguments == ARGUMENTS_CONNECT)
            print_exits();
        return;
    }
    print("usage: gatehouse <command> [options]\n"
          "\n"
          "Connects through the OpenVPN interactive service, without administrator rights.\n"
          "\n");
    for (size_t i = 0; i < command_count; i++)
        console_print(CONSOLE_OUTPUT, "  %-8s  %s\n",
                      console_utf8(commands[i].name, name, sizeof(name)), commands[i].summary);
    print_exits();
}

enum exit_code command_help(const struct arguments *arguments)
{
    const struct command *command = NULL;
    if (arguments->operand && !(command = command_find(arguments->operand))) {
        char name[256];
        console_print(CONSOLE_ERROR, "gatehouse: there is no command %s\n  See: gatehouse help\n",
                      console_utf8(arguments->operand, name, sizeof(name)));
        return EXIT_USAGE;
    }
    help_print(command);
    return EXIT_DONE;
}

enum exit_code command_version(const struct arguments *arguments)
{
    char version[32], bytes[128];
    console_utf8(PRODUCT_VERSION, version, sizeof(version));
    if (arguments->json) {
        struct json json = json_begin(bytes, sizeof(bytes));
        json_string(&json, "name", "gatehouse");
        json_string(&json, "version", version);
        console_write(CONSOLE_OUTPUT, bytes, json_end(&json));
    } else {
        console_print(CONSOLE_OUTPUT, "gatehouse %s\n", version);
    }
    return EXIT_DONE;
}

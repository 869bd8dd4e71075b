/* SPDX-License-Identifier: MIT */
#include "client/cli/commands.h"

#include "base/text.h"
#include "client/cli/console.h"
#include "client/cli/json.h"
#include "client/cli/report.h"

#include <string.h>

const struct command commands[] = {
    {u"connect", ARGUMENTS_CONNECT, command_connect, "connect with an OpenVPN configuration file",
     "usage: gatehouse connect [options] <config> [openvpn options]\n"
     "\n"
     "Starts openvpn through the service, with your own rights, shows its states, and runs until\n"
     "the connection ends. Ctrl-C ends the connection; the service then restores the network\n"
     "settings.\n"
     "\n"
     "  --instance ID          the instance of the service, such as $acme (default: none)\n"
     "  --user NAME            user name for servers that ask for one\n"
     "  --timeout SECONDS      give up when not connected after this time (default: 120;\n"
     "                         0: no limit). Time for typing a password does not count.\n"
     "  --log FILE             where openvpn writes its log, instead of\n"
     "                         %LOCALAPPDATA%\\Gatehouse\\log\\<config>.log\n"
     "  --log-append FILE      the same, but append to the file\n"
     "  --json                 write only JSON to standard output, one object per line\n"
     "  --until-stdin-closes   end the connection when standard input ends: for scripts, so that\n"
     "                         the connection ends with the script. Not for a console.\n"
     "  -h, --help             show this text\n"
     "\n"
     "--name=VALUE is the same as --name VALUE.\n"
     "\n"
     "Other options, which begin with --, are passed to openvpn if they follow the configuration\n"
     "file, and so is everything after --. The service decides which options are allowed.\n"
     "\n"
     "Passwords are asked for on the console, without echo. If standard input is a file or a\n"
     "pipe, each answer is one line of it, and a refused answer is not asked for again. The\n"
     "connection goes on after the end of standard input, unless --until-stdin-closes is given.\n"
     "\n"
     "With --json each object has the members time (seconds since the start) and state. A state\n"
     "is one of openvpn's (CONNECTING, RESOLVE, WAIT, AUTH, GET_CONFIG, ASSIGN_IP, ADD_ROUTES,\n"
     "CONNECTED, RECONNECTING, EXITING, ...; with detail, address, address6, server, port if\n"
     "known) or one of these:\n"
     "  STARTED        openvpn runs (process, log)\n"
     "  QUESTION       an answer is needed on standard input (asks: user or password; realm)\n"
     "  LOGIN_REFUSED  the answer was refused and is asked for again (realm)\n"
     "  DISCONNECTING  openvpn is asked to end, or is ended by force (by_force)\n"
     "  ERROR          an error, in the command line too (exit, code, what, advice, log)\n"
     "  DISCONNECTED   the service has ended the session; the last object after STARTED (exit)\n"},
    {u"doctor", ARGUMENTS_DOCTOR, command_doctor, "find out what is wrong, and what to do",
     "usage: gatehouse doctor [options]\n"
     "\n"
     "Looks at the service, its settings, openvpn, the adapters, the event log and what is left\n"
     "of connections that have ended, and says of each thing whether it is right and what to do.\n"
     "Changes nothing, and needs neither rights nor a service that runs; what this account may\n"
     "not read is said.\n"
     "\n"
     "  --instance ID   the instance of the service, such as $acme (default: none)\n"
     "  --report FILE   also write everything, with the last events and the last log of openvpn,\n"
     "                  to a new text file, without passwords, names and addresses\n"
     "  --json          write one JSON object: schema (1), version, instance, time, result (ok,\n"
     "                  warning, failure), failures, warnings, checks (name, result, what, "
     "advice,\n"
     "                  and members that depend on the name)\n"
     "  -h, --help      show this text\n"
     "\n"
     "Exit codes: 0 no failure, 10 a failure was found, 1 the report could not be written,\n"
     "2 wrong command line.\n"},
    {u"version", ARGUMENTS_VERSION, command_version, "show the version",
     "usage: gatehouse version [--json]\n"
     "\n"
     "  --json      write a JSON object (name, version)\n"
     "  -h, --help  show this text\n"},
    {u"help", ARGUMENTS_HELP, command_help, "show how a command is used",
     "usage: gatehouse help [<command>]\n"
     "\n"
     "  -h, --help  show this text\n"},
};
const size_t command_count = ARRAY_COUNT(commands);

static const struct {
    enum exit_code code;
    const char *meaning;
} exits[] = {
    {EXIT_DONE, "success: the connection was made and ended without an error"},
    {EXIT_TROUBLE, "error on this computer: memory, network, or a port that is in use"},
    {EXIT_USAGE, "wrong command line: unknown command or option, or no such configuration file"},
    {EXIT_NO_SERVICE, "the service can't be reached, or another program has taken its pipe"},
    {EXIT_REFUSED, "the service refused the file's folder, an option, or one more connection"},
    {EXIT_OPENVPN, "openvpn could not be started, or ended with an error"},
    {EXIT_LOGIN, "the login was refused, or the user could not be asked for it"},
    {EXIT_TIMED_OUT, "a time limit was exceeded"},
    {EXIT_INTERRUPTED, "ended by the user before the connection was made"},
    {EXIT_UNHEALTHY, "doctor has found a failure"},
};

const struct command *command_find(const char16_t *name)
{
    for (size_t i = 0; i < command_count; i++)
        if (text_equal(commands[i].name, name))
            return &commands[i];
    return NULL;
}

static void help_print_text(const char *text)
{
    console_write(CONSOLE_OUTPUT, text, strlen(text));
}

static void help_print_exits(void)
{
    help_print_text("\nexit codes:\n");
    for (size_t i = 0; i < ARRAY_COUNT(exits); i++)
        console_print(CONSOLE_OUTPUT, "  %-2d  %s\n", exits[i].code, exits[i].meaning);
}

void help_print(const struct command *command)
{
    char name[32];
    if (command) {
        help_print_text(command->help);
        if (command->arguments == ARGUMENTS_CONNECT)
            help_print_exits();
        return;
    }
    help_print_text(
        "usage: gatehouse <command> [options]\n"
        "\n"
        "Connects through the OpenVPN interactive service, without administrator rights.\n"
        "\n");
    for (size_t i = 0; i < command_count; i++)
        console_print(CONSOLE_OUTPUT, "  %-8s  %s\n",
                      text_to_line(commands[i].name, name, sizeof(name)), commands[i].summary);
    help_print_exits();
}

enum exit_code command_help(const struct arguments *arguments)
{
    const struct command *command = NULL;
    if (arguments->operand && !(command = command_find(arguments->operand))) {
        const struct report report = report_begin(false);
        return report_usage(&report, "unknown command", arguments->operand, u"");
    }
    help_print(command);
    return EXIT_DONE;
}

enum exit_code command_version(const struct arguments *arguments)
{
    char version[32], bytes[128];
    text_to_line(PRODUCT_VERSION, version, sizeof(version));
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

/* SPDX-License-Identifier: MIT */
#include "client/cli/commands.h"

#include "base/text.h"
#include "client/cli/console.h"
#include "client/cli/json.h"
#include "client/cli/report.h"
#include "product.h"

#include <string.h>

const struct command commands[] = {
    {u"connect", NULL, ARGUMENTS_CONNECT, command_connect,
     "connect with an OpenVPN configuration file",
     "usage: gatehouse connect [options] <config> [openvpn options]\n"
     "\n"
     "Starts openvpn through the service, with your own rights, shows its states, and runs until\n"
     "the connection ends. Ctrl-C ends the connection; the service then restores the network\n"
     "settings. If this program dies or its window is closed, the service ends the connection.\n"
     "\n"
     "<config> is the path of a file, or a name that gatehouse list shows.\n"
     "\n"
     "  --detach               when connected, exit with 0 and let the connection go on; openvpn\n"
     "                         cannot ask for a password any more\n"
     "  --keep                 let the connection go on if this program dies or its window is\n"
     "                         closed; Ctrl-C ends it\n"
     "  --instance ID          the instance of the service, such as $acme (default: none)\n"
     "  --user NAME            user name for servers that ask for one\n"
     "  --kill-switch          block everything but openvpn's way to the servers of the "
     "configuration\n"
     "                         before it is started, and go on blocking when the connection is "
     "lost\n"
     "                         or has ended, until gatehouse firewall stop\n"
     "  --allow-lan            with --kill-switch: leave the local network open\n"
     "  --release              with --kill-switch: stop it when the connection has ended, whoever\n"
     "                         has ended it\n"
     "  --remote-ok            with --kill-switch: in a session of Remote Desktop, too, which is "
     "cut\n"
     "                         off\n"
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
     "With --kill-switch the names of the servers are looked up before anything is blocked, and\n"
     "openvpn gets their addresses from this program, one after the other; names stay for the "
     "check\n"
     "of certificates. Nothing is started if a name has no address. A kill switch of yours that "
     "is\n"
     "up is replaced; while it blocks, names that can't be looked up keep its addresses. Servers\n"
     "behind a proxy are refused: gatehouse help firewall.\n"
     "\n"
     "With --json each object has the members time (seconds since the start) and state. A state\n"
     "is one of openvpn's (CONNECTING, RESOLVE, WAIT, AUTH, GET_CONFIG, ASSIGN_IP, ADD_ROUTES,\n"
     "CONNECTED, RECONNECTING, EXITING, ...; with detail, address, address6, server, port if\n"
     "known) or one of these:\n"
     "  STARTED        openvpn runs (process, log)\n"
     "  QUESTION       an answer is needed on standard input (asks: user or password; realm)\n"
     "  LOGIN_REFUSED  the answer was refused and is asked for again (realm)\n"
     "  WARNING        something does not work, but the connection goes on (code, what, advice)\n"
     "  KILL_SWITCH    it blocks (firewall, as in gatehouse status; was_up, changed: it was up\n"
     "                 before, with other servers)\n"
     "  BLOCKED        the tunnel is lost, or the connection has ended (ended), and the kill "
     "switch\n"
     "                 blocks (way_out)\n"
     "  RELEASED       the kill switch was stopped\n"
     "  DETACHED       the connection goes on without this program (process); the last object\n"
     "  DISCONNECTING  openvpn is asked to end, or is ended by force (by_force)\n"
     "  ERROR          an error, in the command line too (exit, code, what, advice, log)\n"
     "  DISCONNECTED   the service has ended the session; the last object after STARTED (exit)\n"},
    {u"status", NULL, ARGUMENTS_STATUS, command_status, "show the service and its connections",
     "usage: gatehouse status [options] [<connection>]\n"
     "\n"
     "Shows the service and your connections; an administrator sees those of all users. A\n"
     "connection is named by its configuration file, with or without folder and extension, or by\n"
     "the process id of its openvpn. Exits with 0 whenever the service has answered.\n"
     "\n"
     "  --quiet        print nothing: exit with 0 if the connection is connected, otherwise with "
     "9\n"
     "  --watch        show it again whenever it has changed, until Ctrl-C or until the service\n"
     "                 ends; in a window each second\n"
     "  --json         write a JSON object (schema, service, sessions), with --watch one a line\n"
     "  --instance ID  the instance of the service, such as $acme (default: none)\n"
     "  -h, --help     show this text\n"
     "\n"
     "A connection is starting until openvpn has set an address or a route, which it does when "
     "the\n"
     "server has accepted it; then connected; and ending while its changes are undone.\n"},
    {u"disconnect", u"stop", ARGUMENTS_DISCONNECT, command_disconnect, "end a connection",
     "usage: gatehouse disconnect [options] <connection>\n"
     "       gatehouse disconnect [options] --all\n"
     "\n"
     "Ends your connections of this name, or the one of this process; an administrator ends those\n"
     "of all users. Returns when their network settings are restored, or with 7 after 30 seconds.\n"
     "gatehouse stop is the same.\n"
     "\n"
     "  --all          end all connections\n"
     "  --wait         wait for as long as it takes; Ctrl-C ends the waiting, with 8\n"
     "  --json         write a JSON object (schema, stopped, left)\n"
     "  --instance ID  the instance of the service, such as $acme (default: none)\n"
     "  -h, --help     show this text\n"},
    {u"list", NULL, ARGUMENTS_LIST, command_list, "show the configuration files",
     "usage: gatehouse list [options]\n"
     "\n"
     "Shows the configuration files (*.ovpn) in your own folder, which OpenVPN-GUI uses too, and "
     "in\n"
     "the service's, and three levels below. gatehouse connect takes their names; of several "
     "files\n"
     "with the same name it takes the first one that is shown.\n"
     "\n"
     "  --json         write a JSON object (schema, configs)\n"
     "  --instance ID  the instance of the service, such as $acme (default: none)\n"
     "  -h, --help     show this text\n"},
    {u"check", NULL, ARGUMENTS_CHECK, command_check,
     "tell whether a configuration file may run without special rights",
     "usage: gatehouse check [options] <config>\n"
     "       gatehouse check --rules [--json]\n"
     "\n"
     "Reads a configuration file as the service does and says of each line that is refused, not\n"
     "known or left out why, and what to do. Changes nothing, and asks no service: whether this\n"
     "computer's service takes users' own files, its administrator decides (user_profiles).\n"
     "Exits with 0 if the file may run for a user without special rights, otherwise with 4.\n"
     "\n"
     "  --rules        show what a configuration file may say\n"
     "  --json         write a JSON object (schema, file, may_run, lines: line, verdict,\n"
     "                 directive, argument, what, advice; --rules: schema, directives)\n"
     "  --instance ID  the instance of the service, such as $acme (default: none)\n"
     "  -h, --help     show this text\n"},
    {u"import", NULL, ARGUMENTS_IMPORT, command_import, "put a configuration file into your folder",
     "usage: gatehouse import [options] <config>\n"
     "\n"
     "Checks a configuration file as gatehouse check does and, if it may run, copies it into your\n"
     "own folder, so that gatehouse list shows it and gatehouse connect takes its name. Files\n"
     "that it names without a folder must be put there, too.\n"
     "\n"
     "  --name NAME    the name there (default: that of the file)\n"
     "  --json         write a JSON object (those members of gatehouse check, imported)\n"
     "  --instance ID  the instance of the service, such as $acme (default: none)\n"
     "  -h, --help     show this text\n"},
    {u"firewall", NULL, ARGUMENTS_FIREWALL, command_firewall, "start, stop or show the kill switch",
     "usage: gatehouse firewall start [options] [restart] [allow-lan] [remote-ok]\n"
     "                                          lockdown | --for CONFIG | SERVER...\n"
     "       gatehouse firewall stop [options]\n"
     "       gatehouse firewall isup [options]\n"
     "\n"
     "The kill switch blocks all that would leave this computer, whatever happens to openvpn, to "
     "the\n"
     "service and to Windows, until it is stopped. It lets out what goes through the tunnels of\n"
     "connections, and openvpn itself to the servers. Whoever has started it, and administrators,\n"
     "may change and stop it.\n"
     "\n"
     "  SERVER         an address that openvpn may reach: 198.51.100.7:1194/udp, "
     "198.51.100.7:443,\n"
     "                 198.51.100.7, [2001:db8::7]:443/tcp, 2001:db8::7; 64 at most\n"
     "  lockdown       no server\n"
     "  allow-lan      leave private networks open, but not their name servers\n"
     "  remote-ok      in a session of Remote Desktop, too, which is cut off\n"
     "  restart        nothing more: start always replaces what was there in one step\n"
     "  --for CONFIG   the servers of a configuration: a path, or a name that gatehouse list "
     "shows.\n"
     "                 Their names are looked up before. Of a server behind http-proxy or\n"
     "                 socks-proxy it is the proxy, to whom openvpn sends: write its address, not\n"
     "                 its name, into the configuration. openvpn can't look up names either while "
     "it\n"
     "                 blocks: use addresses, or gatehouse connect --kill-switch\n"
     "  --json         write a JSON object (schema, firewall: an object as in gatehouse status;\n"
     "                 stop: was_up)\n"
     "  --instance ID  the instance of the service, such as $acme (default: none)\n"
     "  -h, --help     show this text\n"
     "\n"
     "isup exits with 0 if it is up, 9 if it is not, 10 if it is damaged, and 3 if that can't be\n"
     "told.\n"},
    {u"cleanup", NULL, ARGUMENTS_CLEANUP, command_cleanup, "undo what ended connections have left",
     "usage: gatehouse cleanup [options]\n"
     "\n"
     "Has the service try at once to undo what it could not undo when connections ended. It tries\n"
     "by itself too, from time to time. Only for administrators. Exits with 1 if something is "
     "left.\n"
     "\n"
     "  --json         write a JSON object (schema, undone, left)\n"
     "  --instance ID  the instance of the service, such as $acme (default: none)\n"
     "  -h, --help     show this text\n"},
    {u"update", NULL, ARGUMENTS_UPDATE, command_update, "look for an update, and install it",
     "usage: gatehouse update [options]\n"
     "\n"
     "Looks for a newer version on the update server, downloads it with your own rights, and "
     "gives\n"
     "it to the service, which checks its signatures and installs it. Connections end meanwhile.\n"
     "An administrator allows that by the settings updates, update_url and update_users.\n"
     "\n"
     "  --check        only look: exit with 12 if there is an update, with 0 if there is none\n"
     "  --when-idle    have it installed when nobody else has a connection any more; returns when\n"
     "                 the service has it\n"
     "  --result       only say what became of the last update\n"
     "  --json         write only JSON to standard output, one object per line\n"
     "  --instance ID  the instance of the service, such as $acme (default: none)\n"
     "  -h, --help     show this text\n"
     "\n"
     "The server must be reached by https, so that nobody on the way sees what is fetched or "
     "holds\n"
     "it back unnoticed, and never sends on to an address without it. Only on this computer "
     "itself\n"
     "(localhost, 127.0.0.1, [::1]) http will do, because nobody is on the way. The proxy is that\n"
     "of your Windows settings. What has come is kept when the download ends early, and the next\n"
     "one goes on from there; it ends if less than 15 KiB have come in 15 seconds, and after an\n"
     "hour. Ctrl-C ends it; when the service has the update, it ends the waiting only.\n"
     "\n"
     "With --json --result is one object (schema, update: none, waiting, installing, installed,\n"
     "restart_needed or failed, version, code, reason, since, installed, updates, update_url,\n"
     "channel, root, manifest). The others have the members time (seconds since the start) and\n"
     "state:\n"
     "  CURRENT         there is nothing newer (installed, release, channel, manifest, expires)\n"
     "  AVAILABLE       there is an update (the same, and package, size)\n"
     "  DOWNLOADING     it is being downloaded (bytes, size)\n"
     "  WAITING         the service installs it later (version); the last object\n"
     "  INSTALLING      the service installs it (version)\n"
     "  INSTALLED       it is installed (version)\n"
     "  RESTART_NEEDED  it is installed when Windows has been restarted (version)\n"
     "  ERROR           an error, in the command line too (exit, code, what, advice)\n"},
    {u"doctor", NULL, ARGUMENTS_DOCTOR, command_doctor, "find out what is wrong, and what to do",
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
    {u"version", NULL, ARGUMENTS_VERSION, command_version, "show the version",
     "usage: gatehouse version [--json]\n"
     "\n"
     "  --json      write a JSON object (name, version)\n"
     "  -h, --help  show this text\n"},
    {u"help", NULL, ARGUMENTS_HELP, command_help, "show how a command is used",
     "usage: gatehouse help [<command>]\n"
     "\n"
     "  -h, --help  show this text\n"},
};
const size_t command_count = ARRAY_COUNT(commands);

static const struct {
    enum exit_code code;
    const char *meaning;
} exits[] = {
    {EXIT_DONE, "success: the connection was made and ended without an error; or it is as asked"},
    {EXIT_TROUBLE, "error on this computer: memory, network, or a port that is in use"},
    {EXIT_USAGE, "wrong command line: unknown command or option, or no usable configuration file"},
    {EXIT_NO_SERVICE, "the service can't be reached, or another program has taken its pipe"},
    {EXIT_REFUSED, "the service refused the file's folder, an option, one more connection, or the "
                   "request"},
    {EXIT_OPENVPN, "openvpn could not be started, or ended with an error"},
    {EXIT_LOGIN, "the login was refused, or the user could not be asked for it"},
    {EXIT_TIMED_OUT, "a time limit was exceeded"},
    {EXIT_INTERRUPTED, "ended by the user before the connection was made, or has ended; or before "
                       "the service had the update"},
    {EXIT_NOT_CONNECTED,
     "there is no such connection, or it is not connected; the kill switch is not up"},
    {EXIT_UNHEALTHY, "doctor has found a failure; the kill switch is damaged"},
    {EXIT_UNRESOLVED, "the name of a server can't be resolved: nothing was blocked or connected"},
    {EXIT_UPDATE, "update --check: there is an update"},
    {EXIT_SERVER, "the update server can't be reached, or what it has sent can't be used"},
    {EXIT_NOT_INSTALLED, "the update was not installed: the version before goes on"},
    {EXIT_RESTART, "the update is installed when Windows has been restarted"},
};

const struct command *command_find(const char16_t *name)
{
    for (size_t i = 0; i < command_count; i++)
        if (text_equal(commands[i].name, name) ||
            (commands[i].synonym && text_equal(commands[i].synonym, name)))
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
        if (command->arguments != ARGUMENTS_HELP && command->arguments != ARGUMENTS_VERSION)
            help_print_exits();
        return;
    }
    help_print_text(
        "usage: gatehouse <command> [options]\n"
        "\n"
        "Connects through the OpenVPN interactive service, without administrator rights.\n"
        "\n");
    for (size_t i = 0; i < command_count; i++)
        console_print(CONSOLE_OUTPUT, "  %-10s  %s\n",
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

/* SPDX-License-Identifier: MIT */
/* The command line of gatehouse-service.exe. Without a command it is the service itself. */
#include "base/log.h"
#include "base/text.h"
#include "product.h"
#include "service/admin/cleanup.h"
#include "service/admin/console.h"
#include "service/admin/control.h"
#include "service/admin/install.h"
#include "service/eventlog.h"
#include "service/names.h"
#include "service/scm.h"

#include <windows.h>

/* MinGW's wide entry point has no prototype of its own. */
int wmain(int count, wchar_t *arguments[]);

enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NOT_RUNNING = 3,
    EXIT_NOT_INSTALLED = 4
};

static uint32_t show_version(const char16_t *instance)
{
    (void)instance;
    say(u"gatehouse-service " PRODUCT_VERSION u"%n");
    return 0;
}

/* Each returns 0 or a Win32 error. */
static const struct command {
    const char16_t *name;
    uint32_t (*run)(const char16_t *instance);
} commands[] = {
    {u"install", install_service},    {u"remove", remove_service},
    {u"start", start_service},        {u"stop", stop_service},
    {u"status", show_status},         {u"cleanup", cleanup_instance},
    {u"undo", undo_instance},         {u"unblock", unblock_instance},
    {u"takeover", take_over_service}, {u"withdraw", withdraw_service},
    {u"version", show_version},
};

enum { MOST_COMMANDS = 8 };

struct command_line {
    const char16_t *instance; /* NULL: the default one */
    const struct command *commands[MOST_COMMANDS];
    size_t count;
    bool asks_for_help;
};

static bool is_word(const char16_t *text, const char16_t *word)
{
    return CompareStringOrdinal(text, -1, word, -1, TRUE) == CSTR_EQUAL;
}

static void print_help(void)
{
    say(u"Gatehouse service " PRODUCT_VERSION u"%n%n"
        u"  -install    install the service%n"
        u"  -remove     stop and uninstall the service%n"
        u"  -start      start the service, and wait until it runs or has ended%n"
        u"  -stop       stop the service, and wait until its connections have ended%n"
        u"  -status     show whether the service runs, and what it lacks%n"
        u"  -cleanup    undo every network change that belongs to no running connection%n"
        u"  -undo       the same, but leave the kill switch%n"
        u"  -unblock    remove the kill switch, also without a service: nothing is blocked then%n"
        u"  -takeover   install the service, also where another program, such as OpenVPN, has it, "
        u"or bring it up to date%n"
        u"  -withdraw   as -remove, but leave what is still to be undone, and the kill switch%n"
        u"  -version    show the version of this program%n"
        u"  -help       show this text%n"
        u"  -instance interactive <id>    use the instance <id> with its own service, pipe and "
        u"registry key%n%n"
        u"Switches start with - or /. Several are done in their order, each only if those before "
        u"it have succeeded. With none but -instance this program is the service itself and is "
        u"started by Windows.%n%n"
        u"exit codes:%n"
        u"  0  done; with -status: the service runs%n"
        u"  1  failed%n"
        u"  2  wrong command line: nothing was done%n"
        u"  3  the service does not run%n"
        u"  4  the service is not installed%n");
}

/* Nothing of the line is done. Windows may have started this program with it, so it is logged. */
static bool refuse_arguments(const char *line, const char16_t *words)
{
    log_error_of(LOG_COMMAND_LINE, 0, "%s", line);
    say(words);
    return false;
}

static bool refuse_word(const char16_t *word)
{
    log_error_of(LOG_COMMAND_LINE, 0, "Unknown word in the command line: %s", UTF8(word));
    say(u"Unknown word in the command line: \"%1\"%n%n", word);
    print_help();
    return false;
}

static bool take_instance(struct command_line *line, const char16_t *instance)
{
    if (line->instance)
        return refuse_arguments("-instance may be given once only",
                                u"-instance may be given once only%n");
    if (!*instance || !instance_is_valid(instance))
        return refuse_arguments(
            "The instance id is empty, too long, begins with -, or has a character that is not "
            "allowed in it",
            u"An instance id has 1 to 64 characters, does not begin with -, and has none of "
            u"\\ / : * ? \" < > |%n");
    line->instance = instance;
    eventlog_open(instance);
    return true;
}

static bool is_question(const char16_t *word)
{
    static const char16_t *const questions[] = {u"-help", u"--help", u"-h", u"-?",
                                                u"/help", u"/h",     u"/?"};
    for (size_t i = 0; i < ARRAY_COUNT(questions); i++)
        if (is_word(word, questions[i]))
            return true;
    return false;
}

static bool take_command(struct command_line *line, const char16_t *word)
{
    size_t known = 0;
    if (*word != '-' && *word != '/')
        return refuse_word(word);
    while (known < ARRAY_COUNT(commands) && !is_word(word + 1, commands[known].name))
        known++;
    if (known == ARRAY_COUNT(commands))
        return refuse_word(word);
    if (line->count == MOST_COMMANDS)
        return refuse_arguments("Too many switches", u"There may be eight switches at most.%n");
    line->commands[line->count++] = &commands[known];
    return true;
}

/* The whole line is read before anything of it is done. Returns false when it was refused. */
static bool read_line(int count, wchar_t *arguments[], struct command_line *line)
{
    for (int i = 1; i < count && !line->asks_for_help; i++) {
        const char16_t *word = arguments[i];
        if (is_question(word)) {
            line->asks_for_help = true;
        } else if (is_word(word, u"-instance") || is_word(word, u"/instance")) {
            if (i + 2 >= count || !is_word(arguments[i + 1], u"interactive"))
                return refuse_arguments("-instance must be followed by: interactive <id>",
                                        u"-instance must be followed by: interactive <id>%n");
            if (!take_instance(line, arguments[i += 2]))
                return false;
        } else if (!take_command(line, word)) {
            return false;
        }
    }
    return true;
}

static int exit_code_of(uint32_t error)
{
    switch (error) {
    case 0:
        return EXIT_DONE;
    case ERROR_SERVICE_NOT_ACTIVE:
        return EXIT_NOT_RUNNING;
    case ERROR_SERVICE_DOES_NOT_EXIST:
        return EXIT_NOT_INSTALLED;
    default:
        return EXIT_FAILED;
    }
}

static int run_commands(const struct command_line *line, const char16_t *instance)
{
    log_to(say_log);
    for (size_t i = 0; i < line->count; i++) {
        uint32_t error = line->commands[i]->run(instance);
        if (!error)
            continue;
        for (size_t left = i + 1; left < line->count; left++)
            say(u"Not done, because -%1 has not succeeded: -%2%n", line->commands[i]->name,
                line->commands[left]->name);
        return exit_code_of(error);
    }
    return EXIT_DONE;
}

int wmain(int count, wchar_t *arguments[])
{
    struct command_line line = {0};
    eventlog_open(u"");
    if (!read_line(count, arguments, &line))
        return EXIT_USAGE;
    if (line.asks_for_help) {
        print_help();
        return EXIT_DONE;
    }
    const char16_t *instance = line.instance ? line.instance : u"";
    return line.count ? run_commands(&line, instance) : exit_code_of(scm_run(instance));
}

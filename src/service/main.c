/* SPDX-License-Identifier: MIT */
/* The command line of gatehouse-service.exe. Without a switch it is the service itself. */
#include "base/log.h"
#include "base/text.h"
#include "product.h"
#include "service/admin/cleanup.h"
#include "service/admin/console.h"
#include "service/admin/install.h"
#include "service/eventlog.h"
#include "service/names.h"
#include "service/scm.h"

#include <windows.h>

/* MinGW's wide entry point has no prototype of its own. */
int wmain(int count, wchar_t *arguments[]);

static const struct {
    const char16_t *name;
    uint32_t (*run)(const char16_t *instance);
} commands[] = {
    {u"install", install_service},
    {u"remove", remove_service},
    {u"start", start_service},
    {u"cleanup", cleanup_instance},
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
        u"  -start      start the service%n"
        u"  -cleanup    undo every network change that belongs to no running connection%n"
        u"  -instance interactive <id>    use the instance <id> with its own service, pipe and "
        u"registry key%n%n"
        u"Switches start with - or /. Without -install, -remove, -start or -cleanup this "
        u"program is the service itself and is started by Windows.%n");
}

/* Prints the help for a word that is no switch. Returns the exit code: 0 when help was asked for.
 */
static int answer_other_word(const char16_t *word)
{
    static const char16_t *const questions[] = {u"-help", u"--help", u"-h", u"-?",
                                                u"/help", u"/h",     u"/?"};
    print_help();
    for (size_t i = 0; i < ARRAY_COUNT(questions); i++)
        if (is_word(word, questions[i]))
            return 0;
    return 1;
}

static int refuse_arguments(const char *line, const char16_t *words)
{
    log_error(0, "%s", line);
    say(words);
    return 1;
}

int wmain(int count, wchar_t *arguments[])
{
    const char16_t *instance = u"";
    uint32_t (*command)(const char16_t *) = NULL;

    eventlog_open(u"");
    for (int i = 1; i < count; i++) {
        const char16_t *word = arguments[i];
        if (*word != '-' && *word != '/')
            return answer_other_word(word);
        if (is_word(word + 1, u"instance")) {
            if (i + 2 >= count || !is_word(arguments[i + 1], u"interactive"))
                return refuse_arguments("-instance must be followed by: interactive <id>",
                                        u"-instance must be followed by: interactive <id>%n");
            instance = arguments[i += 2];
            if (!*instance || !instance_is_valid(instance))
                return refuse_arguments(
                    "The instance id is empty, too long, or has a character that is not allowed "
                    "in it",
                    u"An instance id has 1 to 64 characters, none of \\ / : * ? \" < > "
                    u"|%n");
            eventlog_open(instance);
            continue;
        }
        size_t known = 0;
        while (known < ARRAY_COUNT(commands) && !is_word(word + 1, commands[known].name))
            known++;
        if (known == ARRAY_COUNT(commands))
            return answer_other_word(word);
        command = commands[known].run;
    }
    return (command ? command(instance) : scm_run(instance)) ? 1 : 0;
}

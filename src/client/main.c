/* SPDX-License-Identifier: MIT */
#include "client/commands.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "client/console.h"

#include <wchar.h>

static enum exit_code wrong_use(const char *what, const char16_t *about, const char *command)
{
    char clean[512];
    text_to_line(about, clean, sizeof(clean));
    console_print(CONSOLE_ERROR, "gatehouse: %s%s%s\n  See: gatehouse help%s%s\n", what,
                  *clean ? ": " : "", clean, *command ? " " : "", command);
    return EXIT_USAGE;
}

static enum exit_code main_run_command(const struct command *command, size_t count,
                                       char16_t **items)
{
    char name[32];
    struct arguments arguments;
    struct arguments_problem problem;
    CLEANUP_FREE char16_t **more = calloc(count + 1, sizeof(*more));
    if (!more)
        return EXIT_TROUBLE;
    if (!arguments_read(command->arguments, count, items, more, &arguments, &problem))
        return wrong_use(problem.what, problem.about,
                         text_to_line(command->name, name, sizeof(name)));
    if (arguments.help) {
        help_print(command);
        return EXIT_DONE;
    }
    return command->run(&arguments);
}

int wmain(int count, wchar_t **items);

int wmain(int count, wchar_t **items)
{
    static const struct {
        const char16_t *option, *command;
    } synonyms[] = {{u"-h", u"help"}, {u"--help", u"help"}, {u"--version", u"version"}};

    if (count < 2)
        return wrong_use("name a command", u"", "");
    const char16_t *name = items[1];
    for (size_t i = 0; i < ARRAY_COUNT(synonyms); i++)
        if (text_equal(name, synonyms[i].option))
            name = synonyms[i].command;
    const struct command *command = command_find(name);
    if (!command)
        return wrong_use(name[0] == u'-' ? "unknown option" : "unknown command", name, "");
    return main_run_command(command, (size_t)count - 2, items + 2);
}

/* SPDX-License-Identifier: MIT */
#include "client/cli/commands.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "client/failure.h"
#include "client/cli/report.h"

#include <wchar.h>

/* In a command line that may be wrong otherwise. */
static bool main_wants_json(size_t count, char16_t *const *items)
{
    for (size_t i = 0; i < count && !text_equal(items[i], u"--"); i++)
        if (text_equal(items[i], u"--json"))
            return true;
    return false;
}

static enum exit_code main_run_command(const struct command *command, const struct report *report,
                                       size_t count, char16_t **items)
{
    struct arguments arguments;
    struct arguments_problem problem;
    CLEANUP_FREE char16_t **more = calloc(2 * count + 1, sizeof(*more));
    if (!more) {
        struct gatehouse_error error;
        gatehouse_fail(&error, STEP_MEMORY, ERROR_NOT_ENOUGH_MEMORY, u"", NULL);
        report_error(report, EXIT_TROUBLE, &error, NULL);
        return EXIT_TROUBLE;
    }
    if (!arguments_read(command->arguments, count, items, more, &arguments, &problem))
        return report_usage(report, problem.what, problem.about, command->name);
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

    const struct report report = report_begin(main_wants_json((size_t)count, items));
    if (count < 2)
        return report_usage(&report, "name a command", u"", u"");
    const char16_t *name = items[1];
    for (size_t i = 0; i < ARRAY_COUNT(synonyms); i++)
        if (text_equal(name, synonyms[i].option))
            name = synonyms[i].command;
    const struct command *command = command_find(name);
    if (!command)
        return report_usage(&report, name[0] == u'-' ? "unknown option" : "unknown command", name,
                            u"");
    return main_run_command(command, &report, (size_t)count - 2, items + 2);
}

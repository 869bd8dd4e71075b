/* SPDX-License-Identifier: MIT */
#include "client/cli/commands.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "client/cli/console.h"
#include "client/cli/json.h"
#include "client/cli/sessions.h"

#include <wchar.h>

enum { CLEANUP_LIMIT = 120000 /* ms: everything that is left is tried once */ };

static uint64_t count_in(const struct gatehouse_reply *reply, const wchar_t *key)
{
    const wchar_t *value = gatehouse_reply_value(reply, 0, key);
    return value ? wcstoull(value, NULL, 10) : 0;
}

static void print_counts(bool as_json, uint64_t undone, uint64_t left)
{
    char bytes[128];
    struct json json = json_begin(bytes, sizeof(bytes));
    if (!as_json) {
        console_print(CONSOLE_OUTPUT,
                      "%llu changes of ended connections were undone, %llu are left.\n",
                      (unsigned long long)undone, (unsigned long long)left);
        return;
    }
    json_number(&json, "schema", 1);
    json_number(&json, "undone", undone);
    json_number(&json, "left", left);
    console_write(CONSOLE_OUTPUT, bytes, json_end(&json));
}

static enum exit_code report_left(const struct report *report, uint64_t left)
{
    struct gatehouse_error error = {.code = ERROR_REQUEST_ABORTED};
    struct text what = TEXT_ON(error.what), advice = TEXT_ON(error.advice);
    text_append_format(&what, "%llu changes could not be undone.", (unsigned long long)left);
    text_append(&advice,
                u"The Application log of the Event Viewer says which, and why. The service "
                u"goes on trying.");
    report_error(report, EXIT_TROUBLE, &error, NULL);
    return EXIT_TROUBLE;
}

enum exit_code command_cleanup(const struct arguments *arguments)
{
    static const wchar_t *const words[] = {L"cleanup"};
    const struct report report = report_begin(arguments->json);
    enum exit_code exit = EXIT_DONE;
    struct gatehouse_error error;
    struct gatehouse_reply *reply = NULL;
    CLEANUP(sessions_close)
    struct gatehouse_control *control = sessions_open(arguments, &report, &exit);
    if (!control)
        return exit;
    if (gatehouse_ask(control, words, 1, CLEANUP_LIMIT, &reply, &error) != 0) {
        exit = report_problem(&report, &error);
    } else {
        const uint64_t left = count_in(reply, L"left");
        print_counts(arguments->json, count_in(reply, L"undone"), left);
        if (left)
            exit = report_left(&report, left);
    }
    gatehouse_reply_free(reply);
    return exit;
}

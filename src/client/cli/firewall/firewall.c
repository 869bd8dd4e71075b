/* SPDX-License-Identifier: MIT */
#include "client/cli/commands.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "client/cli/config_file.h"
#include "client/cli/console.h"
#include "client/cli/firewall/ask.h"
#include "client/cli/firewall/targets.h"
#include "client/cli/firewall_text.h"
#include "client/cli/json.h"
#include "client/cli/report.h"
#include "firewall/start.h"

#include <wchar.h>

enum { STATE_BYTES = 16384 /* of JSON: 64 gateways, and names */ };

/* The words of a request, behind the verb. */
struct firewall_request {
    size_t count;
    const char16_t *words[FIREWALL_WORDS_MAX];
};

/* ---- output ---- */

/* `was_up` is said of a stop; NULL: of nothing else. */
static void show_firewall(const struct arguments *arguments,
                          const struct gatehouse_firewall *firewall, const bool *was_up)
{
    char bytes[STATE_BYTES];
    if (!arguments->json) {
        firewall_print(firewall);
        return;
    }
    struct json json = json_begin(bytes, sizeof(bytes));
    json_number(&json, "schema", 1);
    json_begin_object(&json, "firewall");
    firewall_to_json(&json, firewall);
    json_end_object(&json);
    if (was_up)
        json_boolean(&json, "was_up", *was_up);
    console_write(CONSOLE_OUTPUT, bytes, json_end(&json));
}

/* ---- start ---- */

static bool request_add(struct firewall_request *request, const char16_t *word)
{
    if (request->count == FIREWALL_WORDS_MAX)
        return false;
    request->words[request->count++] = word;
    return true;
}

static enum exit_code find_config_servers(const struct arguments *arguments,
                                          const struct report *report, struct target_words *words)
{
    char16_t config[PATH_UNITS], directory[PATH_UNITS];
    struct targets targets;
    words->count = 0;
    if (!arguments->for_config)
        return EXIT_DONE;
    const uint32_t error =
        config_file_find(arguments->instance, arguments->for_config, config, directory);
    if (error)
        return config_file_refuse(report, error, arguments->for_config);
    const struct targets_wanted wanted = {.instance = arguments->instance, .config = config};
    enum exit_code exit = targets_find(report, &wanted, &targets);
    if (exit == EXIT_DONE)
        targets_to_words(&targets, words);
    return exit;
}

/* The same words are judged by the service; here it is known that they are the user's. */
static enum exit_code check_words(const struct report *report,
                                  const struct firewall_request *request)
{
    struct firewall_start start;
    const char16_t *reason;
    size_t wrong;
    char line[256];
    const size_t count = request->count - 1;
    if (firewall_start_read(request->words + 1, count, &start, &reason, &wrong) == 0)
        return EXIT_DONE;
    return report_usage(report, text_to_line(reason, line, sizeof(line)),
                        wrong < count ? request->words[wrong + 1] : u"", u"firewall");
}

static enum exit_code ask_and_show(const struct arguments *arguments, const struct report *report,
                                   const struct firewall_request *request)
{
    struct gatehouse_error error;
    struct gatehouse_firewall firewall;
    CLEANUP(firewall_free) struct gatehouse_reply *reply = NULL;
    if (firewall_ask(arguments->instance, request->words, request->count, &reply, &error) != 0)
        return report_problem(report, &error);
    gatehouse_firewall_read(reply, 0, &firewall);
    show_firewall(arguments, &firewall, NULL);
    return EXIT_DONE;
}

static enum exit_code start_firewall(const struct arguments *arguments, const struct report *report)
{
    struct firewall_request request = {1, {u"start"}};
    struct target_words servers;
    bool fits = true;
    enum exit_code exit = find_config_servers(arguments, report, &servers);
    if (exit != EXIT_DONE)
        return exit;
    for (size_t i = 0; i < arguments->more_count; i++)
        fits = fits && request_add(&request, arguments->more[i]);
    for (size_t i = 0; i < servers.count; i++)
        fits = fits && request_add(&request, servers.words[i]);
    if (!fits)
        return report_usage(report, "there are too many words", u"", u"firewall");
    exit = check_words(report, &request);
    return exit == EXIT_DONE ? ask_and_show(arguments, report, &request) : exit;
}

/* ---- stop ---- */

static enum exit_code stop_firewall(const struct arguments *arguments, const struct report *report)
{
    static const char16_t *const words[] = {u"stop"};
    struct gatehouse_error error;
    struct gatehouse_firewall firewall;
    CLEANUP(firewall_free) struct gatehouse_reply *reply = NULL;
    if (firewall_ask(arguments->instance, words, 1, &reply, &error) != 0)
        return report_problem(report, &error);
    gatehouse_firewall_read(reply, 0, &firewall);
    const char16_t *value = gatehouse_reply_value(reply, 0, u"firewall_was_up");
    const bool was_up = value && text_equal(value, u"1");
    show_firewall(arguments, &firewall, &was_up);
    return EXIT_DONE;
}

/* ---- isup ---- */

/* Whatever keeps it from knowing, there is one exit code for a script. */
static enum exit_code tell_whether_up(const struct arguments *arguments,
                                      const struct report *report)
{
    static const char16_t *const words[] = {u"isup"};
    struct gatehouse_error error;
    struct gatehouse_firewall firewall;
    CLEANUP(firewall_free) struct gatehouse_reply *reply = NULL;
    if (firewall_ask(arguments->instance, words, 1, &reply, &error) != 0) {
        report_error(report, EXIT_NO_SERVICE, &error, NULL);
        return EXIT_NO_SERVICE;
    }
    gatehouse_firewall_read(reply, 0, &firewall);
    show_firewall(arguments, &firewall, NULL);
    if (!firewall.is_up)
        return EXIT_NOT_CONNECTED;
    return firewall.is_damaged ? EXIT_UNHEALTHY : EXIT_DONE;
}

static const struct {
    const char16_t *name;
    enum exit_code (*run)(const struct arguments *arguments, const struct report *report);
} firewall_commands[] = {
    {u"start", start_firewall},
    {u"stop", stop_firewall},
    {u"isup", tell_whether_up},
};

enum exit_code command_firewall(const struct arguments *arguments)
{
    const struct report report = report_begin(arguments->json);
    size_t row = 0; /* the arguments have been checked: it is one of them */
    while (!text_equal(firewall_commands[row].name, arguments->operand))
        row++;
    return firewall_commands[row].run(arguments, &report);
}

/* SPDX-License-Identifier: MIT */
#include "client/cli/firewall/targets.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "client/cli/config_file.h"
#include "client/cli/firewall/names.h"
#include "client/cli/firewall/ask.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

enum { NAME_UNITS = REMOTE_HOST_BYTES };

static void append_utf8(struct text *text, const char *utf8)
{
    char16_t units[NAME_UNITS];
    text_append_units(text, units, text_from_utf8(utf8, strlen(utf8), units, ARRAY_COUNT(units)));
}

/* ---- what is up already ---- */

static enum exit_code refuse_owner(const struct report *report,
                                   const struct gatehouse_firewall *state)
{
    struct gatehouse_error error = {.code = ERROR_ACCESS_DENIED};
    struct text what = TEXT_ON(error.what), advice = TEXT_ON(error.advice);
    text_append(&what, u"The kill switch is up, and is not yours but that of ");
    text_append(&what, *state->owner ? state->owner : u"an administrator");
    text_append(&what, u".");
    text_append(&advice, u"Only its owner and administrators may change it. The way out: ");
    text_append(&advice, state->way_out);
    report_error(report, EXIT_REFUSED, &error, NULL);
    return EXIT_REFUSED;
}

static enum exit_code find_before(const struct report *report, const char16_t *instance,
                                  struct targets *targets)
{
    static const char16_t *const words[] = {u"isup"};
    struct gatehouse_error error;
    struct gatehouse_firewall state;
    CLEANUP(firewall_free) struct gatehouse_reply *reply = NULL;
    if (firewall_ask(instance, words, 1, &reply, &error) != 0)
        return report_problem(report, &error);
    gatehouse_firewall_read(reply, 0, &state);
    if (state.is_up && !state.is_callers)
        return refuse_owner(report, &state);
    targets->was_up = state.is_up;
    firewall_gateways(&state, &targets->before);
    return EXIT_DONE;
}

/* ---- the configuration ---- */

static void free_words(char ***words)
{
    for (char **word = *words; word && *word; word++)
        free(*word);
    free(*words);
}

/* In UTF-8, with NULL behind the last. */
static char **words_to_utf8(char16_t *const *words, size_t count)
{
    CLEANUP(free_words) char **made = calloc(count + 1, sizeof(*made));
    for (size_t i = 0; made && i < count; i++) {
        const size_t length = text_length(words[i]);
        const size_t size = text_to_utf8(words[i], length, NULL, 0);
        made[i] = calloc(size + 1, 1);
        if (!made[i])
            return NULL;
        text_to_utf8(words[i], length, made[i], size);
    }
    return TAKE(made);
}

static enum exit_code refuse_config(const struct report *report,
                                    const struct remotes_problem *problem)
{
    struct gatehouse_error error = {.code = ERROR_INVALID_DATA};
    struct text what = TEXT_ON(error.what), advice = TEXT_ON(error.advice);
    text_append(&what, u"The servers of this configuration can't be told: ");
    text_append_ascii(&what, problem->what);
    if (*problem->about) {
        text_append(&what, u": ");
        append_utf8(&what, problem->about);
    }
    if (problem->line)
        text_append_format(&what, " (line %u)", (unsigned)problem->line);
    text_append(&advice, u"Correct it, or name the servers yourself: gatehouse firewall start "
                         u"ADDRESS:PORT/udp, then gatehouse connect without --kill-switch.");
    report_error(report, EXIT_USAGE, &error, NULL);
    return EXIT_USAGE;
}

static enum exit_code read_remotes(const struct report *report, const struct targets_wanted *wanted,
                                   struct remotes *remotes)
{
    struct remotes_problem problem;
    CLEANUP_FREE char *text = NULL;
    CLEANUP(free_words) char **more = words_to_utf8(wanted->more, wanted->more_count);
    size_t size = 0;
    if (!more)
        return report_no_memory(report);
    uint32_t error = config_file_read(wanted->config, &text, &size);
    if (error)
        return config_file_refuse(report, error, wanted->config);
    if (!remotes_read(text, size, (const char *const *)more, wanted->more_count, remotes, &problem))
        return refuse_config(report, &problem);
    return EXIT_DONE;
}

/* ---- addresses ---- */

static const char16_t name_server_blocked[] =
    u"While the kill switch blocks, no name can be resolved: stop it first (gatehouse firewall "
    u"stop), or write the server's address into the configuration.";

/* In the order of enum servers_failure. */
static const struct {
    enum exit_code exit;
    uint32_t code; /* 0: that of the problem */
    const char16_t *what, *advice;
} target_failures[] = {
    [SERVERS_UNRESOLVED] = {EXIT_UNRESOLVED, 0, u"The name of a server can't be resolved: ",
                            u"Nothing was changed. Check the network, and the name in the "
                            u"configuration."},
    [SERVERS_UNUSABLE] = {EXIT_USAGE, ERROR_INVALID_DATA,
                          u"A server has no address that the kill switch takes: ",
                          u"Correct the configuration: it must name a server on another computer."},
    [SERVERS_TOO_MANY] =
        {EXIT_USAGE, ERROR_NOT_ENOUGH_QUOTA,
         u"The servers of this configuration have more than 64 addresses, the last "
         u"ones are those of ",
         u"Name those that you need: gatehouse firewall start ADDRESS:PORT/udp "
         u"..."},
};

static enum exit_code refuse_servers(const struct report *report, enum servers_failure failure,
                                     const struct servers_problem *problem, bool is_up)
{
    const bool is_blocked = failure == SERVERS_UNRESOLVED && is_up;
    struct gatehouse_error error = {.code = target_failures[failure].code};
    struct text what = TEXT_ON(error.what), advice = TEXT_ON(error.advice);
    if (!error.code)
        error.code = problem->code ? problem->code : ERROR_NOT_FOUND;
    text_append(&what, target_failures[failure].what);
    append_utf8(&what, problem->host);
    if (failure == SERVERS_UNUSABLE && problem->reason) {
        text_append(&what, u": ");
        text_append(&what, problem->reason);
    }
    text_append_format(&what, " (error %u)", (unsigned)error.code);
    text_append(&advice, is_blocked ? name_server_blocked : target_failures[failure].advice);
    report_error(report, target_failures[failure].exit, &error, NULL);
    return target_failures[failure].exit;
}

static void warn_of_held(const struct report *report, size_t count)
{
    struct gatehouse_error error = {.code = ERROR_NOT_FOUND};
    struct text what = TEXT_ON(error.what), advice = TEXT_ON(error.advice);
    text_append_format(&what, "While the kill switch blocks, %u names of servers can't be resolved",
                       (unsigned)count);
    text_append(&what, u": the addresses that it lets openvpn reach are taken for them.");
    text_append(&advice, u"If they are those of other servers, stop the kill switch first: "
                         u"gatehouse firewall stop");
    report_warning(report, &error);
}

enum exit_code targets_find(const struct report *report, const struct targets_wanted *wanted,
                            struct targets *targets)
{
    struct servers_problem problem;
    struct servers *servers = &targets->servers;
    enum exit_code exit = read_remotes(report, wanted, &servers->remotes);
    if (exit == EXIT_DONE)
        exit = find_before(report, wanted->instance, targets);
    if (exit != EXIT_DONE)
        return exit;
    const enum servers_failure failure =
        servers_resolve(servers, names_resolve, NULL, &targets->before, &problem);
    if (failure != SERVERS_FOUND)
        return refuse_servers(report, failure, &problem, targets->was_up);
    if (servers->held)
        warn_of_held(report, servers->held);
    return EXIT_DONE;
}

void targets_to_words(const struct targets *targets, struct target_words *words)
{
    const struct gateways *gateways = &targets->servers.gateways;
    words->count = gateways->count;
    for (size_t i = 0; i < gateways->count; i++) {
        struct text text = TEXT_ON(words->words[i]);
        gateway_append(&text, &gateways->items[i]);
    }
}

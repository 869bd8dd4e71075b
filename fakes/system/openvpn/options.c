/* SPDX-License-Identifier: MIT */
#include "openvpn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void apply_option(struct options *options, wchar_t **values);

static void apply_config(struct options *options, wchar_t **values)
{
    options->config = values[0];
}

static void apply_log(struct options *options, wchar_t **values)
{
    options->log = values[0];
}

static void apply_log_append(struct options *options, wchar_t **values)
{
    options->log = values[0];
    options->log_append = true;
}

static void apply_channel(struct options *options, wchar_t **values)
{
    options->channel = values[0];
}

static void apply_service(struct options *options, wchar_t **values)
{
    options->exit_event = values[0];
}

static void apply_management(struct options *options, wchar_t **values)
{
    options->management = values[0];
    options->management_port = (uint16_t)wcstoul(values[1], NULL, 10);
    options->management_password = values[2] && wcscmp(values[2], L"stdin") == 0;
}

static void apply_hold(struct options *options, wchar_t **values)
{
    (void)values;
    options->management_hold = true;
}

static void apply_query_remote(struct options *options, wchar_t **values)
{
    (void)values;
    options->query_remote = true;
}

/* The options that matter here; hundreds of others are accepted and ignored. */
static const struct {
    const wchar_t *name;
    int values; /* that are required */
    apply_option *apply;
} known[] = {
    {L"config", 1, apply_config},         {L"log", 1, apply_log},
    {L"log-append", 1, apply_log_append}, {L"msg-channel", 1, apply_channel},
    {L"service", 1, apply_service},       {L"management", 2, apply_management},
    {L"management-hold", 0, apply_hold},  {L"management-query-remote", 0, apply_query_remote},
};

static bool apply_known_option(struct options *options, const wchar_t *name, wchar_t **values,
                               int count)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (wcscmp(known[i].name, name) != 0)
            continue;
        if (count < known[i].values) {
            log_line("Options error: Unrecognized option or missing or extra parameter(s) in "
                     "[CMD-LINE]:1: %ls",
                     name);
            return false;
        }
        known[i].apply(options, values);
    }
    return true;
}

static bool read_command_line(int count, wchar_t **arguments, struct options *options)
{
    if (count == 2 && wcsncmp(arguments[1], L"--", 2) != 0) {
        options->config = arguments[1];
        return true;
    }
    for (int i = 1; i < count;) {
        if (wcsncmp(arguments[i], L"--", 2) != 0) {
            log_line("Options error: I'm trying to parse \"%ls\" as an --option parameter but I "
                     "don't see a leading '--'",
                     arguments[i]);
            return false;
        }
        int end = i + 1;
        while (end < count && wcsncmp(arguments[end], L"--", 2) != 0)
            end++;
        wchar_t *values[3] = {NULL};
        for (int v = 0; v < 3 && i + 1 + v < end; v++)
            values[v] = arguments[i + 1 + v];
        if (!apply_known_option(options, arguments[i] + 2, values, end - i - 1))
            return false;
        i = end;
    }
    return true;
}

static void apply_environment(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "GATEHOUSE_CONTROL") == 0) {
        int units = MultiByteToWideChar(CP_UTF8, 0, value, -1, NULL, 0);
        free(options->control);
        options->control = calloc((size_t)units, sizeof(wchar_t));
        MultiByteToWideChar(CP_UTF8, 0, value, -1, options->control, units);
    } else if (strcmp(name, "GATEHOUSE_DIES_AFTER") == 0) {
        options->dies_after_ms = (DWORD)(strtod(value, NULL) * 1000);
    } else if (strcmp(name, "GATEHOUSE_LOSSES") == 0) {
        options->losses = (unsigned)strtoul(value, NULL, 10);
    } else if (strcmp(name, "GATEHOUSE_EVENT") == 0) {
        options->hears_nothing = strcmp(value, "unheard") == 0;
    } else if (strcmp(name, "GATEHOUSE_STDIN") == 0) {
        options->leaves_stdin = strcmp(value, "unread") == 0;
    } else if (strcmp(name, "GATEHOUSE_ACCESS") == 0) {
        options->stays_closed = strcmp(value, "closed") == 0;
    }
}

static void apply_remote(struct options *options, const char *line)
{
    struct remote remote = {"", "1194", "udp"};
    if (options->remote_count < REMOTES &&
        sscanf(line, "remote %127s %7s %15s", remote.host, remote.port, remote.protocol) >= 1)
        options->remotes[options->remote_count++] = remote;
}

/* Takes away the quotes around a value, and the backslashes that stand for themselves. */
static void unquote(char *value)
{
    char *to = value;
    if (*value != '"')
        return;
    for (const char *from = value + 1; *from && *from != '"'; from++) {
        from += *from == '\\' && from[1];
        *to++ = *from;
    }
    *to = 0;
}

/* Profiles that are checked may set variables that begin with UV_ only. */
static void apply_config_line(struct options *options, const char *line)
{
    char name[128], value[512];
    apply_remote(options, line);
    if (sscanf(line, "setenv %127s %511s", name, value) != 2)
        return;
    unquote(value);
    apply_environment(options, strncmp(name, "UV_", 3) == 0 ? name + 3 : name, value);
}

/* As the real program: to the end of its standard input, however long that takes. */
static void read_config_from_stdin(struct options *options)
{
    char *next, *text = input_all();
    for (char *line = text; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        apply_config_line(options, line);
    }
    free(text);
}

static bool read_config(struct options *options)
{
    if (wcscmp(options->config, L"stdin") == 0) {
        read_config_from_stdin(options);
        return true;
    }
    FILE *file = _wfopen(options->config, L"rb");
    if (!file) {
        log_line("Options error: In [CMD-LINE]:1: Error opening configuration file: %ls",
                 options->config);
        return false;
    }
    char line[1024];
    while (fgets(line, sizeof(line), file))
        apply_config_line(options, line);
    fclose(file);
    return true;
}

bool options_read(int count, wchar_t **arguments, struct options *options)
{
    *options = (struct options){.dies_after_ms = INFINITE};
    bool whole = read_command_line(count, arguments, options);
    log_open(options);
    return whole && (!options->config || read_config(options));
}

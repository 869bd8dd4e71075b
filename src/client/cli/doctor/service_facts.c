/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/service_facts.h"

#include "base/text.h"
#include "base/win32/handles.h"

#include <string.h>

static uint32_t read_service_config(SC_HANDLE service, struct service_facts *facts)
{
    enum { MOST_BYTES = 8192 /* Microsoft, "QueryServiceConfig" */ };
    CLEANUP_FREE QUERY_SERVICE_CONFIGW *config = malloc(MOST_BYTES);
    struct text command = TEXT_ON(facts->command), account = TEXT_ON(facts->account);
    DWORD needed = 0;
    if (!config)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!QueryServiceConfigW(service, config, MOST_BYTES, &needed))
        return GetLastError();
    facts->start = config->dwStartType;
    text_append(&command, config->lpBinaryPathName ? config->lpBinaryPathName : u"");
    text_append(&account, config->lpServiceStartName ? config->lpServiceStartName : u"");
    return 0;
}

static uint32_t read_service_status(SC_HANDLE service, struct service_facts *facts)
{
    DWORD needed = 0;
    return QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&facts->status,
                                sizeof(facts->status), &needed)
               ? 0
               : GetLastError();
}

/* The two are asked for one after the other, because one of them may be denied. */
void service_facts_read(const char16_t *name, struct service_facts *facts)
{
    CLEANUP_SERVICE SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    memset(facts, 0, sizeof(*facts));
    if (!manager) {
        facts->error = GetLastError();
        return;
    }
    CLEANUP_SERVICE SC_HANDLE status = OpenServiceW(manager, name, SERVICE_QUERY_STATUS);
    facts->status_error = status ? read_service_status(status, facts) : GetLastError();
    if (facts->status_error == ERROR_SERVICE_DOES_NOT_EXIST) {
        facts->error = facts->status_error;
        return;
    }
    CLEANUP_SERVICE SC_HANDLE config = OpenServiceW(manager, name, SERVICE_QUERY_CONFIG);
    facts->config_error = config ? read_service_config(config, facts) : GetLastError();
}

/* Of a program without quotes: behind the first ".exe" that a blank or the end follows. */
static size_t program_length(const char16_t *command)
{
    static const char16_t suffix[] = u".exe";
    const size_t units = ARRAY_COUNT(suffix) - 1;
    for (const char16_t *at = command; text_length(at) >= units; at++)
        if (text_equal_caseless(at, units, suffix, units) && (at[units] == u' ' || !at[units]))
            return (size_t)(at - command) + units;
    const char16_t *blank = text_find(command, u' ');
    return blank ? (size_t)(blank - command) : text_length(command);
}

void service_program(const char16_t *command, char16_t program[SERVICE_COMMAND_UNITS],
                     bool *needs_quotes)
{
    char16_t expanded[SERVICE_COMMAND_UNITS];
    const DWORD units = ExpandEnvironmentStringsW(command, expanded, SERVICE_COMMAND_UNITS);
    const char16_t *whole = units && units <= SERVICE_COMMAND_UNITS ? expanded : command;
    const bool has_quotes = *whole == u'"';
    const char16_t *first = whole + has_quotes;
    const char16_t *quote = has_quotes ? text_find(first, u'"') : NULL;
    struct text text = text_on(program, SERVICE_COMMAND_UNITS);
    if (quote)
        text_append_units(&text, first, (size_t)(quote - first));
    else if (has_quotes)
        text_append(&text, first);
    else
        text_append_units(&text, first, program_length(first));
    *needs_quotes = !has_quotes && text_find(program, u' ');
}

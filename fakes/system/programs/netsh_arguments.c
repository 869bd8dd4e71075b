/* SPDX-License-Identifier: MIT */
#include "netsh.h"

/* The tag that "tag=value" names; NETSH_TAGS when there is none. Tags may be abbreviated. */
static size_t tag_of(const struct netsh_command *command, const wchar_t *argument)
{
    const wchar_t *equals = wcschr(argument, L'=');
    size_t length = equals ? (size_t)(equals - argument) : 0;
    for (size_t i = 0; i < NETSH_TAGS && command->tags[i]; i++)
        if (length && _wcsnicmp(command->tags[i], argument, length) == 0)
            return i;
    return NETSH_TAGS;
}

bool netsh_take(const struct netsh_command *command, int count, wchar_t **arguments,
                struct netsh_request *request)
{
    size_t next = 0;
    for (int i = 0; i < count; i++) {
        size_t tag = tag_of(command, arguments[i]);
        if (tag < NETSH_TAGS) {
            const wchar_t *equals = wcschr(arguments[i], L'=');
            request->values[tag] = &equals[1];
            continue;
        }
        while (next < NETSH_TAGS && command->tags[next] && request->values[next])
            next++;
        if (next == NETSH_TAGS || !command->tags[next])
            return false;
        request->values[next] = arguments[i];
    }
    return true;
}

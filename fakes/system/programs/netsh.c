/* SPDX-License-Identifier: MIT */
#include "netsh.h"

#include <stdlib.h>

/* The real program's exit code for every failure. */
enum { FAILED = 1 };

/* Words may be abbreviated. */
static bool is_abbreviation(const wchar_t *given, const wchar_t *word)
{
    size_t length = wcslen(given);
    return length && _wcsnicmp(given, word, length) == 0;
}

/* By number, else by name. */
static bool find_interface(const wchar_t *which, struct interface_row *row)
{
    wchar_t *end;
    unsigned long index = wcstoul(which, &end, 10);
    machine_lock(&watched_machine);
    const struct interface_row *found = *which && !*end
                                            ? machine_interface(&watched_machine, 0, index)
                                            : machine_interface_by_alias(&watched_machine, which);
    if (found)
        *row = *found;
    machine_unlock(&watched_machine);
    return found != NULL;
}

static uint32_t run_command(const struct netsh_command *command, bool ipv6, int count,
                            wchar_t **arguments)
{
    struct netsh_request request = {.ipv6 = ipv6};
    if (!netsh_take(command, count, arguments, &request) || !request.values[0]) {
        program_print("The syntax supplied for this command is not valid. "
                      "Check help for the correct syntax.\r\n\r\n");
        return FAILED;
    }
    if (!find_interface(request.values[0], &request.interface)) {
        program_print("The filename, directory name, or volume label syntax is incorrect.\r\n\r\n");
        return FAILED;
    }
    return command->run(&request);
}

static uint32_t netsh(int count, wchar_t **arguments)
{
    bool known = count >= 4 && is_abbreviation(arguments[0], L"interface");
    bool ipv6 = known && _wcsicmp(arguments[1], L"ipv6") == 0;
    known = known && (ipv6 || is_abbreviation(arguments[1], L"ipv4"));
    for (size_t i = 0; known && i < netsh_command_count; i++) {
        const struct netsh_command *command = &netsh_commands[i];
        if (is_abbreviation(arguments[2], command->verb) &&
            is_abbreviation(arguments[3], command->object) && !(ipv6 && command->ipv4_only))
            return run_command(command, ipv6, count - 4, arguments + 4);
    }
    program_print("The following command was not found.\r\n");
    return FAILED;
}

int wmain(int count, wchar_t **arguments);

int wmain(int count, wchar_t **arguments)
{
    return program_run(CALL_netsh, count, arguments, netsh);
}

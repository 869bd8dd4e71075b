/* SPDX-License-Identifier: MIT */
#include "resource/netsh.h"

#include "base/errors.h"
#include "system/programs.h"

uint32_t netsh_run(struct network *network, const struct text *arguments, uint32_t milliseconds)
{
    struct programs *programs = network->programs;
    return arguments->truncated
               ? ERROR_INVALID_PARAMETER
               : programs->run(programs, PROGRAM_NETSH, arguments->units, milliseconds);
}

/* SPDX-License-Identifier: MIT */
/* msiexec.exe: an installation that is recorded and changes nothing. What it would do to the
 * service is the test's to do, while the call is blocked; its exit code is a fault's. */
#include "program.h"

enum { INSTALLER_WRONG_COMMAND_LINE = 1639 /* ERROR_INVALID_COMMAND_LINE */ };

static uint32_t msiexec(int count, wchar_t **arguments)
{
    return count >= 2 && (_wcsicmp(arguments[0], L"/i") == 0 || _wcsicmp(arguments[0], L"/x") == 0)
               ? 0
               : INSTALLER_WRONG_COMMAND_LINE;
}

int wmain(int count, wchar_t **arguments);

int wmain(int count, wchar_t **arguments)
{
    return program_run(CALL_msiexec, count, arguments, msiexec);
}

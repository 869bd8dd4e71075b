/* SPDX-License-Identifier: MIT */
/* ipconfig.exe: /flushdns and /registerdns, which are only recorded. */
#include "program.h"

static const struct {
    const wchar_t *option;
    const char *answer;
} options[] = {
    {L"flushdns", "\r\nWindows IP Configuration\r\n\r\n"
                  "Successfully flushed the DNS Resolver Cache.\r\n"},
    {L"registerdns", "\r\nWindows IP Configuration\r\n\r\n"
                     "Registration of the DNS resource records for all adapters of this computer "
                     "has been initiated.\r\n"},
};

static uint32_t ipconfig(int count, wchar_t **arguments)
{
    const wchar_t *option = count == 1 ? arguments[0] : L"";
    for (size_t i = 0; i < ARRAYSIZE(options); i++)
        if ((*option == L'/' || *option == L'-') && _wcsicmp(option + 1, options[i].option) == 0) {
            program_print("%s", options[i].answer);
            return 0;
        }
    program_print("\r\nError: unrecognized or incomplete command line.\r\n");
    return 1;
}

int wmain(int count, wchar_t **arguments);

int wmain(int count, wchar_t **arguments)
{
    return program_run(CALL_ipconfig, count, arguments, ipconfig);
}

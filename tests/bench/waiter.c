/* SPDX-License-Identifier: MIT */
/* bench-waiter.exe [options] --service <event> [0]: waits for the event that tells openvpn.exe to
 * end. Replaces openvpn.exe where very many are held, because it takes almost no memory and time
 * itself. */
#include <windows.h>

void waiter_start(void);

static BOOL starts_with(const wchar_t *text, const wchar_t *beginning)
{
    while (*beginning && *text == *beginning) {
        text++;
        beginning++;
    }
    return !*beginning;
}

static BOOL ends_name(wchar_t unit)
{
    return !unit || unit == L' ' || unit == L'"';
}

/* The word after --service, quoted or not, in place. NULL when there is none. */
static const wchar_t *event_name(wchar_t *line)
{
    static const wchar_t option[] = L"--service";
    while (*line && !starts_with(line, option))
        line++;
    if (!*line)
        return NULL;
    line += ARRAYSIZE(option) - 1;
    while (*line && ends_name(*line))
        line++;
    wchar_t *name = line;
    while (!ends_name(*line))
        line++;
    *line = L'\0';
    return name;
}

void waiter_start(void)
{
    const wchar_t *name = event_name(GetCommandLineW());
    HANDLE event = name ? OpenEventW(SYNCHRONIZE, FALSE, name) : NULL;
    if (!event)
        ExitProcess(1);
    WaitForSingleObject(event, INFINITE);
    ExitProcess(0);
}

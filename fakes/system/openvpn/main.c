/* SPDX-License-Identifier: MIT */
#include "openvpn.h"
#include "security.h"

/* How the real program is told to end: --service <event> 0. */
static HANDLE exit_event;

static DWORD WINAPI end_on_event(void *parameter)
{
    const struct options *options = parameter;
    WaitForSingleObject(exit_event, INFINITE);
    if (options->control)
        ExitProcess(0); /* because the test's next command may never come */
    SetEvent(management_stopped);
    return 0;
}

static bool watch_exit_event(struct options *options)
{
    exit_event = CreateEventW(NULL, TRUE, FALSE, options->exit_event);
    if (options->hears_nothing)
        return exit_event != NULL;
    HANDLE thread = exit_event ? CreateThread(NULL, 0, end_on_event, options, 0, NULL) : NULL;
    if (!thread)
        return false;
    CloseHandle(thread);
    return true;
}

int wmain(int count, wchar_t **arguments);

int wmain(int count, wchar_t **arguments)
{
    struct options options;
    wchar_t lent[32];
    if (GetEnvironmentVariableW(FLOOD_VARIABLE, lent, 32) && channel_adopt(lent)) {
        channel_flood();
        return 0;
    }
    security_note();
    if (!options_read(count, arguments, &options))
        return 1;
    if (!options.stays_closed)
        security_open();
    management_released = CreateEventW(NULL, TRUE, !options.management_hold, NULL);
    management_stopped = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (options.channel && !channel_adopt(options.channel)) {
        log_line("interactive service msg_channel=%ls: error %lu", options.channel, GetLastError());
        return 1;
    }
    log_line("interactive service msg_channel=%ls", options.channel ? options.channel : L"0");
    if (options.exit_event && !watch_exit_event(&options))
        return 1;
    if (!options.leaves_stdin)
        input_start();
    if (options.control)
        return control_obey(&options);
    if (!management_start(&options))
        return 1;
    return demo_play(&options);
}

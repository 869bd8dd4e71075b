/* SPDX-License-Identifier: MIT */
/* How a program uses the control pipe with libgatehouse:
 *
 *     sessions list INSTANCE           prints the service and the sessions that one may see
 *     sessions stop INSTANCE PID|all   ends them, and waits until everything is undone
 *     sessions hold INSTANCE PID       the session ends with this program, which waits for a line
 */
#include "client/gatehouse.h"

#include <stdio.h>

enum { REACH = 5000, ANSWER = 60000 /* ms; a stop is answered within 30 s */ };

static int list_sessions(struct gatehouse_control *control, struct gatehouse_error *error)
{
    struct gatehouse_status *status = NULL;
    if (gatehouse_status(control, ANSWER, &status, error) != 0)
        return 1;
    wprintf(L"service %ls of process %lu, %llu changes in place\n", status->version,
            (unsigned long)status->process_id, (unsigned long long)status->open_entries);
    for (size_t i = 0; i < status->count; i++) {
        const struct gatehouse_session *session = &status->sessions[i];
        wprintf(L"%lu %ls %ls %ls on %ls: %lu addresses, %lu routes, %lu name servers\n",
                (unsigned long)session->process_id, session->is_ending ? L"ending" : L"running",
                session->user, session->config, session->adapter, (unsigned long)session->addresses,
                (unsigned long)session->routes, (unsigned long)session->name_servers);
    }
    gatehouse_status_free(status);
    return 0;
}

static int hold_session(struct gatehouse_control *control, uint32_t process_id,
                        struct gatehouse_error *error)
{
    if (gatehouse_attach(control, process_id, ANSWER, error) != 0)
        return 1;
    wprintf(L"held\n");
    fflush(stdout);
    getwchar();
    return 0;
}

static int run(struct gatehouse_control *control, int count, wchar_t *arguments[],
               struct gatehouse_error *error)
{
    if (count == 3 && wcscmp(arguments[1], L"list") == 0)
        return list_sessions(control, error);
    if (count != 4)
        return 2;
    uint32_t process_id = (uint32_t)wcstoul(arguments[3], NULL, 10); /* of "all": 0 */
    if (wcscmp(arguments[1], L"hold") == 0)
        return hold_session(control, process_id, error);
    return gatehouse_stop(control, process_id, ANSWER, error) != 0;
}

int wmain(int count, wchar_t *arguments[]);

int wmain(int count, wchar_t *arguments[])
{
    struct gatehouse_error error = {0};
    struct gatehouse_control *control =
        gatehouse_control_open(count > 2 ? arguments[2] : L"", REACH, &error);
    int outcome = control ? run(control, count, arguments, &error) : 1;
    gatehouse_control_close(control);
    if (outcome == 1)
        wprintf(L"%lu %ls %ls\n", (unsigned long)error.code, error.what, error.advice);
    return outcome;
}

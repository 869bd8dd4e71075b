/* SPDX-License-Identifier: MIT */
/* gatehouse.h: starts openvpn through the interactive service, from C or C++ (libgatehouse).
 *
 *     struct gatehouse_error error;
 *     struct gatehouse *session = gatehouse_open(L"", 5000, &error);
 *     if (session && gatehouse_start(session, directory, options, input, 30000, &pid, &error) == 0)
 *         ... follow openvpn through its management interface ...
 *         gatehouse_wait(session, GATEHOUSE_FOREVER, &error);
 *     gatehouse_close(session);
 *
 * Texts are UTF-16, zero-terminated. Time limits are in milliseconds, GATEHOUSE_FOREVER for none.
 * Functions return 0 or an error code: a Win32 code, or one of the protocol's own (0x20000000 to
 * 0x20000003). `error` may be NULL; it is filled whenever a function fails. A session belongs to
 * one thread at a time. The library works with every service that implements the OpenVPN
 * Interactive Service protocol.
 *
 * Link with -ladvapi32 and, in MinGW, with -fstack-protector-strong, which adds the library that
 * the stack protector needs. */
#ifndef GATEHOUSE_H
#define GATEHOUSE_H

#include <stdint.h>
#include <wchar.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GATEHOUSE_FOREVER    0xffffffffu
#define GATEHOUSE_TEXT_UNITS 768

/* gatehouse_wait(): the time is up and openvpn still runs. The value is Windows' WAIT_TIMEOUT. */
#define GATEHOUSE_STILL_RUNNING 258u

enum gatehouse_problem {
    GATEHOUSE_INTERNAL,    /* not enough memory, or an unexpected error of Windows */
    GATEHOUSE_NO_SERVICE,  /* the service can't be reached, or the pipe is not the service's */
    GATEHOUSE_REFUSED,     /* the service has refused the request */
    GATEHOUSE_NOT_STARTED, /* the service tried, but openvpn could not be started */
    GATEHOUSE_ENDED_BADLY, /* openvpn ran and ended with an error */
    GATEHOUSE_TIMED_OUT    /* the service did not answer in time */
};

/* Sentences for the user, in English except for texts of the service and of Windows. */
struct gatehouse_error {
    uint32_t code;
    enum gatehouse_problem problem;
    wchar_t what[GATEHOUSE_TEXT_UNITS];   /* what failed, with the code */
    wchar_t advice[GATEHOUSE_TEXT_UNITS]; /* what to do about it */
};

struct gatehouse;

/* Connects to the service of `instance` (L"" is the default instance) and waits while it starts or
 * is busy. The server of the pipe can impersonate the caller, so nothing is sent unless it is the
 * process that Windows runs as this service. Returns NULL on an error. The caller closes the
 * session. */
struct gatehouse *gatehouse_open(const wchar_t *instance, uint32_t timeout,
                                 struct gatehouse_error *error);

/* Asks the service to start openvpn.exe; call it once in a session. `directory` is the working
 * folder, `options` the command line without the name of the program, `input` the text for standard
 * input (such as the management password and a line end). All three together may have 4093 UTF-16
 * units. The library keeps no copy of `input`. *process_id is the process id of openvpn.exe. */
uint32_t gatehouse_start(struct gatehouse *session, const wchar_t *directory,
                         const wchar_t *options, const wchar_t *input, uint32_t timeout,
                         uint32_t *process_id, struct gatehouse_error *error);

/* Returns a HANDLE for WaitForMultipleObjects that is signalled when gatehouse_wait() should be
 * called. It belongs to the session and is valid after a successful gatehouse_start(). */
void *gatehouse_event(const struct gatehouse *session);

/* Waits until the service closes the session because openvpn has ended. Returns 0 if it ended
 * without an error, GATEHOUSE_STILL_RUNNING if the time is up (`error` is not filled then),
 * otherwise the error. */
uint32_t gatehouse_wait(struct gatehouse *session, uint32_t timeout, struct gatehouse_error *error);

/* Frees the session; NULL is allowed. An openvpn.exe that still runs is not ended. */
void gatehouse_close(struct gatehouse *session);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: MIT */
/* gatehouse.h: start openvpn through the interactive service, from C or C++ (libgatehouse).
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
 * one thread at a time. Any service that speaks the OpenVPN Interactive Service protocol will do.
 *
 * Link with MinGW's -fstack-protector-strong (its library has the guard's functions) and
 * -ladvapi32. */
#ifndef GATEHOUSE_H
#define GATEHOUSE_H

#include <stdint.h>
#include <wchar.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GATEHOUSE_FOREVER    0xffffffffu
#define GATEHOUSE_TEXT_UNITS 768

/* gatehouse_wait(): the time is up and openvpn still runs. Windows' WAIT_TIMEOUT. */
#define GATEHOUSE_STILL_RUNNING 258u

enum gatehouse_problem {
    GATEHOUSE_INTERNAL,    /* memory is short, or Windows refused something unexpected */
    GATEHOUSE_NO_SERVICE,  /* the service can't be reached, or is not the one that answers */
    GATEHOUSE_REFUSED,     /* the service answered that it won't start openvpn like this */
    GATEHOUSE_NOT_STARTED, /* the service tried, but openvpn could not be started */
    GATEHOUSE_ENDED_BADLY, /* openvpn ran and ended with an error */
    GATEHOUSE_TIMED_OUT    /* the service did not answer in time */
};

/* Whole sentences for a human, in English apart from what the service or Windows says. */
struct gatehouse_error {
    uint32_t code;
    enum gatehouse_problem problem;
    wchar_t what[GATEHOUSE_TEXT_UNITS];   /* what failed, with the code */
    wchar_t advice[GATEHOUSE_TEXT_UNITS]; /* what to do about it */
};

struct gatehouse;

/* Connects to the service of `instance` (L"" is the default instance), waiting while it starts or
 * is busy. The service may impersonate the caller, so the pipe's server must be the very process
 * that Windows runs as that service: otherwise nothing is sent. NULL on an error; the caller closes
 * the session. */
struct gatehouse *gatehouse_open(const wchar_t *instance, uint32_t timeout,
                                 struct gatehouse_error *error);

/* Asks for an openvpn.exe: once a session. `options` is its command line without the program's
 * name, `input` the text for its standard input (such as the management password and a line end).
 * All three together may have 4093 characters. The library keeps no copy of `input`. *process_id
 * is openvpn's. */
uint32_t gatehouse_start(struct gatehouse *session, const wchar_t *directory,
                         const wchar_t *options, const wchar_t *input, uint32_t timeout,
                         uint32_t *process_id, struct gatehouse_error *error);

/* A HANDLE that is signalled when gatehouse_wait() may have news; for WaitForMultipleObjects. It
 * belongs to the session and is valid from a successful start on. */
void *gatehouse_event(const struct gatehouse *session);

/* Waits until the service closes the session: openvpn has ended. Returns 0 when it ended well,
 * GATEHOUSE_STILL_RUNNING when the time is up (`error` is not filled then), else why it ended. */
uint32_t gatehouse_wait(struct gatehouse *session, uint32_t timeout, struct gatehouse_error *error);

/* Frees the session; NULL is allowed. openvpn goes on if it still runs. */
void gatehouse_close(struct gatehouse *session);

#ifdef __cplusplus
}
#endif

#endif

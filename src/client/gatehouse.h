/* SPDX-License-Identifier: MIT */
/* gatehouse.h: starts openvpn through the interactive service, and asks the service about what
 * runs, from C or C++ (libgatehouse).
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
 * one thread at a time. All of this works with every service that implements the OpenVPN
 * Interactive Service protocol, but for the control pipe, which only this service has:
 *
 *     struct gatehouse_control *control = gatehouse_control_open(L"", 5000, &error);
 *     if (control && gatehouse_status(control, 5000, &status, &error) == 0)
 *         ... status->sessions[0] ... status->sessions[status->count - 1] ...
 *     gatehouse_status_free(status);
 *     gatehouse_control_close(control);
 *
 * Link with -ladvapi32 and, in MinGW, with -fstack-protector-strong, which adds the library that
 * the stack protector needs. */
#ifndef GATEHOUSE_H
#define GATEHOUSE_H

#include <stddef.h>
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

/* ---- the control pipe ---- */

struct gatehouse_control;

/* As gatehouse_open(), for the control pipe. The service learns who the caller is and cannot act as
 * the caller. It closes a connection on which nothing is asked for two seconds, unless a session is
 * attached to it: open one when there is something to ask. */
struct gatehouse_control *gatehouse_control_open(const wchar_t *instance, uint32_t timeout,
                                                 struct gatehouse_error *error);

/* The same, but the service can act as the caller: it opens the files of `update offer` with the
 * caller's rights. */
struct gatehouse_control *gatehouse_control_open_for_files(const wchar_t *instance,
                                                           uint32_t timeout,
                                                           struct gatehouse_error *error);

/* Ends the connection, and with it the session that is attached to it. NULL is allowed. */
void gatehouse_control_close(struct gatehouse_control *control);

/* What the service has answered: records of keys with values, all of them texts. */
struct gatehouse_reply;

/* Sends a request and waits for its reply: `words` are the verb and up to 95 arguments, which
 * docs/protocol.md lists with the keys of their replies ("Control pipe"). Returns 0 with *reply,
 * which the caller frees, or the code of the service's error. After GATEHOUSE_TIMED_OUT and
 * GATEHOUSE_NO_SERVICE the connection is of no more use. */
uint32_t gatehouse_ask(struct gatehouse_control *control, const wchar_t *const words[],
                       size_t count, uint32_t timeout, struct gatehouse_reply **reply,
                       struct gatehouse_error *error);

/* The number of records, and a value of one of them; NULL: it has no such key. */
size_t gatehouse_reply_records(const struct gatehouse_reply *reply);
const wchar_t *gatehouse_reply_value(const struct gatehouse_reply *reply, size_t record,
                                     const wchar_t *key);
void gatehouse_reply_free(struct gatehouse_reply *reply);

/* The kill switch of the service's instance. */
struct gatehouse_firewall {
    const wchar_t *state; /* "off", "lockdown", "connecting", "connected", "unknown"; empty: the
                           * service has none */
    uint32_t code;        /* if it is unknown: why */
    int is_up;            /* not 0, as all that begin so; what follows is empty if it is down */
    int is_damaged;       /* parts of it are missing: the service puts them back */
    int is_callers;       /* the caller may change and stop it */
    int allows_lan;
    const wchar_t *owner;    /* DOMAIN\name of who has started it; empty: not known */
    uint64_t since;          /* seconds since the beginning of 1970, UTC */
    const wchar_t *gateways; /* with a space between them */
    uint32_t tunnels;        /* that traffic may use */
    const wchar_t
        *above; /* whose filters stand above it, with ", " between them; empty: nobody's */
    const wchar_t *way_out; /* who can stop it, and how */
};

/* What a record of a reply says of it (`firewall start`, `isup`, `stop`, `status`); valid as long
 * as the reply. */
void gatehouse_firewall_read(const struct gatehouse_reply *reply, size_t record,
                             struct gatehouse_firewall *firewall);

/* What became of the last update that the service was given, and what is needed to look for the
 * next one. */
struct gatehouse_update {
    const wchar_t *state;   /* "none", "waiting", "installing", "installed", "failed",
                             * "restart_needed"; empty: the service knows no updates */
    const wchar_t *version; /* that it brings; empty: there was none */
    uint32_t code;          /* why it has failed or waits, with the sentence `reason` */
    const wchar_t *reason;
    uint64_t since;           /* of this state: seconds since the beginning of 1970, UTC */
    const wchar_t *installed; /* the version of the service that answers */
    uint64_t root, manifest;  /* the newest versions that it has accepted; 0: none */
    const wchar_t *channel, *url, *updates; /* its settings */
};

/* What the reply to `update result` says; valid as long as the reply. */
void gatehouse_update_read(const struct gatehouse_reply *reply, struct gatehouse_update *update);

/* One openvpn.exe that the service has started, and what it has changed. */
struct gatehouse_session {
    uint32_t process_id, client_id; /* of openvpn.exe, and of the client (0: not known) */
    int is_ending;                  /* not 0: its changes are being undone */
    uint64_t since;                 /* seconds since the beginning of 1970, UTC */
    const wchar_t *user;            /* DOMAIN\name */
    const wchar_t *config;          /* empty: not known */
    const wchar_t *adapter;         /* its name; empty: none yet */
    uint32_t addresses, routes, name_servers, rules, filters;
};

struct gatehouse_status {
    const wchar_t *version, *instance;
    uint32_t process_id; /* of the service */
    uint64_t uptime;     /* seconds */
    uint64_t open_entries, left;
    uint64_t start_undone, start_gone, start_left_alone, start_failed;
    struct gatehouse_firewall firewall;
    size_t count; /* of sessions: the caller's own, or all for an administrator, oldest first */
    struct gatehouse_session *sessions;
};

/* Asks for the service and for all sessions that the caller may see, however many. Returns 0 with
 * *status, which the caller frees. */
uint32_t gatehouse_status(struct gatehouse_control *control, uint32_t timeout,
                          struct gatehouse_status **status, struct gatehouse_error *error);
void gatehouse_status_free(struct gatehouse_status *status);

/* From now on the session of this openvpn.exe, which must be the caller's own, ends when this
 * connection does: with gatehouse_control_close(), or when the process of the caller dies. */
uint32_t gatehouse_attach(struct gatehouse_control *control, uint32_t process_id, uint32_t timeout,
                          struct gatehouse_error *error);

/* Ends the session of this openvpn.exe, or with process_id 0 all that the caller may end, and waits
 * until everything is undone: the service answers within 30 seconds. */
uint32_t gatehouse_stop(struct gatehouse_control *control, uint32_t process_id, uint32_t timeout,
                        struct gatehouse_error *error);

#ifdef __cplusplus
}
#endif

#endif

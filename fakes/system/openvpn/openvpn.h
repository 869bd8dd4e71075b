/* SPDX-License-Identifier: MIT */
/* openvpn.h: a stand-in for openvpn.exe, with the real command line, management interface and
 * session channel, but without a tunnel.
 *
 * When its configuration says `setenv GATEHOUSE_CONTROL <pipe>` it executes a test's commands from
 * that pipe (control.c); otherwise it plays a small connection by itself (demo.c). */
#ifndef OPENVPN_OPENVPN_H
#define OPENVPN_OPENVPN_H

#include <winsock2.h>
#include <windows.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

/* --remote of a configuration, with the port and the protocol that the real program assumes. */
struct remote {
    char host[128], port[8], protocol[16];
};

enum { REMOTES = 8 };

struct options {
    const wchar_t *config; /* --config */
    const wchar_t *log;    /* --log, --log-append */
    bool log_append;
    const wchar_t *channel;    /* --msg-channel, as it was given */
    const wchar_t *exit_event; /* --service */
    const wchar_t *management; /* --management: the address */
    uint16_t management_port;
    bool management_password; /* its password comes on stdin */
    bool management_hold;
    bool query_remote; /* --management-query-remote */
    struct remote remotes[REMOTES];
    size_t remote_count;
    wchar_t *control;    /* setenv GATEHOUSE_CONTROL */
    DWORD dies_after_ms; /* setenv GATEHOUSE_DIES_AFTER; INFINITE: never */
    unsigned losses; /* setenv GATEHOUSE_LOSSES: so often the connection is lost and made again */
    bool hears_nothing; /* setenv GATEHOUSE_EVENT unheard: it does not end by its exit event */
    bool leaves_stdin;  /* setenv GATEHOUSE_STDIN unread */
    bool stays_closed;  /* setenv GATEHOUSE_ACCESS closed: with the access list of the service's */
};

/* Reads the command line and the configuration file. Returns false, with the reason in the log, for
 * options that the real program refuses. */
bool options_read(int count, wchar_t **arguments, struct options *options);

/* A line as the real program logs it, in UTF-8, to --log or stdout. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_open(const struct options *options);

/* The session channel. `text` is the handle's value; the handle is replaced by one that is not
 * inheritable. False when there is none. */
bool channel_adopt(const wchar_t *text);
void channel_close(void);

/* Makes the channel inheritable; returns its value for child processes. */
const wchar_t *channel_lend(void);

/* Sends requests without waiting for answers, until the channel breaks. */
void channel_flood(void);

/* In the environment of a child that only floods. */
#define FLOOD_VARIABLE L"GATEHOUSE_FLOOD"

/* One message out, one in; `timeout` is for the answer. Return 0 or a Win32 error code. */
uint32_t channel_write(const void *bytes, size_t size);
uint32_t channel_read(void *bytes, size_t capacity, DWORD timeout, size_t *size);

/* Many requests that differ in one number, for measuring. */
struct series {
    uint8_t *request; /* the first request; changed by each */
    size_t size;
    size_t number_at; /* where the 32-bit big-endian number is, which grows by one */
    uint32_t count;
};

/* The result: the first answer, how many others differed from it, and the time that they took. */
struct series_result {
    uint8_t answer[64];
    size_t answer_size;
    uint32_t others;
    double microseconds;
    double median; /* microseconds from a request to its answer */
};

/* Sends them, each after the answer to the previous one. Returns 0 or a Win32 error code. */
uint32_t channel_play(const struct series *series, struct series_result *result);

/* Collects stdin from now on. */
void input_start(void);

/* Waits until `size` bytes have arrived, or the end. Copies at most `size` of them, without
 * consuming them, and returns how many there are. */
size_t input_wait(size_t size, DWORD timeout, char *bytes, bool *ended);

/* All of stdin, once it has ended, zero-terminated. The caller frees it. */
char *input_all(void);

/* The first line of stdin, without its end. */
void input_line(char *line, size_t capacity);

/* Listens for a management client, if the options say so. */
bool management_start(const struct options *options);

/* Set when the connection may begin, and when it must end. */
extern HANDLE management_released, management_stopped;

/* Stores and reports ">STATE:<now>,<what>". */
void management_state(const char *what);
void management_fatal(const char *why);

/* Asks the client where to connect: ">REMOTE:<question>". Waits for its answer, what stands behind
 * "remote": "ACCEPT", "SKIP" or "MOD <host> <port>". Returns false if it is to end instead. */
enum { REMOTE_ANSWER = 256 };
bool management_ask_remote(const char *question, char answer[REMOTE_ANSWER]);

int demo_play(const struct options *options);
int control_obey(const struct options *options);

static inline void cleanup_handle(HANDLE *handle)
{
    if (*handle && *handle != INVALID_HANDLE_VALUE)
        CloseHandle(*handle);
}
#define CLEANUP_HANDLE CLEANUP(cleanup_handle)

#endif

/* SPDX-License-Identifier: MIT */
/* openvpn.h: a stand-in for openvpn.exe: the real command line, management interface and session
 * channel, without a tunnel.
 *
 * When its configuration says `setenv GATEHOUSE_CONTROL <pipe>` it does what a test tells it over
 * that pipe (control.c); otherwise it plays a small connection by itself (demo.c). */
#ifndef OPENVPN_OPENVPN_H
#define OPENVPN_OPENVPN_H

#include <winsock2.h>
#include <windows.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

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
    wchar_t *control;    /* setenv GATEHOUSE_CONTROL */
    DWORD dies_after_ms; /* setenv GATEHOUSE_DIES_AFTER; INFINITE: never */
    bool leaves_stdin;   /* setenv GATEHOUSE_STDIN unread */
};

/* Reads the command line and the configuration file. Returns false, with the reason in the log,
 * for what the real program refuses. */
bool options_read(int count, wchar_t **arguments, struct options *options);

/* A line as the real program logs it, in UTF-8, to --log or stdout. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_open(const struct options *options);

/* The session channel. `text` is the handle's value; it is replaced by a copy that nobody
 * inherits. False when there is none. */
bool channel_adopt(const wchar_t *text);
void channel_close(void);

/* Lets child processes inherit the channel; its value for them. */
const wchar_t *channel_lend(void);

/* Sends one request after the other, always many of them ahead, until the channel breaks. */
void channel_flood(void);

/* In the environment of a child that has nothing else to do. */
#define FLOOD_VARIABLE L"GATEHOUSE_FLOOD"

/* One message out, one in; `timeout` is for the answer. Return 0 or a Win32 error code. */
uint32_t channel_write(const void *bytes, size_t size);
uint32_t channel_read(void *bytes, size_t capacity, DWORD timeout, size_t *size);

/* Many requests that differ in one number only, for measuring. */
struct series {
    uint8_t *request; /* the first; changed by each */
    size_t size;
    size_t number_at; /* where the number is, 32 bits, big-endian: it grows by one */
    uint32_t count;
};

/* What came of them: the first answer, how many were not the same, and how long they took. */
struct series_result {
    uint8_t answer[64];
    size_t answer_size;
    uint32_t others;
    double microseconds;
    double median; /* microseconds from a request to its answer */
};

/* Sends them, each after the answer to the one before. Returns 0 or a Win32 error code. */
uint32_t channel_play(const struct series *series, struct series_result *result);

/* Collects what arrives on stdin, from now on. */
void input_start(void);

/* Waits until `size` bytes are there, or the end. Copies at most `size` of them, without taking
 * them away, and returns how many there are. */
size_t input_wait(size_t size, DWORD timeout, char *bytes, bool *ended);

/* The first line of stdin, without its end. */
void input_line(char *line, size_t capacity);

/* Listens for a management client, if the options say so. */
bool management_start(const struct options *options);

/* Set when the connection may begin, and when it is to end. */
extern HANDLE management_released, management_stopped;

/* Notes and reports ">STATE:<now>,<what>". */
void management_state(const char *what);
void management_fatal(const char *why);

int demo_play(const struct options *options);
int control_obey(const struct options *options);

static inline void cleanup_handle(HANDLE *handle)
{
    if (*handle && *handle != INVALID_HANDLE_VALUE)
        CloseHandle(*handle);
}
#define CLEANUP_HANDLE CLEANUP(cleanup_handle)

#endif

/* SPDX-License-Identifier: MIT */
/* management.h: openvpn's management interface as a client reads and writes it: bytes in, events
 * out; no sockets here.
 *
 * Lines end in CR LF or LF; only the password prompt has no line end. Texts are bytes as openvpn
 * sent them (UTF-8 where it is well-behaved): whoever shows them makes them harmless first. Facts:
 * OpenVPN's doc/management-notes.txt. */
#ifndef CLIENT_MANAGEMENT_H
#define CLIENT_MANAGEMENT_H

#include <stddef.h>

enum {
    MANAGEMENT_LINE_MAX = 2047,   /* bytes; the rest of a longer line is dropped */
    MANAGEMENT_COMMAND_MAX = 2048 /* bytes of one command, the line end included */
};

enum management_kind {
    MANAGEMENT_PROMPT,         /* the password of the interface itself is asked */
    MANAGEMENT_STATE,          /* `state` */
    MANAGEMENT_HOLD,           /* openvpn waits for "hold release" */
    MANAGEMENT_NEED_LOGIN,     /* user name and password for `realm` */
    MANAGEMENT_NEED_PASSWORD,  /* a password for `realm`, such as "Private Key" */
    MANAGEMENT_NEED_UNKNOWN,   /* a question that we can't answer; `text` is the question */
    MANAGEMENT_PASSWORD_WRONG, /* what was given for `realm` was refused */
    MANAGEMENT_FATAL,          /* openvpn gives up; `text` says why */
    MANAGEMENT_SUCCESS,        /* the last command was done */
    MANAGEMENT_ERROR,          /* the last command failed; `text` says why */
    MANAGEMENT_OTHER           /* anything else; `text` is the line */
};

/* Fields that openvpn left out are "". */
struct management_state {
    const char *name;     /* CONNECTING, WAIT, AUTH, ..., CONNECTED, RECONNECTING, EXITING */
    const char *detail;   /* SUCCESS, or a reason */
    const char *address;  /* of the tunnel, IPv4 */
    const char *server;   /* address of the server */
    const char *port;     /* of the server */
    const char *address6; /* of the tunnel, IPv6 */
};

/* Its texts are zero-terminated and live until the listener returns. */
struct management_event {
    enum management_kind kind;
    const char *text;
    const char *realm;
    struct management_state state;
};

typedef void management_listener(void *context, const struct management_event *event);

/* Zero-initialise it. */
struct management {
    char line[MANAGEMENT_LINE_MAX + 1];
    size_t length;
};

/* Reads `size` bytes and calls the listener once for each line that they complete. A zero byte
 * inside a line becomes '?'. Empty lines are no events. */
void management_read(struct management *management, const void *bytes, size_t size,
                     management_listener *listener, void *context);

/* Writes `verb "realm" "value"` and a line end, quoted as openvpn's own lexer expects. `command` is
 * zero-terminated. Returns its length, or 0 when it is too long or a text holds a control
 * character, which could smuggle in a second command. */
size_t management_command(char command[MANAGEMENT_COMMAND_MAX + 1], const char *verb,
                          const char *realm, const char *value);

#endif

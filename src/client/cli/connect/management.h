/* SPDX-License-Identifier: MIT */
/* management.h: parses the lines of openvpn's management interface and writes its commands. It does
 * not use sockets: bytes in, events out.
 *
 * Lines end with CR LF or LF; only the password prompt has no line end. Texts are the bytes that
 * openvpn sent, usually UTF-8: call console_clean() before showing them. Facts: OpenVPN's
 * doc/management-notes.txt. */
#ifndef CLIENT_MANAGEMENT_H
#define CLIENT_MANAGEMENT_H

#include <stddef.h>

enum {
    MANAGEMENT_LINE_MAX = 2047,   /* bytes; the rest of a longer line is dropped */
    MANAGEMENT_COMMAND_MAX = 2048 /* bytes of one command, the line end included */
};

enum management_kind {
    MANAGEMENT_PROMPT,         /* asks for the password of the management interface */
    MANAGEMENT_STATE,          /* a state of the connection, in `state` */
    MANAGEMENT_HOLD,           /* openvpn waits for "hold release" */
    MANAGEMENT_NEED_LOGIN,     /* user name and password for `realm` */
    MANAGEMENT_NEED_PASSWORD,  /* a password for `realm`, such as "Private Key" */
    MANAGEMENT_NEED_UNKNOWN,   /* a question that has no answer here; `text` is the question */
    MANAGEMENT_PASSWORD_WRONG, /* the user name or password for `realm` was refused */
    MANAGEMENT_REMOTE,  /* openvpn waits for where to connect: `text` is "host,port,protocol" */
    MANAGEMENT_FATAL,   /* openvpn ends with an error; `text` is the reason */
    MANAGEMENT_SUCCESS, /* the last command succeeded */
    MANAGEMENT_ERROR,   /* the last command failed; `text` is the reason */
    MANAGEMENT_OTHER    /* any other line; `text` is the line */
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

/* The texts are zero-terminated and valid until the listener returns. */
struct management_event {
    enum management_kind kind;
    const char *text;
    const char *realm;
    struct management_state state;
};

typedef void management_listener(void *context, const struct management_event *event);

/* The state of the parser; zero-initialise it. */
struct management {
    char line[MANAGEMENT_LINE_MAX + 1];
    size_t length;
};

/* Parses `size` bytes and calls the listener for each line that they complete, except empty ones. A
 * zero byte in a line becomes '?'. */
void management_read(struct management *management, const void *bytes, size_t size,
                     management_listener *listener, void *context);

/* Writes the command `verb "realm" "value"` with a line end, quoted as openvpn's lexer expects, and
 * zero-terminated. Returns its length, or 0 if it is too long or a text contains a control
 * character, which could begin a second command. */
size_t management_command(char command[MANAGEMENT_COMMAND_MAX + 1], const char *verb,
                          const char *realm, const char *value);

#endif

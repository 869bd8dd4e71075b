/* SPDX-License-Identifier: MIT */
/* exits.h: the exit codes of gatehouse.exe; help.c describes them. */
#ifndef CLIENT_EXITS_H
#define CLIENT_EXITS_H

enum exit_code {
    EXIT_DONE = 0,
    EXIT_TROUBLE = 1,
    EXIT_USAGE = 2,
    EXIT_NO_SERVICE = 3,
    EXIT_REFUSED = 4,
    EXIT_OPENVPN = 5,
    EXIT_LOGIN = 6,
    EXIT_TIMED_OUT = 7,
    EXIT_INTERRUPTED = 8,
    EXIT_NOT_CONNECTED = 9,
    EXIT_UNHEALTHY = 10,
    EXIT_UNRESOLVED = 11,
    EXIT_UPDATE = 12,
    EXIT_SERVER = 13,
    EXIT_NOT_INSTALLED = 14,
    EXIT_RESTART = 15
};

#endif

/* SPDX-License-Identifier: MIT */
/* trace_file.h: recorded traffic: every message that an openvpn.exe exchanged with its service
 * during a connection. The file has lines of 32 bytes in hex; lines of zeros are left out. */
#ifndef TESTS_UNIT_TRACE_FILE_H
#define TESTS_UNIT_TRACE_FILE_H

#include "wire/message.h"

enum { TRACE_CAPACITY = 64 };

struct traced {
    bool to_service;
    size_t size;
    uint8_t bytes[MESSAGE_MAX_SIZE];
};

/* Reads tests/traces/openvpn-2.7-x64-netsh.txt. Returns the number of messages, 0 when the file
 * cannot be opened. */
size_t trace_read(struct traced trace[TRACE_CAPACITY]);

#endif

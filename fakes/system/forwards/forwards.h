/* SPDX-License-Identifier: MIT */
/* forwards.h: functions of a library of Windows that its fake does not model. CMakeLists.txt says
 * what becomes of a call to them, and makes the tables.
 *
 * The record has a line for each: {"call":"UnknownCall","library":"iphlpapi.dll",
 * "name":"SendARP","refused":true,"result":120}. The result of a function that Windows' own library
 * executes is not known: it is told as 0. */
#ifndef FAKES_FORWARDS_FORWARDS_H
#define FAKES_FORWARDS_FORWARDS_H

enum forward_kind { FORWARD_RECORD, FORWARD_REFUSE, FORWARD_FAIL };

struct forward {
    const char *name;
    enum forward_kind kind;
};

/* thunks.c: the functions by their numbers. */
extern const struct forward forwards[];

/* Called by each of them with its number: records the call, and returns where to go on. */
void *forward_begin(unsigned number);

#endif

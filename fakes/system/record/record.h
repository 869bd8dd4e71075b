/* SPDX-License-Identifier: MIT */
/* record.h: one JSON line for each call, appended to record.jsonl in the fakes' folder.
 *
 * {"n":12,"t":<microseconds>,"pid":8,"tid":9,"call":"CreateIpForwardEntry2",...,"result":0}
 *
 * A line is one WriteFile, in the order of "n", whatever the number of processes. Nothing is
 * formatted when the group of the call is switched off. Strings that don't fit are cut, so that a
 * line is always complete JSON. */
#ifndef FAKES_RECORD_RECORD_H
#define FAKES_RECORD_RECORD_H

#include "machine.h"

#include <stdbool.h>

enum { RECORD_TEXT = 3072 };

struct record {
    enum call call;
    bool off;
    size_t length;
    char text[RECORD_TEXT];
};

/* Once, when the fakes are loaded. */
void record_open(struct machine *machine);

void record_begin(struct record *record, enum call call);
void record_number(struct record *record, const char *name, uint64_t number);
void record_hex(struct record *record, const char *name, uint64_t number); /* "0x1f" */
void record_flag(struct record *record, const char *name, bool flag);
void record_utf8(struct record *record, const char *name, const char *text);
void record_wide(struct record *record, const char *name, const wchar_t *text); /* NULL: null */
/* "10.8.0.1" or, when prefix_length is not negative, "10.8.0.0/24". */
void record_ip(struct record *record, const char *name, const struct machine_ip *ip,
               int prefix_length);
/* "interface": the index, and "alias"; index 0 and no alias when there is no such interface. */
void record_interface(struct record *record, const struct interface_row *adapter);
/* Lists: ["a", 1]. */
void record_list(struct record *record, const char *name);
void record_list_number(struct record *record, uint64_t number);
void record_list_wide(struct record *record, const wchar_t *text);
void record_list_end(struct record *record);

/* Writes the line. Preserves GetLastError(). */
void record_end(struct record *record, uint32_t result);

#endif

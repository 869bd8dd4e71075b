/* SPDX-License-Identifier: MIT */
/* machine.h: a model of a Windows machine's network, outside the process that changes it.
 *
 * It is kept in the file machine.dat and survives the death of any process at any instant, as the
 * kernel's tables do. Every function below machine_lock() needs the lock. Errors are Win32 codes:
 * ERROR_OBJECT_ALREADY_EXISTS, ERROR_NOT_FOUND, ERROR_NOT_ENOUGH_MEMORY (table full). */
#ifndef FAKES_MACHINE_MACHINE_H
#define FAKES_MACHINE_MACHINE_H

#include "image.h"

#include <stdbool.h>
#include <stddef.h>

struct machine {
    struct machine_image *image;
    bool driver; /* the test driver's own view: no faults apply to its changes */
    wchar_t folder[260];
};

/* Maps the machine of `folder` (no trailing backslash), populating it when it is new. */
uint32_t machine_open(struct machine *machine, const wchar_t *folder, bool driver);
void machine_close(struct machine *machine);

/* Waits for the lock, which records its owner's process id and creation time, so that the lock of a
 * dead process can be taken over. */
void machine_lock(struct machine *machine);
void machine_unlock(struct machine *machine);
/* The same for any other lock word of the image. */
void machine_lock_word(int64_t *word);
void machine_unlock_word(int64_t *word);
/* False when the lock was not free in that time. */
bool machine_lock_word_within(int64_t *word, uint32_t milliseconds);

/* A mark that identifies this process forever, and whether the process with a mark has ended. */
int64_t machine_process_mark(void);
bool machine_process_is_dead(int64_t mark);

/* Resets the machine to its initial state: no faults, no personas, counters at zero. */
void machine_populate(struct machine *machine);
/* Reboots the machine: addresses and routes are reset, as far as their interfaces still exist.
 * Windows keeps interfaces with their metrics and MTUs; faults, personas and counters stay for the
 * test. */
void machine_reboot(struct machine *machine);

/* Iteration: start with *cursor 0; NULL at the end. Rows are valid while the lock is held. */
const struct interface_row *machine_next_interface(struct machine *machine, size_t *cursor);
const struct address_row *machine_next_address(struct machine *machine, size_t *cursor);
const struct route_row *machine_next_route(struct machine *machine, size_t *cursor);

/* NULL when there is none. A luid other than 0 is used, otherwise the index, as in Windows. */
const struct interface_row *machine_interface(struct machine *machine, uint64_t luid,
                                              uint32_t index);
const struct interface_row *machine_interface_by_alias(struct machine *machine,
                                                       const wchar_t *alias);
const struct interface_row *machine_interface_by_guid(struct machine *machine,
                                                      const uint8_t guid[16]);
uint32_t machine_add_interface(struct machine *machine, const struct interface_row *row);
/* Replaces the interface with this luid by `row`. */
uint32_t machine_set_interface(struct machine *machine, const struct interface_row *row);
/* With its addresses and routes. */
uint32_t machine_delete_interface(struct machine *machine, uint64_t luid);

const struct address_row *machine_address(struct machine *machine, uint64_t luid,
                                          const struct machine_ip *address);
uint32_t machine_add_address(struct machine *machine, const struct address_row *row);
uint32_t machine_set_address(struct machine *machine, const struct address_row *row);
uint32_t machine_delete_address(struct machine *machine, const struct address_row *key);

/* The routes that Windows derives from an address: they come with it, unless there is a route with
 * the same key, and go with the last address that has them. `old` has just gone, or NULL; `new` has
 * just come, or NULL. Not subject to faults. */
void machine_derive_routes(struct machine *machine, const struct address_row *old,
                           const struct address_row *new);
/* The same for all addresses, after a process has died between an address and its routes. */
void machine_derive_all_routes(struct machine *machine);

/* Takes constant time, whatever the number of routes. */
const struct route_row *machine_route(struct machine *machine, const struct route_row *key);
uint32_t machine_add_route(struct machine *machine, const struct route_row *row);
uint32_t machine_set_route(struct machine *machine, const struct route_row *row);
uint32_t machine_delete_route(struct machine *machine, const struct route_row *key);

bool machine_ip_equal(const struct machine_ip *a, const struct machine_ip *b);
/* "10.8.0.1" or "fd00::1". */
enum { MACHINE_IP_TEXT = 48 };
void machine_ip_print(const struct machine_ip *ip, char text[MACHINE_IP_TEXT]);
bool machine_ip_parse(const char *text, struct machine_ip *ip);

#endif

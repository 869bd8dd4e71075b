/* SPDX-License-Identifier: MIT */
/* cleanup.h: -cleanup, for administrators: undoes every change that belongs to no living session;
 * and its two halves, -undo and -unblock.
 *
 * A running service holds its journal, so it is asked to do it, over its control pipe. Otherwise
 * this process undoes what a start of the service would. */
#ifndef SERVICE_ADMIN_CLEANUP_H
#define SERVICE_ADMIN_CLEANUP_H

#include <stdint.h>
#include <uchar.h>

/* Prints what was undone, and names what is left. Returns 0 when nothing is left. */
uint32_t cleanup_instance(const char16_t *instance);

/* The same without the kill switch. */
uint32_t undo_instance(const char16_t *instance);

/* The kill switch alone, whether or not there is a service, a journal or a package: opens a machine
 * that is blocked. */
uint32_t unblock_instance(const char16_t *instance);

/* The part of that which is about the kill switch, in this process: removes it, whoever has started
 * it. Returns 0 when nothing of it is left; errors are printed. */
uint32_t cleanup_kill_switch(const char16_t *instance);

#endif

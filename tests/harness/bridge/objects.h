/* SPDX-License-Identifier: MIT */
/* objects.h: the handles that requests have opened, by number.
 *
 * Closing an object while another request waits on it ends that wait (ERROR_OPERATION_ABORTED); the
 * handle closes when the last request releases it. */
#ifndef BRIDGE_OBJECTS_H
#define BRIDGE_OBJECTS_H

#include "bridge.h"

struct object {
    struct object *next;
    uint32_t number;
    unsigned holders;
    HANDLE handle;
    bool is_socket; /* the handle is a SOCKET */
    HANDLE closing; /* an event: set when nobody may wait for the handle any more */
};

/* Takes the handle and reports its number as "object" in the result. */
void object_add(struct request *request, HANDLE handle);

/* The same with a SOCKET. */
void object_add_socket(struct request *request, uintptr_t socket);

/* The object that the argument "object" names, held until object_release(); NULL when there is
 * none, and then the request has its error set. */
struct object *object_hold(struct request *request);
void object_release(struct object **object);
#define CLEANUP_OBJECT CLEANUP(object_release)

void objects_close_all(void);

#endif

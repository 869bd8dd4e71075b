/* SPDX-License-Identifier: MIT */
/* file_deadline.h: an end to waiting for a file that a client has named.
 *
 * Whoever may read a file can have Windows wait for them before anybody else opens it (an oplock),
 * and a file that a cloud service or a file system of a program has to bring first may not come. So
 * a thread that opens or reads such a file has ten seconds for it, and none when the service stops:
 * then Windows is asked to give up what the thread waits for (CancelSynchronousIo). */
#ifndef SERVICE_FILE_DEADLINE_H
#define SERVICE_FILE_DEADLINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <windows.h>

struct file_deadline {
    HANDLE thread, stop;
    ULONGLONG end; /* GetTickCount64() */
    PTP_TIMER timer;
    atomic_bool has_passed;
};

/* From now on this thread has ten seconds, until file_deadline_end(). `stop` is an event that ends
 * the waiting at once; NULL: there is none. Returns 0, or a Win32 error if Windows has no timer;
 * then there is nothing to end. The deadline stays where it is meanwhile. */
uint32_t file_deadline_begin(struct file_deadline *deadline, HANDLE stop);

/* `error` is what became of opening or reading; returned as it is, or as ERROR_TIMEOUT when the
 * deadline has ended it. */
uint32_t file_deadline_end(struct file_deadline *deadline, uint32_t error);

#endif

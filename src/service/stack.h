/* SPDX-License-Identifier: MIT */
/* stack.h: the memory of a thread's stack that is not in use. */
#ifndef SERVICE_STACK_H
#define SERVICE_STACK_H

/* Gives back to the system what this thread has used of its stack and does not use now. For a
 * thread that will wait for long after calls that went deep: a session waits for days, and there
 * may be a thousand of them. */
void stack_give_back(void);

#endif

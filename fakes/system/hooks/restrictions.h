/* SPDX-License-Identifier: MIT */
/* restrictions.h: tokens that may do less than their user. The groups of a persona say so:
 *
 * - S-1-16-<level>: its integrity;
 * - S-1-15-2-<package>: it is an AppContainer's;
 * - S-1-5-12 (RESTRICTED): it has restricting SIDs. */
#ifndef FAKES_HOOKS_RESTRICTIONS_H
#define FAKES_HOOKS_RESTRICTIONS_H

#include "watch.h"

#include <stdbool.h>
#include <windows.h>

/* Answers GetTokenInformation() for a persona's integrity, or whether it is an AppContainer's.
 * False: the real token's answer is used. The machine's lock must be held. */
bool restrictions_answer(const struct persona *persona, TOKEN_INFORMATION_CLASS class, void *buffer,
                         DWORD size, DWORD *needed, uint32_t *error);

#endif

/* SPDX-License-Identifier: MIT */
/* exit_event.h: what the options of openvpn.exe say of a session: its config, and the event by
 * which it is told to end (`--service <event>`). */
#ifndef POLICY_EXIT_EVENT_H
#define POLICY_EXIT_EVENT_H

#include "policy/tokens.h"

#include <stdbool.h>
#include <stdint.h>

/* The value behind the last option of this name (without "--"), which is the one in force; NULL:
 * there is none. */
const char16_t *options_value(const struct tokens *tokens, const char16_t *name);

/* Units of an event's full name, terminator included: Windows has MAX_PATH for the name itself. */
enum { EXIT_EVENT_UNITS = 300 };

/* The name under which a service opens the event that a process of this session of Windows knows as
 * `name`: Session\<number>\<name>, or Global\<name>. Returns false for what names no event, and for
 * a name that leads elsewhere. Facts: Microsoft, "Kernel object namespaces". */
bool exit_event_name(const char16_t *name, uint32_t session, char16_t full[EXIT_EVENT_UNITS]);

#endif

/* SPDX-License-Identifier: MIT */
/* security.h: who may do what to this process. */
#ifndef OPENVPN_SECURITY_H
#define OPENVPN_SECURITY_H

/* Notes what the service has allowed, then allows everybody everything: a test driver must be able
 * to watch and end a process that only SYSTEM and a made-up user may open. Call it first. */
void security_note_and_open(void);

/* Owner and access list as they were, in SDDL; "" when they can't be read. */
const wchar_t *security_of_process(void);
const wchar_t *security_of_thread(void);

#endif

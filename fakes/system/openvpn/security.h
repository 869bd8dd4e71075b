/* SPDX-License-Identifier: MIT */
/* security.h: the access rights to this process. */
#ifndef OPENVPN_SECURITY_H
#define OPENVPN_SECURITY_H

/* Stores the security that the service has set. Call it first. */
void security_note(void);

/* Grants everybody full access: a test driver must be able to watch and end a process that only
 * SYSTEM and an invented user may open. */
void security_open(void);

/* The original owner and access list in SDDL; "" when they can't be read. */
const wchar_t *security_of_process(void);
const wchar_t *security_of_thread(void);

#endif

/* SPDX-License-Identifier: MIT */
/* processes.h: processes of openvpn.exe, of all users. */
#ifndef CLIENT_DOCTOR_PROCESSES_H
#define CLIENT_DOCTOR_PROCESSES_H

#include "client/cli/doctor/doctor.h"

/* Whether the process lives and may be an openvpn.exe: one that can't be looked at may be. */
bool process_may_be_openvpn(const struct doctor *doctor, uint32_t process_id);

/* An openvpn.exe that is none of the sessions that the service has told of: another user's, another
 * service's, or one that was started by hand. 0: there is none, so what no session owns is owned by
 * nobody. */
uint32_t process_of_others(const struct doctor *doctor);

#endif

/* SPDX-License-Identifier: MIT */
/* names.h: the names of one instance of the service, made from product.h and the instance id. */
#ifndef SERVICE_NAMES_H
#define SERVICE_NAMES_H

#include <stdbool.h>
#include <uchar.h>

enum {
    INSTANCE_UNITS = 65, /* longest instance id, terminator included */
    NAME_UNITS = 256     /* room for any name made from it */
};

/* The id becomes part of a pipe name, a registry key and a service name, so it must hold no
 * character that is special in one of them. Nor may it begin with "-": a switch in its place is a
 * mistake in a command line. The empty id is the default instance. */
bool instance_is_valid(const char16_t *instance);

/* OpenVPNServiceInteractive<instance> */
void name_of_service(const char16_t *instance, char16_t name[NAME_UNITS]);

/* "OpenVPN Interactive Service", with the instance in parentheses: Windows wants them unique. */
void name_to_display(const char16_t *instance, char16_t name[NAME_UNITS]);

/* SOFTWARE\OpenVPN<instance>, below HKEY_LOCAL_MACHINE */
void name_of_key(const char16_t *instance, char16_t name[NAME_UNITS]);

/* SOFTWARE\Policies\Gatehouse<instance>, likewise */
void name_of_policy_key(const char16_t *instance, char16_t name[NAME_UNITS]);

/* \\.\pipe\openvpn<instance>\service */
void name_of_client_pipe(const char16_t *instance, char16_t name[NAME_UNITS]);

/* \\.\pipe\openvpn<instance>\control */
void name_of_control_pipe(const char16_t *instance, char16_t name[NAME_UNITS]);

/* \\.\pipe\openvpn<instance>\service_<thread id>_<random uuid>. Returns 0 or a Win32 error. */
unsigned long name_of_session_pipe(const char16_t *instance, char16_t name[NAME_UNITS]);

#endif

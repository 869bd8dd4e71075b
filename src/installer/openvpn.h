/* SPDX-License-Identifier: MIT */
/* openvpn.h: the OpenVPN that is installed on this machine, by the registry key that its setup
 * writes (HKLM\SOFTWARE\OpenVPN, in the 64-bit view). */
#ifndef INSTALLER_OPENVPN_H
#define INSTALLER_OPENVPN_H

#include "installer/package.h"

#define OPENVPN_KEY u"SOFTWARE\\OpenVPN"

/* The folder of the installation, with a backslash at its end. Returns 0, or a Win32 error, also
 * when openvpn.exe is not there. */
uint32_t openvpn_find(char16_t folder[PACKAGE_VALUE_UNITS]);

#endif

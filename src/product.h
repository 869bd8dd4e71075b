/* SPDX-License-Identifier: MIT */
/* product.h: every name by which the outside world knows this product.
 *
 * The defaults are those of the OpenVPN Interactive Service, so that its clients find us. A brand
 * overrides them with the CMake cache variables of the same name. <instance> is appended verbatim
 * to the service name, the pipe family and the registry key. All are UTF-16. */
#ifndef PRODUCT_H
#define PRODUCT_H

#include "product_version.h" /* PRODUCT_VERSION; it is made by cmake/product.cmake */

#ifndef PRODUCT_SERVICE_NAME
#define PRODUCT_SERVICE_NAME u"OpenVPNServiceInteractive"
#endif

#ifndef PRODUCT_DISPLAY_NAME
#define PRODUCT_DISPLAY_NAME u"OpenVPN Interactive Service"
#endif

#ifndef PRODUCT_DESCRIPTION
#define PRODUCT_DESCRIPTION                                                                        \
    u"Lets users without administrator rights run OpenVPN, and undoes every network change."
#endif

/* Pipes are \\.\pipe\<family><instance>\service and, per session, ...\service_<random>. */
#ifndef PRODUCT_PIPE_FAMILY
#define PRODUCT_PIPE_FAMILY u"openvpn"
#endif

/* Below HKEY_LOCAL_MACHINE. */
#ifndef PRODUCT_REGISTRY_KEY
#define PRODUCT_REGISTRY_KEY u"SOFTWARE\\OpenVPN"
#endif

/* Below HKEY_LOCAL_MACHINE: what a group policy sets. Only what lies below SOFTWARE\Policies goes
 * when the policy does. */
#ifndef PRODUCT_POLICY_KEY
#define PRODUCT_POLICY_KEY u"SOFTWARE\\Policies\\Gatehouse"
#endif

/* Below the folder of all programs' data (C:\ProgramData): the journals of all instances. */
#ifndef PRODUCT_DATA_FOLDER
#define PRODUCT_DATA_FOLDER u"Gatehouse"
#endif

/* Below HKEY_LOCAL_MACHINE: what Windows forgets at its restart. */
#ifndef PRODUCT_STATE_KEY
#define PRODUCT_STATE_KEY u"SOFTWARE\\Gatehouse"
#endif

/* The name space of all keys in the filtering platform (firewall/roles.h): a random UUID. A brand
 * must have its own, or its kill switch and ours remove each other's filters. It never changes, or
 * what older versions have left is not found. */
#ifndef PRODUCT_FIREWALL_SPACE
#define PRODUCT_FIREWALL_SPACE u"7f5e25c4-2fac-47ed-a330-2b440eaaf2c9"
#endif

/* From where updates are fetched unless the setting update_url says otherwise; empty: from nowhere.
 */
#ifndef PRODUCT_UPDATE_URL
#define PRODUCT_UPDATE_URL u""
#endif

#ifndef PRODUCT_EVENT_SOURCE
#define PRODUCT_EVENT_SOURCE u"openvpnserv"
#endif

#endif

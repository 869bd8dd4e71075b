/* SPDX-License-Identifier: MIT */
/* settings.h: what an administrator has set below HKLM\SOFTWARE\OpenVPN<instance>, or a group
 * policy below HKLM\SOFTWARE\Policies\Gatehouse<instance>.
 *
 * Read once, at the start of the service, from the 64-bit view of the registry. An absent value has
 * its default. A local value of another type, too long for its buffer, or not of the allowed form
 * stops the service with a line in the log; such a value of a policy is logged and replaced. Facts:
 * docs/protocol.md, "Settings". */
#ifndef SERVICE_SETTINGS_H
#define SERVICE_SETTINGS_H

#include "policy/setting.h"
#include "service/names.h"

#include <stdbool.h>
#include <stdint.h>

struct settings {
    char16_t instance[INSTANCE_UNITS];
    char16_t install_dir[SETTING_PATH]; /* the key's default value; required */
    char16_t exe_path[SETTING_PATH];    /* <install_dir>\bin\openvpn.exe */
    char16_t config_dir[SETTING_PATH];  /* <install_dir>\config\; always ends in a backslash */
    char16_t bin_dir[SETTING_PATH];     /* <install_dir>\bin\; likewise */
    char16_t log_dir[SETTING_PATH];     /* <install_dir>\log\; likewise */
    char16_t config_ext[SETTING_EXTENSION];
    char16_t admin_group[SETTING_ACCOUNT];  /* OpenVPN Administrators */
    char16_t service_user[SETTING_ACCOUNT]; /* OpenVPNService, in the domain NT SERVICE */
    uint32_t priority;                      /* a priority class of CreateProcess */

    /* Our own: drivers of VPN adapters (struct channel_options), and "1" to ignore that a VPN
     * server wants answers to name queries to be validated. */
    char16_t vpn_adapters[SETTING_LIST];
    bool ignore_dnssec;

    /* Our own: who may start the kill switch, "interactive", "administrators" or a group, and the
     * executables besides openvpn.exe that may reach its gateways, with a bar between them. */
    char16_t firewall_users[SETTING_ACCOUNT];
    char16_t firewall_programs[SETTING_PROGRAMS];

    /* Our own, "0": users without special rights may not have openvpn.exe ask their client where to
     * connect (the option management-query-remote). */
    bool query_remote;

    /* Our own, "1": openvpn.exe and tapctl.exe are started although users can change them. */
    bool allow_writable_install;

    /* Our own: "installed" instead of "any" to serve only programs of the installation and of these
     * folders on the control pipe, which one of these names has signed (client_image.h). Empty: no
     * such folders, and it need not be signed. Lists of policy/list.h, without an empty item. */
    bool installed_clients_only; /* control_clients */
    char16_t client_folders[SETTING_LONG_LIST];
    char16_t client_signers[SETTING_LONG_LIST];

    /* Our own: "checked" instead of "off" to let users without special rights run profiles of their
     * own, as far as their lines are allowed (policy/profile), and the group that they must be in;
     * empty: none. "strict" instead of "reference" to have everybody's profiles and options judged
     * so, but those of administrators. */
    bool takes_user_profiles; /* user_profiles */
    char16_t user_profiles_group[SETTING_ACCOUNT];
    bool is_strict; /* option_policy */

    /* Our own, likewise: who must have signed openvpn.exe; empty: it need not be signed. */
    char16_t exe_signers[SETTING_LONG_LIST];

    /* Our own, decimal: how many clients are served at once, in all (1 to 16384, default 2048) and
     * of one user (1 to 16384, default 256), and how many changes of the network all sessions of a
     * user may have at once (1 to 16777216, default 131072, at about 0.5 KiB each). */
    uint32_t max_clients;
    uint32_t max_clients_per_user;
    uint32_t max_changes_per_user;

    /* Our own, decimal: the longest start-up data of authorised callers, in UTF-16 units (4096 to
     * 262144, default 65536). */
    uint32_t max_startup_units;

    /* Our own: what is done of updates (enum setting_updates), from where and of which channel, and
     * who may install one: as firewall_users. */
    uint32_t updates;
    char16_t update_url[SETTING_LIST]; /* empty: from nowhere */
    char16_t update_channel[SETTING_CHANNEL_UNITS];
    char16_t update_users[SETTING_ACCOUNT];
};

/* Returns 0 or the Win32 error to stop with, which has been logged. `instance` must be valid. */
uint32_t settings_read(const char16_t *instance, struct settings *settings);

/* Whether the registry key of the instance exists. */
bool settings_exist(const char16_t *instance);

#endif

/* SPDX-License-Identifier: MIT */
#include "policy/setting_words.h"

const struct setting_words settings_words[SETTINGS_COUNT] = {
    [SETTING_INSTALL_DIR] = {"Installation folder", "the folder of the installation; required"},
    [SETTING_EXE_PATH] = {"openvpn.exe", "the only program ever started"},
    [SETTING_CONFIG_DIR] = {"Folder of configurations",
                            "where unprivileged callers' configs must lie"},
    [SETTING_BIN_DIR] = {"Folder of helper programs", "helper programs (2.7)"},
    [SETTING_CONFIG_EXT] = {"Extension of configurations", "read for compatibility, not used"},
    [SETTING_LOG_DIR] = {"Folder of logs", "read for compatibility, not used"},
    [SETTING_ADMIN_GROUP] = {"Group that may use any option",
                             "the name of a group: its members may use any option and config"},
    [SETTING_SERVICE_USER] = {"Service account that may use any option",
                              "an `NT SERVICE` account with the same right as the members of "
                              "`ovpn_admin_group`"},
    [SETTING_VPN_ADAPTERS] =
        {"Drivers of VPN adapters",
         "component ids of VPN adapters, with a comma between them: openvpn.exe "
         "may ask for changes of no other adapter; `*` turns the rule off"},
    [SETTING_FIREWALL_USERS] =
        {"Who may start the kill switch",
         "who may start the kill switch besides administrators: `interactive` (whoever is logged "
         "on "
         "at the machine or by Remote Desktop), `administrators` (nobody else), or the name of a "
         "group"},
    [SETTING_FIREWALL_PROGRAMS] =
        {"Programs that reach the VPN's gateways through the kill switch",
         "full paths with a bar between them, at most 8: these programs reach the gateways of the "
         "kill switch, too. One that is not there when the service starts, or that users can "
         "change, "
         "is not used (the latter unless `allow_writable_install` is `1`)"},
    [SETTING_CLIENT_FOLDERS] =
        {"Folders of programs that may control the service",
         "with `installed` as `control_clients`: list of whole paths: programs "
         "below these folders are served on the control pipe, too"},
    [SETTING_CLIENT_SIGNERS] =
        {"Signers of programs that may control the service",
         "with `installed` as `control_clients`: list of names: programs are "
         "served on the control pipe only if one of them has signed them"},
    [SETTING_EXE_SIGNERS] = {"Signers of openvpn.exe",
                             "list of names: openvpn.exe is started only if one of them has signed "
                             "it"},
    [SETTING_PROCESS_PRIORITY] = {"Priority of openvpn.exe", "the priority class of openvpn.exe"},
    [SETTING_CONTROL_CLIENTS] =
        {"Programs that may control the service",
         "which programs are served on the control pipe: `any`, or only those "
         "that are `installed` with the service or lie in `client_folders`"},
    [SETTING_USER_PROFILES] =
        {"Profiles of users", "`checked`: users at this computer may run profiles of their own, as "
                              "far as each line is allowed"},
    [SETTING_USER_PROFILES_GROUP] = {"Group that may run profiles of their own",
                                     "with `checked` as `user_profiles`: the name of a group: only "
                                     "its members may"},
    [SETTING_OPTION_POLICY] = {"Profiles and options of everybody",
                               "`strict`: profiles and options of everybody but administrators are "
                               "judged as those of users"},
    [SETTING_LOG_APPEND] = {"Appending to logs",
                            "read for compatibility; a bad value is logged, the service starts"},
    [SETTING_IGNORE_DNSSEC] = {"Do not ask for validated answers to name queries",
                               "`1`: NRPT rules never ask for validated answers"},
    [SETTING_QUERY_REMOTE] = {"Let openvpn.exe ask its client where to connect",
                              "`0`: `management-query-remote` is not in the white list of options"},
    [SETTING_ALLOW_WRITABLE_INSTALL] =
        {"Start openvpn.exe and tapctl.exe although users can change them",
         "`1`: openvpn.exe and tapctl.exe are started although users can change them"},
    [SETTING_MAX_CLIENTS] = {"Sessions in all", "the most sessions at once, of all users"},
    [SETTING_MAX_CLIENTS_PER_USER] = {"Sessions of one user",
                                      "the most sessions of one user, counted from the connection "
                                      "on"},
    [SETTING_MAX_CHANGES_PER_USER] =
        {"Changes of one user", "the most changes of the network that all sessions of one user "
                                "may have at once"},
    [SETTING_MAX_STARTUP_UNITS] = {"Length of start-up data",
                                   "the longest start-up data of authorised callers, in UTF-16 "
                                   "units"},
    [SETTING_UPDATES] =
        {"Updates", "`check`: users may ask whether there is an update; `install`: and install "
                    "it"},
    [SETTING_UPDATE_URL] =
        {"Address of updates",
         "the folder of updates on a web server: `https://`, a host, maybe a port "
         "and folders, without a query; `http://` only of this computer"},
    [SETTING_UPDATE_CHANNEL] = {"Channel of updates",
                                "which updates: small letters, digits and hyphens, at most 32"},
    [SETTING_UPDATE_USERS] = {"Who may install updates",
                              "who may install an update besides administrators: as "
                              "`firewall_users`"},
};

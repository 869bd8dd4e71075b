/* SPDX-License-Identifier: MIT */
#include "service/admin/advice.h"

#include "service/admin/console.h"
#include "service/eventlog.h"
#include "service/install_folder.h"

void advise_on_settings(const char16_t *instance)
{
    char16_t key[NAME_UNITS];
    if (settings_exist(instance))
        return;
    name_of_key(instance, key);
    say(u"The registry key HKLM\\%1 does not exist, and the service will not start without it. "
        u"Create it with the folder of your OpenVPN installation:%n"
        u"    reg.exe add \"HKLM\\%1\" /ve /d \"C:\\Program Files\\OpenVPN\" /reg:64%n",
        key);
}

static void advise_on_finding(const char16_t *path, const char16_t *account, const char16_t *sid)
{
    say(u"Warning: %1 may be changed by %2, who can so run programs as this service or as its "
        u"users. Install below C:\\Program Files, or let only administrators write there:%n"
        u"    icacls.exe \"%1\" /setowner *S-1-5-32-544%n"
        u"    icacls.exe \"%1\" /inheritance:d /remove:g *%3%n",
        path, account, sid);
}

static void warn_of_missing(const char16_t *what, const char16_t *path, uint32_t error)
{
    char16_t buffer[SYSTEM_TEXT_UNITS + 16];
    struct text reason = TEXT_ON(buffer);
    system_text_append(&reason, error);
    say(u"Warning: %1: %2: %3%n", what, path, buffer);
}

void advise_on_installation(const char16_t *instance, bool looks_at_access)
{
    struct settings settings = {0};
    bool is_known = settings_exist(instance) && !settings_read(instance, &settings);
    if (is_known)
        install_folder_find_missing(&settings, warn_of_missing);
    if (looks_at_access)
        install_folder_check(is_known ? &settings : NULL, false, advise_on_finding);
}

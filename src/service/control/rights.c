/* SPDX-License-Identifier: MIT */
#include "service/control/rights.h"

#include "base/array.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/service_config.h"
#include "service/names.h"

#include <wtsapi32.h>

static bool setting_is(const char16_t *text, const char16_t *word)
{
    return CompareStringOrdinal(text, -1, word, -1, TRUE) == CSTR_EQUAL;
}

bool caller_is_among(const struct caller *caller, const char16_t *users)
{
    if (caller_is_administrator(caller))
        return true;
    if (setting_is(users, u"administrators"))
        return false;
    if (setting_is(users, u"interactive"))
        return caller_is_of(caller, WinInteractiveSid);
    return caller_is_of_group(caller, users);
}

/* One that was begun at the machine may have been taken over from another one since. */
static bool session_is_remote(uint32_t session)
{
    WCHAR *bytes = NULL;
    DWORD size = 0;
    USHORT protocol = 0;
    if (!WTSQuerySessionInformationW(WTS_CURRENT_SERVER_HANDLE, session, WTSClientProtocolType,
                                     &bytes, &size))
        return false;
    if (bytes && size >= sizeof(protocol))
        memcpy(&protocol, bytes, sizeof(protocol));
    WTSFreeMemory(bytes);
    return protocol != 0;
}

bool caller_is_remote(const struct caller *caller)
{
    static const WELL_KNOWN_SID_TYPE remote[] = {WinRemoteLogonIdSid, WinNetworkSid};
    uint32_t session;
    for (size_t i = 0; i < ARRAY_COUNT(remote); i++)
        if (caller_is_of(caller, remote[i]))
            return true;
    return !token_session(caller->token, &session) && session && session_is_remote(session);
}

bool service_is_automatic(const char16_t *instance)
{
    CLEANUP_SERVICE SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    CLEANUP_FREE QUERY_SERVICE_CONFIGW *config = NULL;
    char16_t name[NAME_UNITS];
    name_of_service(instance, name);
    CLEANUP_SERVICE SC_HANDLE service =
        manager ? OpenServiceW(manager, name, SERVICE_QUERY_CONFIG) : NULL;
    return service && !service_config_read(service, &config) &&
           config->dwStartType == SERVICE_AUTO_START;
}

/* SPDX-License-Identifier: MIT */
/* Services of other VPN products: two of them change the same routes and name servers. */
#include "client/cli/doctor/doctor.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "base/win32/handles.h"

/* Names as these products' installers make them; what ends in '*' is the beginning of a name. */
static const struct rival {
    const char16_t *service;
    const char *product;
} rivals[] = {
    {u"OpenVPNService", "OpenVPN's connections at Windows' start"},
    {u"agent_ovpnconnect*", "OpenVPN Connect"},
    {u"WireGuardTunnel$*", "WireGuard"},
    {u"MullvadVPN", "Mullvad VPN"},
    {u"ProtonVPN Service", "Proton VPN"},
    {u"nordvpn-service", "NordVPN"},
    {u"ExpressVPNService", "ExpressVPN"},
    {u"Surfshark Service", "Surfshark"},
    {u"PrivateInternetAccessService", "Private Internet Access"},
    {u"WindscribeService", "Windscribe"},
    {u"Tailscale", "Tailscale"},
    {u"ZeroTierOneService", "ZeroTier"},
    {u"CloudflareWARP", "Cloudflare WARP"},
    {u"vpnagent", "Cisco AnyConnect"},
    {u"csc_vpnagent", "Cisco Secure Client"},
    {u"PanGPS", "GlobalProtect"},
};

static bool is_rival(const struct rival *rival, const char16_t *service)
{
    const char16_t *end = text_find(rival->service, u'*');
    const size_t length = text_length(service);
    const size_t units = end ? (size_t)(end - rival->service) : text_length(rival->service);
    return end ? length > units && text_equal_caseless(service, units, rival->service, units)
               : text_equal_caseless(service, length, rival->service, units);
}

/* Returns whether it is one. */
static bool report_rival(const char16_t *service, struct findings *findings)
{
    for (size_t i = 0; i < ARRAY_COUNT(rivals); i++) {
        if (!is_rival(&rivals[i], service))
            continue;
        struct finding *finding =
            findings_add(findings, VERDICT_WARNING, "rivals.running", "%s runs (service %s)",
                         rivals[i].product, UTF8(service));
        finding_advise(finding,
                       "If a connection does not work, try it without: run as administrator net "
                       "stop \"%s\"",
                       UTF8(service));
        finding_add_detail(finding, "service", "%s", UTF8(service));
        return true;
    }
    return false;
}

static size_t report_rivals(const ENUM_SERVICE_STATUS_PROCESSW *services, DWORD count,
                            struct findings *findings)
{
    size_t found = 0;
    for (DWORD i = 0; i < count; i++)
        found += report_rival(services[i].lpServiceName, findings);
    return found;
}

/* All active services, in as many steps as Windows wants. */
static uint32_t look_for_rivals(SC_HANDLE manager, size_t *found, struct findings *findings)
{
    enum { BUFFER_BYTES = 65536 };
    CLEANUP_FREE ENUM_SERVICE_STATUS_PROCESSW *services = malloc(BUFFER_BYTES);
    DWORD needed = 0, count = 0, resume = 0;
    uint32_t error = 0;
    if (!services)
        return ERROR_NOT_ENOUGH_MEMORY;
    do {
        error =
            EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_ACTIVE,
                                  (BYTE *)services, BUFFER_BYTES, &needed, &count, &resume, NULL)
                ? 0
                : GetLastError();
        if (!error || error == ERROR_MORE_DATA)
            *found += report_rivals(services, count, findings);
    } while (error == ERROR_MORE_DATA && count);
    return error;
}

void check_rivals(const struct doctor *doctor, struct findings *findings)
{
    CLEANUP_SERVICE SC_HANDLE manager =
        OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE);
    size_t found = 0;
    (void)doctor;
    uint32_t error = manager ? look_for_rivals(manager, &found, findings) : GetLastError();
    if (error)
        doctor_unreadable(findings, "rivals.running", "The list of services", error);
    else if (!found)
        findings_add(findings, VERDICT_OK, "rivals.running",
                     "No other VPN service that is known runs");
}

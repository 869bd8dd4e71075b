/* SPDX-License-Identifier: MIT */
/* dnsapi.dll, as the service finds it in its own folder. No DNS client is modelled. */
#include "watch.h"

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, void *reserved);
BOOL WINAPI DnsFlushResolverCache(void);

/* Windows exports it without documentation. Programs that import it, or look it up by name, get the
 * one of the hooks instead (hooks/dns.c); this one is for what escapes these. */
BOOL WINAPI DnsFlushResolverCache(void)
{
    struct watch watch;
    return watch_end_bool(&watch, watch_begin(&watch, CALL_DnsFlushResolverCache));
}

BOOL WINAPI DllMain(HINSTANCE dll, DWORD reason, void *reserved)
{
    (void)reserved;
    if (reason != DLL_PROCESS_ATTACH)
        return TRUE;
    DisableThreadLibraryCalls(dll);
    return watch_open_beside(dll, 0) == 0;
}

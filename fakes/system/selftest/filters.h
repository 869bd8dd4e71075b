/* SPDX-License-Identifier: MIT */
/* filters.h: what the tests of the packet filters share. */
#ifndef FAKES_SELFTEST_FILTERS_H
#define FAKES_SELFTEST_FILTERS_H

#include "selftest.h"

#include <fwpmu.h>

#ifndef FWPM_SESSION_FLAG_DYNAMIC
#define FWPM_SESSION_FLAG_DYNAMIC 0x00000001
#endif
/* FWPM_FILTER_FLAG_PERSISTENT and the like, which MinGW's headers have not. */
enum { PERSISTENT = 1, FOR_BOOT = 2 };

extern const GUID connect_v4, connect_v6, accept_v6, forward_v4;
extern const GUID remote_port, local_port, remote_address, app_id_field, interface_field,
    departure_field, protocol_field, flags_field;
/* Two sublayers of ours, one above and one below the populated one (0x8000), and a provider. */
extern const GUID high, low, ours;
extern wchar_t test_name[];

#define assert_fwp(call, code) assert_int_equal((call), (DWORD)(code))

HANDLE open_engine(UINT32 flags);
DWORD add_provider(HANDLE engine, const GUID *key, UINT32 flags);
DWORD add_sublayer(HANDLE engine, const GUID *key, UINT16 weight);
DWORD add_sublayer_of(HANDLE engine, const GUID *key, const GUID *provider, UINT32 flags);

/* At connect_v4. A negative weight: Windows chooses. */
FWPM_FILTER0 a_filter(const GUID *sublayer, UINT32 action, int weight,
                      FWPM_FILTER_CONDITION0 *conditions, UINT32 count);
FWPM_FILTER_CONDITION0 to_port(UINT16 port);
DWORD add(HANDLE engine, const FWPM_FILTER0 *filter);
/* Port 0: any. */
DWORD add_simple(HANDLE engine, const GUID *sublayer, UINT32 action, int weight, UINT16 port);
DWORD add_lasting(HANDLE engine, const GUID *sublayer, const GUID *provider, UINT32 flags,
                  UINT16 port);

/* The populated machine has one filter of another program, which does not count here. */
int filter_count(void);
void assert_verdict(const char *packet, const char *action, bool by_a_filter);
/* There is none, and the error begins like that. */
void assert_no_verdict(const char *packet, const char *error);

#define DNS_V4 "'interface':5,'remote_address':'9.9.9.9','remote_port':53"
#define WEB_V4 "'interface':5,'remote_address':'9.9.9.9','remote_port':443"

#endif

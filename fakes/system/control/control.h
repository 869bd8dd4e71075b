/* SPDX-License-Identifier: MIT */
/* control.h: everything that a test driver says to the fakes of one folder, as JSON.
 *
 * A request is {"do": <verb>, ...}; the answer is an object, {} where nothing else is said, or
 * {"error": "<why>"}. IP addresses are text; an interface is named by "interface": <index>.
 *
 * {"do":"reset", "registry": {...}}
 *     The machine as in the beginning: populated, without faults (blocked calls go on), personas,
 *     local group members, counters. record.jsonl stays. In "registry", all of it optional:
 *     "system_search_list" ("corp.example,example.net") and "policy_search_list" (""), "" for none;
 *     "policy_rules" and "system_rules": true when somebody else's name resolution rule lies in the
 *     DnsPolicyConfig of the group policy or in the local one; "stale_rules": process ids whose
 *     OpenVPNDNSRouting rules a service has left behind; "stale_system_list", "stale_policy_list":
 *     true when it left its "stale.example" in that search list and InitialSearchList beside it.
 * {"do":"reboot", "without_bfe": true}
 *     The machine is started again, and its kernel has forgotten: addresses and routes are those of
 * the beginning, packet filters that aren't persistent are gone, and so are firewall sessions and
 * volatile registry keys (places.h), which a reset leaves. What Windows keeps on its disk stays:
 * the rest of the registry, persistent filters, interfaces with their metrics and MTUs. Faults,
 * personas and counters stay, too. Programs of the machine have been ended before: nothing does it
 * here. "without_bfe" leaves it in the phase "boot": TCP/IP runs, and only filters for the boot
 * count, until "start_bfe".
 * {"do":"dump"}
 *     {"interfaces":[...], "addresses":[...], "routes":[...], "filters":[...]}: every field but
 * those that change by themselves (age, time of creation), sorted: equal machines give equal dumps.
 * Rows have the names that "edit" takes.
 * {"do":"fault", "call":"CreateIpForwardEntry2", "nth":1, "times":1, "action":"fail", "code":5}
 *     From the nth call from now on, `times` calls (0: all; default 1; nth: default 1) "fail" with
 *     `code`, "block" before or "block_after" their effect until clear_faults, or end their process
 *     before ("die") or after ("die_after") it, with exit code FAULT_EXIT_CODE. `call` is a name of
 *     calls.h.
 * {"do":"clear_faults"}
 * {"do":"counters", "groups":["network", ...]}
 *     {"counters": {"CreateIpForwardEntry2": 3, ...}}: calls since reset, not zero, of these groups
 *     (see "recording"; missing: of all)
 * {"do":"deaths"}     {"deaths": [{"call":..., "pid":..., "after":true}]}: processes that faults
 * have ended since reset, the first 64; "after" the call's effect or before it
 * {"do":"waiting"}    {"waiting": [{"call":..., "pid":..., "tid":...}]}: who is blocked now
 * {"do":"personas", "personas":[{"pid":0, "sid":"S-1-5-21-...", "name":"alice", "domain":"TESTBOX",
 *     "level":"impersonation", "groups":[{"sid":"S-1-5-32-545", "attributes":7}]}]}
 *     Replaces the table. pid 0: every client not listed. Level "identification" or "anonymous":
 *     what the client allows its server. "logon", "session": numbers that only the token which it
 *     shows to its server has; "is_younger": 1 when its process was made after its connection.
 * {"do":"local_groups", "local_groups":[{"name":"OpenVPN Administrators", "domain":"TESTBOX",
 *     "sid":"S-1-5-21-...", "members":["S-1-5-21-..."]}]}
 *     Replaces the table.
 * {"do":"services", "services":[{"name":"BFE", "state":1, "start":2, "exit_code":0, "pid":0,
 *     "binary":"C:\\...", "account":"LocalSystem", "error":0}]}
 *     Replaces the table: what programs are told of these services, whatever they really are; all
 * but the name may be missing, for one that runs. With an "error" it can't be opened: 1060, it is
 * not installed. Programs that list the services that run see those of the table, and no others.
 * {"do":"edit", "kind":"route"|"address"|"interface", "action":"add"|"set"|"delete", "row":{...}}
 *     As another program or the user would. "set" changes the fields that are given. An interface
 *     that is added has a LUID of its index, and a GUID of its index and "nth" (0).
 *     {"error_code": <Win32 code>} besides "error" when the model refuses.
 * {"do":"registry"}
 *     {"registry": {"HKLM\\...": {"NameServer": {"type":"REG_SZ", "data":"10.8.0.1"}}}}: every key
 *     of places.h, by its path. REG_MULTI_SZ is a list, REG_DWORD a number; what isn't well-formed
 *     (a string without its terminator) or of another type has "raw":"<hex>" in place of "data".
 * {"do":"edit_registry", "action":"set"|"delete"|"create_key"|"delete_key", "key":"HKLM\\...",
 *     "value":"NameServer", "type":"REG_SZ", "data":... or "raw":"<hex>"}
 *     As another program or the user would; in the forms of "registry". "delete_key" with all
 * below.
 * {"do":"recording", "groups":["network", "pipes", ...]}
 *     What is recorded from now on: network, query, pipes, identity, files, process, service,
 *     registry, dns, programs, firewall, writes; after a reset all but the last.
 * {"do":"firewall"}
 *     {"phase":"running"|"boot"|"stopped", "filters":[...], "providers":[...], "sublayers":[...],
 *     "sessions":[...]}: all of the packet filters that stands.
 * {"do":"stop_bfe"}, {"do":"start_bfe"}, {"do":"restart_bfe"}
 *     The service of the filtering platform. With its end, static and dynamic objects end, and open
 * transactions and sessions; handles fail from then on. Until its start no session can be opened.
 * At its start, persistent objects of a provider that names a service are disabled unless that
 * service starts automatically, by its key in the registry.
 * {"do":"abort_transaction"} aborts the open transaction, if there is one, as BFE does after an
 *     hour: the next call in it fails.
 * {"do":"edit_firewall", "action":...}
 *     As another program does, whose name is Fabrikam:
 *     "delete_filter", "id":17
 *     "delete_sublayer" or "delete_provider", "key":"{...}": refused while others refer to it
 *     "add_sublayer", "weight":65535, "name":"Fabrikam": refused when the weight is taken
 *     "add_filter", "sublayer":"Fabrikam", "layer":"ALE_AUTH_CONNECT_V4", "filter_action":"block"
 * or "permit", "hard":true: for all packets, as the heaviest of its sublayer; with "key":"{...}",
 * "provider":"{...}" and "persistent":true if it is to be somebody else's
 *     "hold": a transaction stays open, in a session of the test's process, until "release"
 * {"do":"verdict", "direction":"out", "interface":5, "remote_address":"9.9.9.9", "remote_port":53,
 *     "protocol":17, "program":"C:\\Windows\\System32\\svchost.exe", "loopback":false}
 *     {"action":"permit"|"block", "filter":{...}|null}: what Windows would do with the packet, and
 *     which filter decides (arbitration.h); null: none does. Only interface and remote_address are
 *     needed. Direction "in" is what arrives; "loopback" follows from the interface's type and from
 *     the addresses of the machine. Further: "local_address", "local_port". ICMP has no ports but
 *     "icmp_type" and "icmp_code"; the protocol follows from them.
 *     Direction "forward": from "local_address" to "remote_address", arrived at "interface",
 *     leaving through "departure"; "inbound_pass_thru", "outbound_pass_thru" for what this machine
 *     receives or sends across two of its interfaces. No program.
 *     "error" when two filters of the same weight disagree, because either may decide; and while
 *     BFE is stopped, because what counts then is not documented.
 * {"do":"flow", "name":"download", ...} as "verdict", for the first packet of a connection;
 * {"do":"flow", "name":"download"} for its next one, in either direction (flows.h), with
 *     "judged_again": whether filters were asked.
 * {"do":"settings", "service_is_system": true, "next_process": 1234, "product_key_error": 0,
 *  "policy_key_error": 0}
 *     Whether the service's own token looks like LocalSystem's (default) or as it really is; the id
 *     that CreateProcessAsUserW reports for the next process, as if Windows had given it one that
 *     was in use before; and the errors with which the registry keys of the product
 *     (HKLM\SOFTWARE\OpenVPN...) and of its group policy (HKLM\SOFTWARE\Policies\Gatehouse...) are
 *     opened. */
#ifndef FAKES_CONTROL_CONTROL_H
#define FAKES_CONTROL_CONTROL_H

#include <cJSON.h>
#include <wchar.h>

/* NULL only when there is no memory; free it with cJSON_Delete(). `folder` has no trailing
 * backslash. */
cJSON *fake_control(const wchar_t *folder, const cJSON *request);

#endif

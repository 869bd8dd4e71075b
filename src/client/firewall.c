/* SPDX-License-Identifier: MIT */
/* What a reply says of the kill switch. */
#include "client/gatehouse.h"

#include "base/text.h"
#include "client/values.h"

void gatehouse_firewall_read(const struct gatehouse_reply *reply, size_t record,
                             struct gatehouse_firewall *firewall)
{
    const wchar_t *state = value_text(reply, record, L"firewall");
    *firewall = (struct gatehouse_firewall){
        .state = state,
        .code = value_count(reply, record, L"firewall_error"),
        .is_up = *state && !text_equal(state, L"off") && !text_equal(state, L"unknown"),
        .is_damaged = value_number(reply, record, L"firewall_damaged") != 0,
        .is_callers = value_number(reply, record, L"firewall_yours") != 0,
        .allows_lan = value_number(reply, record, L"firewall_lan") != 0,
        .owner = value_text(reply, record, L"firewall_owner"),
        .since = value_number(reply, record, L"firewall_since"),
        .gateways = value_text(reply, record, L"firewall_gateways"),
        .tunnels = value_count(reply, record, L"firewall_tunnels"),
        .above = value_text(reply, record, L"firewall_above"),
        .way_out = value_text(reply, record, L"firewall_way_out"),
    };
}

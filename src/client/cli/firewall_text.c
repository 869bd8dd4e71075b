/* SPDX-License-Identifier: MIT */
#include "client/cli/firewall_text.h"

#include "base/array.h"
#include "base/text.h"
#include "base/win32/system_text.h"
#include "client/cli/console.h"
#include "client/cli/local_time.h"

#include <stdio.h>

/* What may be sent beside what is always open. A state that this program does not know blocks at
 * least as much as the service says. */
static const struct {
    const char16_t *state;
    const char *what;
} states[] = {
    {u"lockdown", "nothing may be sent"},
    {u"connecting", "only openvpn.exe may send, to its gateways"},
    {u"connected", "traffic may go through the tunnel only"},
};

static const char *what_may_be_sent(const struct gatehouse_firewall *firewall)
{
    for (size_t i = 0; i < ARRAY_COUNT(states); i++)
        if (text_equal(firewall->state, states[i].state))
            return states[i].what;
    return "";
}

static void describe_trouble(const struct gatehouse_firewall *firewall,
                             char text[FIREWALL_TEXT_SIZE])
{
    char16_t units[SYSTEM_TEXT_UNITS + 16];
    struct text reason = TEXT_ON(units);
    system_text_append(&reason, firewall->code);
    snprintf(text, FIREWALL_TEXT_SIZE, "Whether the kill switch is up is not known: %s",
             UTF8(units));
}

static void describe_up(const struct gatehouse_firewall *firewall, char text[FIREWALL_TEXT_SIZE])
{
    const char16_t *owner = *firewall->owner ? firewall->owner : u"somebody who is not known";
    const int length = snprintf(
        text, FIREWALL_TEXT_SIZE,
        "The kill switch is up (%s%s), started by %s, %s: %s. The local network is %s%s",
        UTF8(firewall->state), firewall->is_damaged ? ", damaged" : "", UTF8(owner),
        LOCAL_TIME(firewall->since), what_may_be_sent(firewall),
        firewall->allows_lan ? "open" : "closed", *firewall->gateways ? "; gateways: " : "");
    text_to_line(firewall->gateways, text + length, FIREWALL_TEXT_SIZE - (size_t)length);
}

char *firewall_describe(const struct gatehouse_firewall *firewall, char text[FIREWALL_TEXT_SIZE])
{
    if (firewall->is_up)
        describe_up(firewall, text);
    else if (firewall->code)
        describe_trouble(firewall, text);
    else
        snprintf(text, FIREWALL_TEXT_SIZE, "The kill switch is down: nothing is blocked");
    return text;
}

void firewall_print(const struct gatehouse_firewall *firewall)
{
    char text[FIREWALL_TEXT_SIZE];
    console_print(CONSOLE_OUTPUT, "%s.\n", firewall_describe(firewall, text));
    if (firewall->is_damaged)
        console_print(CONSOLE_OUTPUT, "Parts of it are missing: the service puts them back.\n");
    if (firewall->is_up)
        console_print(CONSOLE_OUTPUT, "The way out: %s.\n",
                      text_to_line(firewall->way_out, text, sizeof(text)));
}

void firewall_to_json(struct json *json, const struct gatehouse_firewall *firewall)
{
    json_text(json, "state", firewall->state);
    if (firewall->code)
        json_number(json, "error", firewall->code);
    if (!firewall->is_up)
        return;
    json_boolean(json, "damaged", firewall->is_damaged);
    json_text(json, "owner", firewall->owner);
    json_number(json, "since", firewall->since);
    json_boolean(json, "lan", firewall->allows_lan);
    json_text(json, "gateways", firewall->gateways);
    json_number(json, "tunnels", firewall->tunnels);
    json_text(json, "above", firewall->above);
    json_boolean(json, "yours", firewall->is_callers);
    json_text(json, "way_out", firewall->way_out);
}

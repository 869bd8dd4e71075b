/* SPDX-License-Identifier: MIT */
#include "client/cli/firewall/ask.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "client/cli/sessions.h"

uint32_t firewall_ask(const char16_t *instance, const char16_t *const words[], size_t count,
                      struct gatehouse_reply **reply, struct gatehouse_error *error)
{
    const char16_t *request[1 + FIREWALL_WORDS_MAX] = {u"firewall"};
    for (size_t i = 0; i < count && i < FIREWALL_WORDS_MAX; i++)
        request[i + 1] = words[i];
    CLEANUP(sessions_close)
    struct gatehouse_control *control =
        gatehouse_control_open(instance, SESSIONS_OPEN_LIMIT, error);
    if (!control)
        return error->code;
    return gatehouse_ask(control, request, count + 1, SESSIONS_ANSWER_LIMIT, reply, error);
}

void firewall_free(struct gatehouse_reply **reply)
{
    gatehouse_reply_free(*reply);
}

void firewall_gateways(const struct gatehouse_firewall *firewall, struct gateways *gateways)
{
    const char16_t *word = firewall->gateways, *reason;
    struct gateway gateway;
    gateways->count = 0;
    while (*word) {
        const char16_t *space = text_find(word, u' ');
        const size_t length = space ? (size_t)(space - word) : text_length(word);
        if (gateway_parse(word, length, &gateway, &reason) == 0)
            gateways_add(gateways, &gateway);
        word += length + (space ? 1 : 0);
    }
}

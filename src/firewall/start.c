/* SPDX-License-Identifier: MIT */
#include "firewall/start.h"

#include "base/errors.h"

/* RESTART is Bitmask's, and asks for nothing that a start does not do. */
enum { RESTART = 1, ALLOW_LAN = 2, REMOTE_OK = 4, LOCKDOWN = 8 };

static const struct {
    const char16_t *word;
    unsigned bit;
} keywords[] = {
    {u"restart", RESTART},
    {u"allow-lan", ALLOW_LAN},
    {u"remote-ok", REMOTE_OK},
    {u"lockdown", LOCKDOWN},
};

static unsigned start_keyword(const char16_t *word)
{
    for (size_t i = 0; i < ARRAY_COUNT(keywords); i++)
        if (text_equal(word, keywords[i].word))
            return keywords[i].bit;
    return 0;
}

static uint32_t start_add_gateway(struct firewall_start *start, const char16_t *word,
                                  const char16_t **reason)
{
    struct gateway gateway;
    uint32_t error = gateway_parse(word, text_length(word), &gateway, reason);
    if (error)
        return error;
    error = gateways_add(&start->gateways, &gateway);
    if (error)
        *reason = u"There may be 64 gateways at most";
    return error;
}

uint32_t firewall_start_read(const char16_t *const words[], size_t count,
                             struct firewall_start *start, const char16_t **reason, size_t *wrong)
{
    unsigned found = 0;
    *start = (struct firewall_start){0};
    *reason = NULL;
    for (*wrong = 0; *wrong < count; ++*wrong) {
        const unsigned keyword = start_keyword(words[*wrong]);
        const uint32_t error = keyword ? 0 : start_add_gateway(start, words[*wrong], reason);
        if (error)
            return error;
        found |= keyword;
    }
    start->allow_lan = found & ALLOW_LAN;
    start->remote_ok = found & REMOTE_OK;
    const bool is_lockdown = found & LOCKDOWN, has_gateways = start->gateways.count > 0;
    if (is_lockdown != has_gateways)
        return 0;
    *reason = is_lockdown ? u"A lockdown has no gateways"
                          : u"Which gateways may be reached? \"lockdown\" if none";
    return ERROR_INVALID_PARAMETER;
}

/* SPDX-License-Identifier: MIT */
#include "policy/options.h"

#include "base/text.h"

/* The white list of the reference, 2.4.7 and later. `--setenv opt X` is refused because openvpn.exe
 * takes X for an option then, whatever X is (CVE-2026-63649). */
static const struct option_rule rules[] = {
    {.name = u"auth-retry"},
    {.name = u"config", .takes_config_file = true},
    {.name = u"log"},
    {.name = u"log-append"},
    {.name = u"management"},
    {.name = u"management-forget-disconnect"},
    {.name = u"management-hold"},
    {.name = u"management-query-passwords"},
    {.name = u"management-query-proxy"},
    {.name = u"management-signal"},
    {.name = u"management-up-down"},
    {.name = u"mute"},
    {.name = u"setenv", .refused_value = u"opt"},
    {.name = u"service"},
    {.name = u"verb"},
    {.name = u"pull-filter"},
    {.name = u"script-security"},
    /* Ours: openvpn.exe asks its management client where to connect, so that a client can name
     * addresses while the kill switch keeps names from being resolved. */
    {.name = u"management-query-remote", .queries_remote = true},
};

bool option_is(const char16_t *token)
{
    return text_starts_with(token, u"--");
}

const struct option_rule *option_find(const char16_t *token)
{
    for (size_t i = 0; i < ARRAY_COUNT(rules) && option_is(token); i++)
        if (text_equal(token + 2, rules[i].name))
            return &rules[i];
    return NULL;
}

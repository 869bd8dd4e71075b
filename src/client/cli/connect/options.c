/* SPDX-License-Identifier: MIT */
#include "client/cli/connect/options.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "policy/tokens.h"
#include "product.h"

/* The options are those of OpenVPN-GUI and --management-query-remote, which the service accepts
 * from every caller (docs/protocol.md, "Option check"). A pushed route-method is ignored because
 * openvpn must add routes through the service. */
char16_t *options_join(const struct options *options)
{
    char16_t port_units[8];
    struct text port = TEXT_ON(port_units);
    text_append_format(&port, "%u", (unsigned)options->management_port);

    const char16_t *const ours[] = {
        options->log,
        u"--config",
        options->config,
        u"--setenv",
        u"IV_GUI_VER",
        u"Gatehouse " PRODUCT_VERSION,
        u"--service",
        options->exit_event,
        u"0",
        u"--auth-retry",
        u"interact",
        u"--management",
        u"127.0.0.1",
        port_units,
        u"stdin",
        u"--management-query-passwords",
        u"--management-hold",
        u"--pull-filter",
        u"ignore",
        u"route-method",
    };
    CLEANUP(tokens_free) struct tokens tokens = {NULL, 0};
    for (size_t i = 0; i < ARRAY_COUNT(ours); i++)
        if (tokens_insert(&tokens, tokens.count, ours[i]) != 0)
            return NULL;
    if (options->query_remote &&
        tokens_insert(&tokens, tokens.count, u"--management-query-remote") != 0)
        return NULL;
    for (size_t i = 0; i < options->more_count; i++)
        if (tokens_insert(&tokens, tokens.count, options->more[i]) != 0)
            return NULL;
    /* The first option takes the place of a program's name. */
    return tokens_join(options->log_append ? u"--log-append" : u"--log", &tokens);
}

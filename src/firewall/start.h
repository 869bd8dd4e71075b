/* SPDX-License-Identifier: MIT */
/* start.h: the words of `firewall start`.
 *
 *     words = [ "restart" ] [ "allow-lan" ] [ "remote-ok" ] ( "lockdown" / 1*gateway )
 *
 * gateway as in gateway.h; the order of the words does not matter. No word can be a keyword and a
 * gateway, since names are none. */
#ifndef FIREWALL_START_H
#define FIREWALL_START_H

#include "firewall/gateway.h"

struct firewall_start {
    bool allow_lan;
    bool remote_ok;           /* the caller knows that it may cut off its own remote session */
    struct gateways gateways; /* none: lockdown */
};

/* Returns 0, or a code, in `reason` a sentence for a person without a full stop, and in `wrong` the
 * number of the word that it is about, `count` if it is about all of them:
 *
 *     as gateway_parse()       for a word that is no keyword and no gateway
 *     ERROR_NOT_ENOUGH_QUOTA   more than GATEWAYS_MAX gateways; the same one counts once
 *     ERROR_INVALID_PARAMETER  neither "lockdown" nor a gateway, or both */
uint32_t firewall_start_read(const char16_t *const words[], size_t count,
                             struct firewall_start *start, const char16_t **reason, size_t *wrong);

#endif

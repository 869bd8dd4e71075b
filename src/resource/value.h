/* SPDX-License-Identifier: MIT */
/* value.h: a kind of resource: one value of the registry that an interface has to itself. Facts:
 * docs/protocol.md, "DNS". */
#ifndef RESOURCE_VALUE_H
#define RESOURCE_VALUE_H

#include "undo/ledger.h"

#include <uchar.h>

extern const struct kind value_kind;

/* Only these are ever set. */
#define VALUE_NAME_SERVER u"NameServer" /* of each family, as dns/name_servers.h makes it */
#define VALUE_DOMAIN      u"Domain"     /* of IPv4: the connection's suffix, for both families */

/* Whether this key of the kind is that of a name server list. */
bool value_is_name_server(struct bytes key);

/* Enters a claim of the session, or replaces it: the value `name` of the interface in the family is
 * to be `text`. As ledger_set(). */
uint32_t value_set(struct ledger *ledger, struct ledger_session *session, const char16_t *guid,
                   uint16_t family, const char16_t *name, const char16_t *text);

/* As ledger_release(), but it is success if the session has no claim. */
uint32_t value_release(struct ledger *ledger, struct ledger_session *session, const char16_t *guid,
                       uint16_t family, const char16_t *name);

#endif

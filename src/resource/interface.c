/* SPDX-License-Identifier: MIT */
#include "resource/interface.h"

#include "base/bytes.h"
#include "base/errors.h"
#include "resource/tcpip_registry.h"
#include "system/network.h"

#include <stdio.h>
#include <string.h>

/* The value of an upper-case hexadecimal digit; 16: it is none. */
static unsigned guid_digit(char16_t unit)
{
    if (unit >= '0' && unit <= '9')
        return unit - (unsigned)'0';
    return unit >= 'A' && unit <= 'F' ? unit - (unsigned)'A' + 10 : 16;
}

uint32_t interface_identify(void *context, struct bytes key, unsigned char at[KIND_IDENTITY_SIZE],
                            size_t *size)
{
    struct network *network = context;
    char16_t guid[GUID_UNITS];
    uint32_t error = network->get_guid(network, load_u64(key.at), guid);
    if (error)
        return error;
    size_t digits = 0;
    memset(at, 0, KIND_IDENTITY_SIZE);
    for (const char16_t *unit = guid; *unit && digits < 2 * KIND_IDENTITY_SIZE; unit++) {
        unsigned value = guid_digit(*unit);
        if (value < 16) {
            at[digits / 2] = (unsigned char)(at[digits / 2] * 16u + value);
            digits++;
        }
    }
    *size = KIND_IDENTITY_SIZE;
    return 0;
}

static bool interface_has_ip(struct network *network, uint64_t luid)
{
    struct interface_metric ignored;
    return !network->get_metric(network, luid, FAMILY_IPV4, &ignored) ||
           !network->get_metric(network, luid, FAMILY_IPV6, &ignored);
}

bool interface_is_away(void *context, struct bytes key, struct bytes identity)
{
    struct network *network = context;
    const unsigned char *at = identity.at;
    char16_t path[PATH_UNITS];
    struct text text = TEXT_ON(path);
    uint32_t keys, values;
    if (identity.size != KIND_IDENTITY_SIZE || interface_has_ip(network, load_u64(key.at)))
        return false;
    text_append(&text, CONNECTIONS_KEY u"\\{");
    for (size_t i = 0; i < KIND_IDENTITY_SIZE; i++)
        text_append_format(&text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02X" : "%02X", at[i]);
    text_append(&text, u"}\\" CONNECTION);
    uint32_t error = network->registry->count(network->registry, path, &keys, &values);
    return error != ERROR_FILE_NOT_FOUND && error != ERROR_PATH_NOT_FOUND;
}

uint32_t absent_if_gone(uint32_t error, struct state *state)
{
    if (error != ERROR_NOT_FOUND && error != ERROR_FILE_NOT_FOUND)
        return error;
    state_drop(state);
    return 0;
}

static const struct field interface_family_fields[] = {
    FIELD(struct interface_family, luid, 8),
    FIELD_OF_FAMILY(struct interface_family, family),
};
const struct field_table interface_family_table = FIELD_TABLE(interface_family_fields);

struct interface_family interface_family_load(struct bytes key)
{
    struct interface_family parts = {0};
    fields_load(&interface_family_table, key, &parts);
    return parts;
}

void interface_family_describe(const char *what, struct bytes key, char *text, size_t size)
{
    const struct interface_family parts = interface_family_load(key);
    snprintf(text, size, "%s of IPv%c on interface %016llx", what,
             parts.family == FAMILY_IPV4 ? '4' : '6', (unsigned long long)parts.luid);
}

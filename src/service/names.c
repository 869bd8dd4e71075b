/* SPDX-License-Identifier: MIT */
#include "service/names.h"

#include "base/text.h"
#include "product.h"

#include <windows.h>
#include <rpc.h>

bool instance_is_valid(const char16_t *instance)
{
    if (text_length(instance) >= INSTANCE_UNITS || *instance == '-')
        return false;
    for (const char16_t *unit = instance; *unit; unit++)
        if (*unit < ' ' || text_find(u"\\/:*?\"<>|", *unit))
            return false;
    return true;
}

static struct text join_name(char16_t name[NAME_UNITS], const char16_t *first,
                             const char16_t *second, const char16_t *third)
{
    struct text text = text_on(name, NAME_UNITS);
    text_append(&text, first);
    text_append(&text, second);
    text_append(&text, third);
    return text;
}

void name_of_service(const char16_t *instance, char16_t name[NAME_UNITS])
{
    join_name(name, PRODUCT_SERVICE_NAME, instance, u"");
}

void name_to_display(const char16_t *instance, char16_t name[NAME_UNITS])
{
    struct text text = join_name(name, PRODUCT_DISPLAY_NAME, u"", u"");
    if (!*instance)
        return;
    text_append(&text, u" (");
    text_append(&text, instance);
    text_append(&text, u")");
}

void name_of_key(const char16_t *instance, char16_t name[NAME_UNITS])
{
    join_name(name, PRODUCT_REGISTRY_KEY, instance, u"");
}

void name_of_policy_key(const char16_t *instance, char16_t name[NAME_UNITS])
{
    join_name(name, PRODUCT_POLICY_KEY, instance, u"");
}

void name_of_client_pipe(const char16_t *instance, char16_t name[NAME_UNITS])
{
    join_name(name, u"\\\\.\\pipe\\" PRODUCT_PIPE_FAMILY, instance, u"\\service");
}

void name_of_control_pipe(const char16_t *instance, char16_t name[NAME_UNITS])
{
    join_name(name, u"\\\\.\\pipe\\" PRODUCT_PIPE_FAMILY, instance, u"\\control");
}

unsigned long name_of_session_pipe(const char16_t *instance, char16_t name[NAME_UNITS])
{
    UUID uuid;
    RPC_STATUS status = UuidCreate(&uuid);
    /* Random, but without a network card's address in it: good enough for a name. */
    if (status != RPC_S_OK && status != RPC_S_UUID_LOCAL_ONLY)
        return (unsigned long)status;
    struct text text =
        join_name(name, u"\\\\.\\pipe\\" PRODUCT_PIPE_FAMILY, instance, u"\\service_");
    text_append_format(&text, "%lu_%08lx-%04x-%04x-%02x%02x-", GetCurrentThreadId(), uuid.Data1,
                       uuid.Data2, uuid.Data3, uuid.Data4[0], uuid.Data4[1]);
    for (size_t i = 2; i < sizeof(uuid.Data4); i++)
        text_append_format(&text, "%02x", uuid.Data4[i]);
    return 0;
}

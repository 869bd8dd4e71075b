/* SPDX-License-Identifier: MIT */
#include "client/cli/update/address.h"

#include "base/text.h"

static const struct scheme {
    const char16_t *begin;
    bool is_secure;
    uint16_t port;
} schemes[] = {{u"https://", true, 443}, {u"http://", false, 80}};

static const char16_t *const own_hosts[] = {u"localhost", u"127.0.0.1", u"[::1]"};

static bool address_is_letter_or_digit(char16_t unit)
{
    return (unit >= u'a' && unit <= u'z') || (unit >= u'A' && unit <= u'Z') ||
           (unit >= u'0' && unit <= u'9');
}

static bool address_has_only(const char16_t *text, size_t length, const char16_t *others)
{
    for (size_t i = 0; i < length; i++)
        if (!address_is_letter_or_digit(text[i]) && !text_find(others, text[i]))
            return false;
    return true;
}

static const struct scheme *address_find_scheme(const char16_t *text)
{
    for (size_t i = 0; i < ARRAY_COUNT(schemes); i++) {
        const size_t length = text_length(schemes[i].begin);
        if (text_length(text) >= length &&
            text_equal_caseless(text, length, schemes[i].begin, length))
            return &schemes[i];
    }
    return NULL;
}

/* The number of units before the first of `ends`, or before the end. */
static size_t address_length_before(const char16_t *text, const char16_t *ends)
{
    size_t length = 0;
    while (text[length] && !text_find(ends, text[length]))
        length++;
    return length;
}

/* Reads the host, and moves *text behind it. */
static bool address_read_host(const char16_t **text, struct address *address)
{
    struct text host = TEXT_ON(address->host);
    const bool is_ipv6 = **text == u'[';
    size_t length = address_length_before(*text, is_ipv6 ? u"]/" : u":/");
    const bool is_whole = is_ipv6 ? length > 1 && (*text)[length] == u']' &&
                                        address_has_only(*text + 1, length - 1, u":.")
                                  : length && address_has_only(*text, length, u".-");
    if (!is_whole)
        return false;
    length += is_ipv6;
    text_append_units(&host, *text, length);
    *text += length;
    return !host.truncated;
}

/* Reads ":port" if there is one, and moves *text behind it. */
static bool address_read_port(const char16_t **text, struct address *address)
{
    uint32_t port = 0;
    const char16_t *digit = *text;
    if (*digit++ != u':')
        return true;
    for (; *digit >= u'0' && *digit <= u'9' && port <= UINT16_MAX; digit++)
        port = port * 10 + (uint32_t)(*digit - u'0');
    *text = digit;
    address->port = (uint16_t)port;
    return port && port <= UINT16_MAX;
}

static bool address_read_folder(const char16_t *text, struct address *address)
{
    struct text path = TEXT_ON(address->path);
    const size_t length = text_length(text);
    if ((*text && *text != u'/') || !address_has_only(text, length, u"/%._~-"))
        return false;
    text_append(&path, text);
    if (!length || text[length - 1] != u'/')
        text_append_unit(&path, u'/');
    return !path.truncated;
}

static bool address_is_own_host(const struct address *address)
{
    for (size_t i = 0; i < ARRAY_COUNT(own_hosts); i++)
        if (text_equal_caseless(address->host, text_length(address->host), own_hosts[i],
                                text_length(own_hosts[i])))
            return true;
    return false;
}

const char16_t *address_read(const char16_t *text, struct address *address)
{
    const struct scheme *scheme = address_find_scheme(text);
    *address = (struct address){0};
    if (!scheme)
        return u"does not begin with https://";
    address->is_secure = scheme->is_secure;
    address->port = scheme->port;
    text += text_length(scheme->begin);
    if (!address_read_host(&text, address))
        return u"has no host that can be used";
    if (!address_read_port(&text, address))
        return u"has no port from 1 to 65535 behind its colon";
    if (!address_read_folder(text, address))
        return u"has something else than a folder behind its host";
    if (!address->is_secure && !address_is_own_host(address))
        return u"begins with http://, which is for this computer alone: use https://";
    return NULL;
}

bool address_of_file(const struct address *address, const char16_t *name,
                     char16_t path[ADDRESS_PATH_UNITS])
{
    struct text text = text_on(path, ADDRESS_PATH_UNITS);
    if (!*name || *name == u'.' || !address_has_only(name, text_length(name), u"._-"))
        return false;
    text_append(&text, address->path);
    text_append(&text, name);
    return !text.truncated;
}

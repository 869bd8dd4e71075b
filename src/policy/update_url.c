/* SPDX-License-Identifier: MIT */
#include "policy/update_url.h"

static bool is_url_unit(char16_t unit)
{
    return (unit >= 'a' && unit <= 'z') || (unit >= 'A' && unit <= 'Z') ||
           (unit >= '0' && unit <= '9') || (unit && text_find(u"-._~/:[]", unit));
}

/* Of the text after "//", the part before a port or folder. */
static size_t host_length(const char16_t *host)
{
    size_t length = 0;
    if (*host == '[')
        while (host[length] && host[length] != ']')
            length++;
    while (host[length] && host[length] != ':' && host[length] != '/')
        length++;
    return length;
}

static bool is_this_computer(const char16_t *host, size_t length)
{
    static const char16_t *const names[] = {u"127.0.0.1", u"[::1]", u"localhost"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++)
        if (text_equal_caseless(host, length, names[i], text_length(names[i])))
            return true;
    return false;
}

/* From a colon on: digits up to the folders. */
static bool is_port(const char16_t *port)
{
    size_t digits = 0;
    if (*port != ':')
        return !*port || *port == '/';
    while (port[1 + digits] >= '0' && port[1 + digits] <= '9')
        digits++;
    return digits && digits <= 5 && (!port[1 + digits] || port[1 + digits] == '/');
}

bool update_url_is_valid(const char16_t *url)
{
    static const char16_t safe[] = u"https://", plain[] = u"http://";
    const bool is_safe = text_starts_with(url, safe);
    if (!is_safe && !text_starts_with(url, plain))
        return false;
    for (const char16_t *unit = url; *unit; unit++)
        if (!is_url_unit(*unit))
            return false;
    const char16_t *host = url + (is_safe ? ARRAY_COUNT(safe) : ARRAY_COUNT(plain)) - 1;
    const size_t length = host_length(host);
    return length && is_port(host + length) && (is_safe || is_this_computer(host, length));
}

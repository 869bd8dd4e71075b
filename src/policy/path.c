/* SPDX-License-Identifier: MIT */
#include "policy/path.h"

#include "base/errors.h"
#include "base/text.h"

enum { ROOT_UNITS = 3 }; /* "C:\" */

static bool path_is_separator(char16_t unit)
{
    return unit == u'\\' || unit == u'/';
}

static char16_t path_upper(char16_t unit)
{
    return unit >= u'a' && unit <= u'z' ? (char16_t)(unit - u'a' + u'A') : unit;
}

bool path_is_absolute(const char16_t *path)
{
    char16_t drive = path_upper(path[0]);
    return drive >= u'A' && drive <= u'Z' && path[1] == u':' && path_is_separator(path[2]);
}

const char16_t *path_without_prefix(const char16_t *path)
{
    static const char16_t prefix[] = u"\\\\?\\";
    const char16_t *rest = path + ARRAY_COUNT(prefix) - 1;
    if (!text_starts_with(path, prefix) || !path_is_absolute(rest) || rest[2] != u'\\')
        return path;
    return rest;
}

/* '<', '>' and '"' are wildcards of the file systems; ':' starts a stream. */
static bool path_is_forbidden(char16_t unit)
{
    return unit < u' ' || text_find(u"<>:\"|?*", unit);
}

/* True if `name` is `device`, in which '#' stands for a digit. Windows also takes the superscripts
 * one to three for digits here. */
static bool path_matches_device(const char16_t *name, size_t length, const char16_t *device)
{
    for (size_t i = 0; i < length; i++) {
        bool digit =
            (name[i] >= u'0' && name[i] <= u'9') || text_find(u"\u00B9\u00B2\u00B3", name[i]);
        if (device[i] == u'#' ? !digit : path_upper(name[i]) != device[i])
            return false; /* at the end of `device` too: no name contains a zero */
    }
    return device[length] == 0;
}

/* Windows compares the part before the first dot, without blanks at its end. */
static bool path_is_device(const char16_t *name, size_t length)
{
    static const char16_t *const devices[] = {u"CON",  u"PRN",    u"AUX",     u"NUL",   u"COM#",
                                              u"LPT#", u"CONIN$", u"CONOUT$", u"CLOCK$"};
    size_t stem = 0;
    while (stem < length && name[stem] != u'.')
        stem++;
    while (stem && name[stem - 1] == u' ')
        stem--;
    for (size_t i = 0; i < ARRAY_COUNT(devices); i++)
        if (path_matches_device(name, stem, devices[i]))
            return true;
    return false;
}

static bool path_is_component(const char16_t *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (path_is_forbidden(name[i]))
            return false;
    char16_t last = name[length - 1];
    return last != u'.' && last != u' ' && !path_is_device(name, length);
}

/* Appends one component to a path, which is a root or does not end with a backslash. */
static uint32_t path_add_component(struct text *path, const char16_t *name, size_t length)
{
    if (length == 0 || (length == 1 && name[0] == u'.'))
        return 0;
    if (length == 2 && name[0] == u'.' && name[1] == u'.') {
        if (path->length == ROOT_UNITS)
            return ERROR_BAD_PATHNAME;
        while (path->units[path->length - 1] != u'\\')
            path->length--;
        if (path->length > ROOT_UNITS)
            path->length--;
        path->units[path->length] = 0;
        return 0;
    }
    if (!path_is_component(name, length))
        return ERROR_BAD_PATHNAME;
    if (path->length > ROOT_UNITS)
        text_append_unit(path, u'\\');
    text_append_units(path, name, length);
    return path->truncated ? ERROR_FILENAME_EXCED_RANGE : 0;
}

static uint32_t path_add_components(struct text *path, const char16_t *names)
{
    for (;;) {
        size_t length = 0;
        while (names[length] && !path_is_separator(names[length]))
            length++;
        uint32_t error = path_add_component(path, names, length);
        if (error || !names[length])
            return error;
        names += length + 1;
    }
}

uint32_t path_resolve(const char16_t *directory, const char16_t *file,
                      char16_t path[POLICY_PATH_UNITS])
{
    const char16_t *folder = path_without_prefix(directory);
    const char16_t *start = path_is_absolute(file) ? file : folder;
    struct text text = text_on(path, POLICY_PATH_UNITS);
    if (!*file || path_is_separator(*file) || !path_is_absolute(start))
        return ERROR_BAD_PATHNAME;

    text_append_units(&text, start, 2);
    text_append_unit(&text, u'\\');
    uint32_t error = path_add_components(&text, start + ROOT_UNITS);
    if (!error && start == folder)
        error = path_add_components(&text, file);
    return error;
}

bool path_is_below(const struct policy *policy, const char16_t *directory, const char16_t *path)
{
    size_t length = text_length(directory);
    /* The last unit compared must be a backslash of `path`: "config_evil" is not below "config". */
    return length && text_length(path) > length && path[length - 1] == u'\\' &&
           policy->same_text(policy->context, directory, length, path, length);
}

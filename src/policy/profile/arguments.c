/* SPDX-License-Identifier: MIT */
#include "policy/profile/arguments.h"

#include "base/array.h"
#include "base/text.h"
#include "policy/path.h"
#include "policy/profile/line.h"

#include <string.h>

/* ---- characters ---- */

static bool argument_is_alphanumeric(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z');
}

/* Well-formed UTF-8 without control characters, which would command a terminal or forge a line of a
 * log. */
static bool argument_to_text(const char *value, char16_t text[PROFILE_LINE_BYTES + 1])
{
    char again[PROFILE_LINE_BYTES + 1];
    const size_t size = strlen(value);
    if (size > PROFILE_LINE_BYTES)
        return false;
    const size_t length = text_from_utf8(value, size, text, PROFILE_LINE_BYTES);
    text[length] = u'\0';
    for (size_t i = 0; i < length; i++)
        if (text[i] < u' ' || (text[i] >= 0x7F && text[i] <= 0x9F))
            return false;
    return text_to_utf8(text, length, again, sizeof(again)) == size &&
           memcmp(again, value, size) == 0;
}

/* Whether `word` is in the list; an item that ends with * stands for all that begin as it does. */
static bool argument_is_listed(const char *word, const char *list)
{
    const size_t length = strlen(word);
    while (list && *list) {
        const size_t item = strcspn(list, " ");
        const bool is_open = list[item - 1] == '*';
        if (is_open ? length >= item && memcmp(word, list, item - 1) == 0
                    : length == item && memcmp(word, list, item) == 0)
            return true;
        list += item + (list[item] == ' ');
    }
    return false;
}

/* ---- kinds ---- */

static bool argument_is_number(const struct argument *argument, const char *value)
{
    uint64_t number = 0;
    const char *digit = value;
    for (; *digit >= '0' && *digit <= '9' && number <= UINT32_MAX; digit++)
        number = number * 10 + (uint64_t)(*digit - '0');
    return digit != value && !*digit && number >= argument->least && number <= argument->most;
}

static bool argument_is_word(const struct argument *argument, const char *value)
{
    return argument_is_listed(value, argument->words);
}

/* openvpn opens it as the user, relative to the working folder. Nothing that Windows takes for
 * another thing than a file of a disk: servers, devices, streams, the names NUL and COM1. */
static bool argument_is_file(const struct argument *argument, const char *value)
{
    /* As deep as any working folder, so that .. leads above none. */
    static const char16_t folder[] = u"C:\\a\\a\\a\\a\\a\\a\\a\\a\\a\\a\\a\\a\\a\\a\\a\\a";
    char16_t text[PROFILE_LINE_BYTES + 1], path[POLICY_PATH_UNITS];
    (void)argument;
    return *value && strcmp(value, "stdin") != 0 && argument_to_text(value, text) &&
           path_resolve(folder, text, path) == 0;
}

static bool argument_is_login_file(const struct argument *argument, const char *value)
{
    return argument_is_word(argument, value) || argument_is_file(argument, value);
}

static bool argument_is_address(const struct argument *argument, const char *value)
{
    (void)argument;
    for (const char *at = value; *at; at++)
        if (!argument_is_alphanumeric(*at) && !(*at & 0x80) && !strchr(".-_:/%[]", *at))
            return false;
    return *value;
}

static bool argument_is_name(const struct argument *argument, const char *value)
{
    (void)argument;
    for (const char *at = value; *at; at++)
        if (*at <= ' ' || *at > '~' || *at == '"' || *at == '\'' || *at == '\\')
            return false;
    return *value;
}

static bool argument_is_variable(const struct argument *argument, const char *value)
{
    for (const char *at = value; *at; at++)
        if (!argument_is_alphanumeric(*at) && *at != '_')
            return false;
    return *value && argument_is_listed(value, argument->words);
}

static bool argument_is_text(const struct argument *argument, const char *value)
{
    (void)argument;
    (void)value;
    return true;
}

static const struct {
    bool (*fits)(const struct argument *argument, const char *value);
    const char *problem;
} kinds[] = {
    [ARGUMENT_NUMBER] = {argument_is_number, "this is no number of those that are allowed"},
    [ARGUMENT_WORD] = {argument_is_word, "this is none of the words that are allowed"},
    [ARGUMENT_FILE] = {argument_is_file, "this is not the name of a file on this computer"},
    [ARGUMENT_LOGIN_FILE] = {argument_is_login_file,
                             "this is not the name of a file on this computer"},
    [ARGUMENT_ADDRESS] = {argument_is_address, "this is no address and no name of a server"},
    [ARGUMENT_NAME] = {argument_is_name, "this has characters that such a name can't have"},
    [ARGUMENT_VARIABLE] = {argument_is_variable, "this is none of the variables that may be set"},
    [ARGUMENT_TEXT] = {argument_is_text, NULL},
};

static const char *argument_problem(const struct argument *argument, const char *value)
{
    char16_t text[PROFILE_LINE_BYTES + 1];
    if (!argument_to_text(value, text))
        return "this is not UTF-8, or it has control characters";
    /* With this word openvpn 2.4 marks the contents of blocks. */
    if (strcmp(value, "[[INLINE]]") == 0)
        return "this word is not allowed";
    return kinds[argument->kind].fits(argument, value) ? NULL : kinds[argument->kind].problem;
}

const char *arguments_problem(const struct directive *directive, const char *const items[],
                              size_t count, size_t *which)
{
    const struct argument *const *arguments = directive->arguments;
    size_t known = 0;
    while (known < DIRECTIVE_ARGUMENTS && arguments[known])
        known++;
    *which = 0;
    if (count < directive->least)
        return "an argument is missing";
    if (count > known && !(directive->flags & DIRECTIVE_REPEATS))
        return "there are too many arguments";
    for (size_t i = 0; i < count; i++) {
        const char *problem = argument_problem(arguments[i < known ? i : known - 1], items[i]);
        *which = i + 1;
        if (problem)
            return problem;
    }
    return NULL;
}

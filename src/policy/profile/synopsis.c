/* SPDX-License-Identifier: MIT */
#include "policy/profile/synopsis.h"

#include <stdarg.h>
#include <stdio.h>

/* What is cut off at the end of `text` can't be: the tests see the whole table. */
__attribute__((format(printf, 3, 4))) static size_t
synopsis_append(char text[SYNOPSIS_BYTES], size_t length, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int more = vsnprintf(text + length, SYNOPSIS_BYTES - length, format, arguments);
    va_end(arguments);
    return more > 0 && (size_t)more < SYNOPSIS_BYTES - length ? length + (size_t)more : length;
}

/* The words with a bar between them. */
static size_t synopsis_append_words(char text[SYNOPSIS_BYTES], size_t length, const char *words)
{
    for (; *words; words++)
        length = synopsis_append(text, length, "%c", *words == ' ' ? '|' : *words);
    return length;
}

static size_t synopsis_append_argument(char text[SYNOPSIS_BYTES], size_t length,
                                       const struct argument *argument)
{
    static const char *const names[] = {
        [ARGUMENT_NUMBER] = "NUMBER",    [ARGUMENT_WORD] = "",           [ARGUMENT_FILE] = "FILE",
        [ARGUMENT_LOGIN_FILE] = "FILE|", [ARGUMENT_ADDRESS] = "ADDRESS", [ARGUMENT_NAME] = "NAME",
        [ARGUMENT_TEXT] = "TEXT",        [ARGUMENT_VARIABLE] = "",
    };
    if (argument->kind == ARGUMENT_NUMBER && argument->most < INT32_MAX)
        return synopsis_append(text, length, "%u-%u", (unsigned)argument->least,
                               (unsigned)argument->most);
    length = synopsis_append(text, length, "%s", names[argument->kind]);
    return argument->words ? synopsis_append_words(text, length, argument->words) : length;
}

const char *directive_synopsis(const struct directive *directive, char text[SYNOPSIS_BYTES])
{
    const char *star = directive->flags & DIRECTIVE_PREFIX ? "*" : "";
    size_t length = synopsis_append(text, 0, "%s%s", directive->name, star);
    for (size_t i = 0; i < DIRECTIVE_ARGUMENTS && directive->arguments[i]; i++) {
        length = synopsis_append(text, length, i < directive->least ? " " : " [");
        length = synopsis_append_argument(text, length, directive->arguments[i]);
        length = synopsis_append(text, length, i < directive->least ? "" : "]");
    }
    synopsis_append(text, length, directive->flags & DIRECTIVE_REPEATS ? " ..." : "");
    return text;
}

const char *directive_rule_name(enum directive_rule rule)
{
    static const char *const names[] = {[DIRECTIVE_ALLOWED] = "allowed",
                                        [DIRECTIVE_LEFT_OUT] = "left out",
                                        [DIRECTIVE_REFUSED] = "refused"};
    return names[rule];
}

const char *profile_verdict_name(enum profile_verdict verdict)
{
    static const char *const names[] = {[PROFILE_LEFT_OUT] = "left_out",
                                        [PROFILE_REFUSED] = "refused",
                                        [PROFILE_UNKNOWN] = "unknown",
                                        [PROFILE_WRONG] = "wrong",
                                        [PROFILE_BROKEN] = "broken"};
    return names[verdict];
}

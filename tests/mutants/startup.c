/* SPDX-License-Identifier: MIT */
/* Defects of what is checked before openvpn.exe is started, and of its command line. */
#include "base/errors.h"
#include "policy/options.h"
#include "policy/path.h"
#include "policy/tokens.h"
#include "service/pipe_io.h"
#include "service/startup/authorise.h"
#include "tests/mutants/switches.h"
#include "wire/startup.h"

#include <stdlib.h>
#include <wchar.h>

uint32_t __real_startup_decode(const char16_t *units, size_t size, size_t most,
                               struct startup *startup);
uint32_t __wrap_startup_decode(const char16_t *units, size_t size, size_t most,
                               struct startup *startup);
const struct option_rule *__real_option_find(const char16_t *token);
const struct option_rule *__wrap_option_find(const char16_t *token);
bool __real_path_is_below(const struct policy *policy, const char16_t *directory,
                          const char16_t *path);
bool __wrap_path_is_below(const struct policy *policy, const char16_t *directory,
                          const char16_t *path);
char16_t *__real_tokens_join(const char16_t *program, const struct tokens *tokens);
char16_t *__wrap_tokens_join(const char16_t *program, const struct tokens *tokens);
bool __real_caller_is_authorised(const struct caller *caller, const struct settings *settings);
bool __wrap_caller_is_authorised(const struct caller *caller, const struct settings *settings);
uint32_t __real_pipe_read(struct pipe *pipe, void *buffer, uint32_t size, uint32_t milliseconds,
                          HANDLE stop, uint32_t *got);
uint32_t __wrap_pipe_read(struct pipe *pipe, void *buffer, uint32_t size, uint32_t milliseconds,
                          HANDLE stop, uint32_t *got);

/* Two strings are enough for it. */
uint32_t __wrap_startup_decode(const char16_t *units, size_t size, size_t most,
                               struct startup *startup)
{
    uint32_t error = __real_startup_decode(units, size, most, startup);
    size_t count = size / sizeof(*units), strings = 0;
    if (error != ERROR_STARTUP_DATA || !mutant_has(L"input-may-be-missing"))
        return error;
    for (size_t i = 0; i < count; i++)
        strings += !units[i];
    if (strings != 2 || units[count - 1])
        return error;
    startup->directory = units;
    startup->options = units + wcslen(units) + 1;
    startup->input = units + count - 1;
    return 0;
}

const struct option_rule *__wrap_option_find(const char16_t *token)
{
    static const struct option_rule anything = {.name = u"anything"};
    const struct option_rule *rule = __real_option_find(token);
    return rule || !mutant_has(L"any-option") ? rule : &anything;
}

/* It leaves the backslash at the folder's end out, so that C:\config-of-mine is below C:\config. */
bool __wrap_path_is_below(const struct policy *policy, const char16_t *directory,
                          const char16_t *path)
{
    if (mutant_has(L"prefix-of-the-folder")) {
        size_t length = wcslen(directory) - 1;
        return wcslen(path) >= length &&
               policy->same_text(policy->context, directory, length, path, length);
    }
    return __real_path_is_below(policy, directory, path);
}

/* It puts each token between quotes as it is. */
char16_t *__wrap_tokens_join(const char16_t *program, const struct tokens *tokens)
{
    if (!mutant_has(L"quotes-nothing-inside"))
        return __real_tokens_join(program, tokens);
    size_t units = wcslen(program) + 1;
    for (size_t i = 0; i < tokens->count; i++)
        units += wcslen(tokens->items[i]) + 3;
    char16_t *line = malloc(units * sizeof(*line));
    if (!line)
        return NULL;
    wcscpy(line, program);
    for (size_t i = 0; i < tokens->count; i++) {
        wcscat(line, u" \"");
        wcscat(line, tokens->items[i]);
        wcscat(line, u"\"");
    }
    return line;
}

bool __wrap_caller_is_authorised(const struct caller *caller, const struct settings *settings)
{
    return mutant_has(L"everybody-is-authorised") || __real_caller_is_authorised(caller, settings);
}

/* It waits ten times as long for a client that writes nothing. */
uint32_t __wrap_pipe_read(struct pipe *pipe, void *buffer, uint32_t size, uint32_t milliseconds,
                          HANDLE stop, uint32_t *got)
{
    if (milliseconds == PIPE_TIMEOUT_MILLISECONDS && mutant_has(L"waits-for-silence"))
        milliseconds *= 10;
    return __real_pipe_read(pipe, buffer, size, milliseconds, stop, got);
}

/* SPDX-License-Identifier: MIT */
/* Defects of what a client sends to the service, and of what it makes of the replies. */
#include "client/gatehouse.h"
#include "client/server.h"
#include "policy/tokens.h"
#include "tests/mutants/switches.h"
#include "wire/reply.h"
#include "wire/startup.h"

#include <stdlib.h>
#include <wchar.h>

uint32_t __real_server_verify(const char16_t *instance, void *pipe);
uint32_t __wrap_server_verify(const char16_t *instance, void *pipe);
size_t __real_startup_encode(const struct startup *startup, char16_t *units, size_t capacity);
size_t __wrap_startup_encode(const struct startup *startup, char16_t *units, size_t capacity);
bool __real_reply_parse(const char16_t *units, size_t length, struct reply *reply);
bool __wrap_reply_parse(const char16_t *units, size_t length, struct reply *reply);
char16_t *__real_tokens_join(const char16_t *program, const struct tokens *tokens);
char16_t *__wrap_tokens_join(const char16_t *program, const struct tokens *tokens);
uint32_t __real_gatehouse_start(struct gatehouse *session, const wchar_t *directory,
                                const wchar_t *options, const wchar_t *input, uint32_t timeout,
                                uint32_t *process_id, struct gatehouse_error *error);
uint32_t __wrap_gatehouse_start(struct gatehouse *session, const wchar_t *directory,
                                const wchar_t *options, const wchar_t *input, uint32_t timeout,
                                uint32_t *process_id, struct gatehouse_error *error);

enum { SHORT_REPLY = 256, ADDED_UNITS = 2 };

uint32_t __wrap_server_verify(const char16_t *instance, void *pipe)
{
    return mutant_has(L"no-server-check") ? 0 : __real_server_verify(instance, pipe);
}

size_t __wrap_startup_encode(const struct startup *startup, char16_t *units, size_t capacity)
{
    size_t size = __real_startup_encode(startup, units, capacity);
    if (size && mutant_has(L"no-terminator"))
        size -= sizeof(*units);
    if (size && mutant_has(L"adds-garbage") && size / sizeof(*units) + ADDED_UNITS <= capacity) {
        for (size_t i = 0; i < ADDED_UNITS; i++)
            units[size / sizeof(*units) + i] = u'x';
        size += ADDED_UNITS * sizeof(*units);
    }
    return size;
}

bool __wrap_reply_parse(const char16_t *units, size_t length, struct reply *reply)
{
    if (length > SHORT_REPLY && mutant_has(L"reads-short-replies"))
        length = SHORT_REPLY;
    bool is_reply = __real_reply_parse(units, length, reply);
    if (is_reply && reply->code && mutant_has(L"ignores-errors"))
        *reply = (struct reply){.process_id = 1};
    return is_reply;
}

char16_t *__wrap_tokens_join(const char16_t *program, const struct tokens *tokens)
{
    if (!mutant_has(L"quotes-nothing"))
        return __real_tokens_join(program, tokens);
    size_t units = wcslen(program) + 1;
    for (size_t i = 0; i < tokens->count; i++)
        units += wcslen(tokens->items[i]) + 1;
    char16_t *line = malloc(units * sizeof(*line));
    if (!line)
        return NULL;
    wcscpy(line, program);
    for (size_t i = 0; i < tokens->count; i++) {
        wcscat(line, u" ");
        wcscat(line, tokens->items[i]);
    }
    return line;
}

uint32_t __wrap_gatehouse_start(struct gatehouse *session, const wchar_t *directory,
                                const wchar_t *options, const wchar_t *input, uint32_t timeout,
                                uint32_t *process_id, struct gatehouse_error *error)
{
    static wchar_t line[2 * STARTUP_MAX_UNITS];
    if (mutant_has(L"password-as-option")) {
        _snwprintf(line, STARTUP_MAX_UNITS, L"%ls --setenv UV_PASSWORD %.*ls", options,
                   (int)wcscspn(input, L"\n"), input);
        options = line;
    }
    return __real_gatehouse_start(session, directory, options, input, timeout, process_id, error);
}

/* SPDX-License-Identifier: MIT */
/* Defects of a client at the management interface. */
#include "client/cli/connect/management.h"
#include "tests/mutants/switches.h"

#include <stdio.h>
#include <string.h>

void __real_management_read(struct management *management, const void *bytes, size_t size,
                            management_listener *listener, void *context);
void __wrap_management_read(struct management *management, const void *bytes, size_t size,
                            management_listener *listener, void *context);
size_t __real_management_command(char text[MANAGEMENT_COMMAND_MAX + 1], const char *verb,
                                 const char *realm, const char *value);
size_t __wrap_management_command(char text[MANAGEMENT_COMMAND_MAX + 1], const char *verb,
                                 const char *realm, const char *value);

/* Who hears of the lines in truth. */
struct mutant_listener {
    management_listener *listener;
    void *context;
};

static void mutant_hear(void *context, const struct management_event *event)
{
    const struct mutant_listener *truth = context;
    if (event->kind == MANAGEMENT_FATAL && mutant_has(L"ignores-fatal"))
        return;
    truth->listener(truth->context, event);
}

/* What has come at once is taken for whole lines. */
void __wrap_management_read(struct management *management, const void *bytes, size_t size,
                            management_listener *listener, void *context)
{
    struct mutant_listener truth = {listener, context};
    __real_management_read(management, bytes, size, mutant_hear, &truth);
    if (size && mutant_has(L"lines-in-one-piece"))
        __real_management_read(management, "\n", 1, mutant_hear, &truth);
}

size_t __wrap_management_command(char text[MANAGEMENT_COMMAND_MAX + 1], const char *verb,
                                 const char *realm, const char *value)
{
    if (!mutant_has(L"escapes-nothing"))
        return __real_management_command(text, verb, realm, value);
    int length = snprintf(text, MANAGEMENT_COMMAND_MAX, "%s \"%s\" \"%s\"\n", verb, realm, value);
    return length > 0 && length < MANAGEMENT_COMMAND_MAX ? (size_t)length : 0;
}

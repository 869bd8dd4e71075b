/* SPDX-License-Identifier: MIT */
/* commands.h: what gatehouse.exe can do. */
#ifndef CLIENT_COMMANDS_H
#define CLIENT_COMMANDS_H

#include "client/arguments.h"
#include "client/exits.h"

struct command {
    const char16_t *name;
    enum arguments_command arguments;
    enum exit_code (*run)(const struct arguments *arguments);
    const char *summary; /* one line */
    const char *help;    /* the rest of its page */
};

extern const struct command commands[];
extern const size_t command_count;

/* NULL when there is no such command. */
const struct command *command_find(const char16_t *name);

enum exit_code command_connect(const struct arguments *arguments);
enum exit_code command_version(const struct arguments *arguments);
enum exit_code command_help(const struct arguments *arguments);

/* The page of one command, or of the program (NULL). */
void help_print(const struct command *command);

#endif

/* SPDX-License-Identifier: MIT */
/* commands.h: the commands of gatehouse.exe. */
#ifndef CLIENT_COMMANDS_H
#define CLIENT_COMMANDS_H

#include "client/cli/arguments.h"
#include "client/cli/exits.h"

struct command {
    const char16_t *name;
    const char16_t *synonym; /* NULL: none */
    enum arguments_command arguments;
    enum exit_code (*run)(const struct arguments *arguments);
    const char *summary; /* one line */
    const char *help;    /* the help page of the command */
};

extern const struct command commands[];
extern const size_t command_count;

/* Returns the command of this name, or NULL. */
const struct command *command_find(const char16_t *name);

enum exit_code command_connect(const struct arguments *arguments);
enum exit_code command_status(const struct arguments *arguments);
enum exit_code command_disconnect(const struct arguments *arguments);
enum exit_code command_list(const struct arguments *arguments);
enum exit_code command_check(const struct arguments *arguments);
enum exit_code command_import(const struct arguments *arguments);
enum exit_code command_firewall(const struct arguments *arguments);
enum exit_code command_cleanup(const struct arguments *arguments);
enum exit_code command_update(const struct arguments *arguments);
enum exit_code command_doctor(const struct arguments *arguments);
enum exit_code command_version(const struct arguments *arguments);
enum exit_code command_help(const struct arguments *arguments);

/* Prints the help page of a command, or of the program (NULL). */
void help_print(const struct command *command);

#endif

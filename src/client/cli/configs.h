/* SPDX-License-Identifier: MIT */
/* configs.h: the configuration files in the folders where OpenVPN keeps them: the user's own, which
 * OpenVPN-GUI uses too, and the service's. */
#ifndef CLIENT_CLI_CONFIGS_H
#define CLIENT_CLI_CONFIGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

enum { CONFIG_PATH_UNITS = 1024, CONFIG_NAME_UNITS = 256 };

struct config {
    char16_t name[CONFIG_NAME_UNITS]; /* of the file, without its extension */
    char16_t path[CONFIG_PATH_UNITS]; /* absolute */
    bool is_service;                  /* in the service's folder */
};

/* The user's before the service's, and by name. */
struct configs {
    struct config *items;
    size_t count, capacity;
    bool is_short_of_memory;
    bool are_all_checked; /* the service checks also those in its own folder (option_policy) */
};

/* Finds the files *.ovpn in the folders and up to three levels below. A folder that does not exist,
 * or that the user may not list, has none. The caller frees them. */
void configs_find(const char16_t *instance, struct configs *configs);
void configs_free(struct configs *configs);

/* The path of the file of this name, without an extension, in the user's own folder, which is made
 * if it does not exist. Returns 0 or a Win32 code. */
uint32_t configs_make_path(const char16_t *name, char16_t path[CONFIG_PATH_UNITS]);

/* The first of this name, with or without its extension, as Windows compares names of files. NULL:
 * there is none. */
const struct config *configs_named(const struct configs *configs, const char16_t *name);

#endif

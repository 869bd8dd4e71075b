/* SPDX-License-Identifier: MIT */
/* registry.h: the registry of the machine, as far as networking is set there: the seam between the
 * portable core and the system.
 *
 * win32/ implements it over the registry; fakes/memory over a tree in memory. Keys are paths below
 * HKEY_LOCAL_MACHINE, in the 64-bit view, without a backslash in front or behind. Every operation
 * returns 0 or a Win32 error code. */
#ifndef SYSTEM_REGISTRY_H
#define SYSTEM_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>

/* Types of values (winnt.h). Values of other types can be read and restored too. */
enum {
    REGISTRY_TEXT = 1,       /* REG_SZ */
    REGISTRY_EXPANDABLE = 2, /* REG_EXPAND_SZ */
    REGISTRY_BINARY = 3,     /* REG_BINARY */
    REGISTRY_NUMBER = 4,     /* REG_DWORD */
    REGISTRY_LIST = 7        /* REG_MULTI_SZ */
};

/* A value as it is stored. The registry does not check its form: a text need not be terminated. */
struct registry_data {
    uint32_t type;
    uint32_t size; /* bytes */
    void *bytes;   /* on the heap, aligned for any type; may be NULL if size is 0 */
};

/* The table of operations. `self` is the table, which an implementation embeds as first member.
 * Thread-safe. */
struct registry {
    /* Reads a value; the caller frees data->bytes. ERROR_FILE_NOT_FOUND: no such value or key. */
    uint32_t (*get_value)(struct registry *self, const char16_t *key, const char16_t *name,
                          struct registry_data *data);
    /* Writes a value. ERROR_FILE_NOT_FOUND: no such key; it is not created. */
    uint32_t (*set_value)(struct registry *self, const char16_t *key, const char16_t *name,
                          uint32_t type, const void *bytes, uint32_t size);
    uint32_t (*delete_value)(struct registry *self, const char16_t *key, const char16_t *name);

    /* Counts the sub-keys and the values of a key. ERROR_FILE_NOT_FOUND: no such key. */
    uint32_t (*count)(struct registry *self, const char16_t *key, uint32_t *keys, uint32_t *values);
    /* Lists the names of a key's sub-keys as a REG_MULTI_SZ text (dns/multi_string.h) of `*units`
     * units, which the caller frees. ERROR_FILE_NOT_FOUND: no such key. */
    uint32_t (*list_keys)(struct registry *self, const char16_t *key, char16_t **names,
                          uint32_t *units);
    /* Creates the key and the keys above it. Success if it exists. */
    uint32_t (*create_key)(struct registry *self, const char16_t *key);
    /* Deletes a key with its values. ERROR_ACCESS_DENIED: it has sub-keys. */
    uint32_t (*delete_key)(struct registry *self, const char16_t *key);

    /* Acquire and release a machine-wide lock, shared by all threads of all processes that run this
     * service. It guards what several of them change: the machine's search lists and the keys of
     * the NRPT. Hold it for short operations only. ERROR_TIMEOUT: another holder has kept it for
     * longer than such operations take. */
    uint32_t (*enter)(struct registry *self);
    void (*leave)(struct registry *self);

    /* What was written is on disk on return. */
    uint32_t (*flush)(struct registry *self);
};

/* The real one (win32/): one static object, shared by all threads. */
struct registry *registry_win32(void);

#endif

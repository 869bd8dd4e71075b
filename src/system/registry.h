/* SPDX-License-Identifier: MIT */
/* registry.h: the registry of the machine, as far as networking is set there, and how Windows is
 * told to read it again: the seam between the portable core and the system.
 *
 * win32/ implements it over the registry; fakes/memory over a tree in memory. Keys are paths below
 * HKEY_LOCAL_MACHINE, in the 64-bit view, without a backslash in front or behind. Every operation
 * returns 0 or a Win32 error code. */
#ifndef SYSTEM_REGISTRY_H
#define SYSTEM_REGISTRY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>

/* Types of values (winnt.h). Any other may be read and put back. */
enum {
    REGISTRY_TEXT = 1,       /* REG_SZ */
    REGISTRY_EXPANDABLE = 2, /* REG_EXPAND_SZ */
    REGISTRY_BINARY = 3,     /* REG_BINARY */
    REGISTRY_NUMBER = 4,     /* REG_DWORD */
    REGISTRY_LIST = 7        /* REG_MULTI_SZ */
};

/* A value as it is stored, which makes no promise about its form: a text need not be terminated. */
struct registry_data {
    uint32_t type;
    uint32_t size; /* bytes */
    void *bytes;   /* on the heap, aligned for any type; NULL when there are none */
};

/* The table of operations. `self` is the table itself: an implementation embeds it. */
struct registry {
    /* ERROR_FILE_NOT_FOUND: no such value, or no such key. free() data->bytes. */
    uint32_t (*get_value)(struct registry *self, const char16_t *key, const char16_t *name,
                          struct registry_data *data);
    /* ERROR_FILE_NOT_FOUND: no such key; it is not made. */
    uint32_t (*set_value)(struct registry *self, const char16_t *key, const char16_t *name,
                          uint32_t type, const void *bytes, uint32_t size);
    uint32_t (*delete_value)(struct registry *self, const char16_t *key, const char16_t *name);

    /* How many sub-keys and values a key has. ERROR_FILE_NOT_FOUND: no such key. */
    uint32_t (*count)(struct registry *self, const char16_t *key, uint32_t *keys, uint32_t *values);
    /* The names of a key's sub-keys, as a list (dns/multi_string.h) of `*units` on the heap:
     * free() it. ERROR_FILE_NOT_FOUND: no such key. */
    uint32_t (*list_keys)(struct registry *self, const char16_t *key, char16_t **names,
                          uint32_t *units);
    /* The key and those above it. Success if it is there already. */
    uint32_t (*create_key)(struct registry *self, const char16_t *key);
    /* With its values. ERROR_ACCESS_DENIED: it has sub-keys. */
    uint32_t (*delete_key)(struct registry *self, const char16_t *key);

    /* Keeps all others away, in this process and in every other that runs this service, from what
     * is neither an interface's nor a session's own: the search lists of the machine, the keys of
     * the NRPT. Not for an operation that may be slow. ERROR_TIMEOUT: somebody holds it for longer
     * than such an operation takes. */
    uint32_t (*enter)(struct registry *self);
    void (*leave)(struct registry *self);

    /* Sessions with domains in a search list: this process has one more or one fewer (1, -1); true
     * as long as any process has one. The death of a process ends its own. */
    void (*count_search_user)(struct registry *self, int more);
    bool (*has_search_users)(struct registry *self);

    /* Has Windows' DNS client read its settings again, and its group policy too where that was
     * touched. What fails is logged: the settings are in force at the latest at the next change of
     * the network. */
    void (*apply)(struct registry *self, bool group_policy);

    /* What was written is on disk on return. */
    uint32_t (*flush)(struct registry *self);

    /* What has been written that apply() has not been called for yet: UNAPPLIED_.... Kept by
     * src/channel. */
    atomic_uint unapplied;
};

enum { UNAPPLIED_SETTINGS = 1, UNAPPLIED_POLICY = 2 };

/* The real one (win32/): one static object, shared by all threads. */
struct registry *registry_win32(void);

#endif

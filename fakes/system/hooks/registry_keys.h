/* SPDX-License-Identifier: MIT */
/* registry_keys.h: which keys the program has open, and where the next one is redirected.
 *
 * A key at or below a root of places.h belongs to the fakes (watched), and so does a volatile one,
 * which is in a store of its own. Any other key below HKEY_LOCAL_MACHINE is remembered by name,
 * because a watched key can be opened relative to it. */
#ifndef FAKES_HOOKS_REGISTRY_KEYS_H
#define FAKES_HOOKS_REGISTRY_KEYS_H

#include "places.h"
#include "watch.h"

#include <windows.h>

/* A key as a call names it. */
struct key_target {
    bool named;   /* `name` is known: it is below HKEY_LOCAL_MACHINE */
    bool watched; /* it belongs to the fakes */
    HKEY root;    /* with `path`: the arguments for the real function */
    const wchar_t *path;
    wchar_t name[REGISTRY_PATH]; /* below HKEY_LOCAL_MACHINE */
    wchar_t store[2 * REGISTRY_PATH];
};

void key_find(HKEY key, const wchar_t *subkey, struct key_target *target);
/* For a key that is about to be created as volatile: redirects the target to the store for volatile
 * keys, unless it is watched anyway or exists already. */
void key_make_volatile(struct key_target *target);

/* The watched key of a handle; NULL when it isn't watched. */
const wchar_t *key_watched(HKEY key);

/* `key` has been opened as the target, or closed. */
void key_remember(HKEY key, const struct key_target *target);
void key_forget(HKEY key);

/* "key":"HKLM\\..." */
void record_key(struct record *record, const wchar_t *name);
/* "type":"REG_SZ","data":"text"; a list for REG_MULTI_SZ, a number for REG_DWORD, and "raw":"<hex>"
 * instead of "data" for everything else, including malformed strings. */
void record_value(struct record *record, DWORD type, const void *data, DWORD size);

#endif

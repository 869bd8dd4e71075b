/* SPDX-License-Identifier: MIT */
/* store.h: the fakes' own access to the keys of their store (places.h), without hooks. Errors are
 * Win32 codes. Lists are written and read as text with '|' between the strings. */
#ifndef FAKES_REGISTRY_STORE_H
#define FAKES_REGISTRY_STORE_H

#include "places.h"

#include <stdint.h>
#include <windows.h>

enum { STORE_TEXT = 1024 }; /* units of the longest text, with its terminator */

/* Opens the key, and with `create` creates it if it is missing. Close it with RegCloseKey(). */
uint32_t store_open(const wchar_t *folder, const wchar_t *path, bool create, HKEY *key);

/* Creates the key if it is missing. */
uint32_t store_set(const wchar_t *folder, const wchar_t *path, const wchar_t *name, uint32_t type,
                   const void *data, uint32_t size);
uint32_t store_set_text(const wchar_t *folder, const wchar_t *path, const wchar_t *name,
                        const wchar_t *text);
uint32_t store_set_list(const wchar_t *folder, const wchar_t *path, const wchar_t *name,
                        const wchar_t *items);
uint32_t store_set_number(const wchar_t *folder, const wchar_t *path, const wchar_t *name,
                          uint32_t number);
/* A REG_SZ or REG_MULTI_SZ; empty when it is missing. */
void store_get_text(const wchar_t *folder, const wchar_t *path, const wchar_t *name,
                    wchar_t text[STORE_TEXT]);
/* 0 when it is missing. */
uint32_t store_get_number(const wchar_t *folder, const wchar_t *path, const wchar_t *name);
uint32_t store_delete(const wchar_t *folder, const wchar_t *path, const wchar_t *name);
/* With everything below it. */
uint32_t store_delete_key(const wchar_t *folder, const wchar_t *path);
/* The whole store. */
void store_remove(const wchar_t *folder);
/* All volatile keys. */
void store_remove_volatile(const wchar_t *folder);

#endif

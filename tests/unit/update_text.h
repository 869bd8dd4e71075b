/* SPDX-License-Identifier: MIT */
/* update_text.h: writes roots and manifests that were read as text again, to show that each content
 * has one form. */
#ifndef TESTS_UNIT_UPDATE_TEXT_H
#define TESTS_UNIT_UPDATE_TEXT_H

#include "update/manifest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct update_text {
    char bytes[UPDATE_METADATA_SIZE + 1];
    size_t size;
};

__attribute__((format(printf, 2, 3))) static inline void update_text_add(struct update_text *text,
                                                                         const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const int length =
        vsnprintf(text->bytes + text->size, sizeof(text->bytes) - text->size, format, values);
    va_end(values);
    text->size += (size_t)length;
    if (length < 0 || text->size >= sizeof(text->bytes))
        abort();
}

static inline void update_text_add_hex(struct update_text *text, const uint8_t *bytes, size_t size)
{
    update_text_add(text, " ");
    for (size_t i = 0; i < size; i++)
        update_text_add(text, "%02x", bytes[i]);
}

static inline void update_text_add_time(struct update_text *text, uint64_t seconds)
{
    const time_t time = (time_t)seconds;
    const struct tm *parts = gmtime(&time);
    update_text_add(text, "expires %04d-%02d-%02dT%02d:%02d:%02dZ\n", parts->tm_year + 1900,
                    parts->tm_mon + 1, parts->tm_mday, parts->tm_hour, parts->tm_min,
                    parts->tm_sec);
}

static inline void update_text_add_role(struct update_text *text, const char *name,
                                        const struct update_role *role)
{
    update_text_add(text, "%s-threshold %u\n", name, role->threshold);
    for (size_t i = 0; i < role->count; i++) {
        update_text_add(text, "%s-key", name);
        update_text_add_hex(text, role->keys[i].id, sizeof(role->keys[i].id));
        update_text_add_hex(text, role->keys[i].point, sizeof(role->keys[i].point));
        update_text_add(text, "\n");
    }
}

static inline void update_text_of_root(const struct update_root *root, struct update_text *text)
{
    text->size = 0;
    update_text_add(text, "gatehouse-root 1\nproduct %s\nversion %llu\n", root->product,
                    (unsigned long long)root->version);
    update_text_add_time(text, root->expires);
    update_text_add_role(text, "root", &root->roots);
    update_text_add_role(text, "manifest", &root->manifests);
    for (size_t i = 0; i < root->signer_count; i++) {
        update_text_add(text, "signer");
        update_text_add_hex(text, root->signers[i], sizeof(root->signers[i]));
        update_text_add(text, "\n");
    }
}

static inline void update_text_of_manifest(const struct update_manifest *manifest,
                                           struct update_text *text)
{
    char version[UPDATE_VERSION_TEXT];
    text->size = 0;
    update_text_add(text, "gatehouse-manifest 1\nproduct %s\nchannel %s\nversion %llu\n",
                    manifest->product, manifest->channel, (unsigned long long)manifest->version);
    update_text_add_time(text, manifest->expires);
    update_text_add(text, "release %s\n", update_version_text(&manifest->release, version));
    for (size_t i = 0; i < manifest->package_count; i++) {
        const struct update_package *package = &manifest->packages[i];
        update_text_add(text, "package %s %s %llu", package->architecture,
                        update_version_text(&package->least_windows, version),
                        (unsigned long long)package->size);
        update_text_add_hex(text, package->digest, sizeof(package->digest));
        update_text_add(text, " %s\n", package->file_name);
    }
}

#endif

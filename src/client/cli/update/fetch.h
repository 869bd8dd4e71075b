/* SPDX-License-Identifier: MIT */
/* fetch.h: gets the files of a release from its server: metadata into memory, and the package into
 * the download folder. */
#ifndef CLIENT_UPDATE_FETCH_H
#define CLIENT_UPDATE_FETCH_H

#include "client/cli/update/folder.h"
#include "client/cli/update/http.h"
#include "update/manifest.h"

struct fetch {
    struct http *http;
    const struct address *server;
    uint32_t code; /* of the last problem */
};

/* A root or a manifest. */
struct fetched {
    size_t size;
    uint8_t bytes[UPDATE_METADATA_SIZE];
};

/* PROBLEM_NOT_FOUND: there is no such file. */
enum problem fetch_metadata(struct fetch *fetch, const char16_t *name, struct fetched *metadata);

/* A package to get. */
struct fetch_package {
    const struct update_package *package;
    struct update_crypto *crypto;
    const struct folder *folder;
    /* Told after each piece; `done` bytes are in the file. */
    void (*progress)(void *context, uint64_t done);
    void *context;
};

/* Gets it, and goes on behind the rest of an earlier download. On success *file_name is the name of
 * the file in the folder, which has the size and the digest of the package. */
enum problem fetch_package(struct fetch *fetch, const struct fetch_package *wanted,
                           char16_t file_name[FOLDER_NAME_UNITS]);

/* Whether what has come so far is worth to be kept after the problem. */
bool fetch_keeps_rest(enum problem problem);

/* The beginning of the names of the files that belong to the package. */
void fetch_file_stem(const struct update_package *package, char16_t stem[FOLDER_NAME_UNITS]);

#endif

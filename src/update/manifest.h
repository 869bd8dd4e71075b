/* SPDX-License-Identifier: MIT */
/* manifest.h: which release a channel has, and its packages: the roles timestamp, snapshot and
 * targets of The Update Framework in one.
 *
 * A file `<channel>.manifest`, metadata.h's lines in this order:
 *
 *     gatehouse-manifest 1
 *     product Gatehouse
 *     channel stable                       ; small letters, digits, hyphens
 *     version 12                           ; of the manifest: rises with each
 *     expires 2027-01-31T00:00:00Z
 *     release 1.4.0                        ; of the product
 *     package x86_64 10.0.17763 1482752 <SHA-256> Gatehouse-1.4.0-x86_64.msi    ; 1 to 4
 *
 * A package: architecture, least Windows, size in bytes, digest, and name in the repository's
 * folder (letters, digits, ".", "_", "-"; it ends in ".msi"). Each architecture stands there once.
 */
#ifndef UPDATE_MANIFEST_H
#define UPDATE_MANIFEST_H

#include "update/metadata.h"
#include "update/root.h"
#include "update/version.h"

/* Terminators included. */
enum {
    UPDATE_PACKAGES_MAX = 4,
    UPDATE_CHANNEL_SIZE = 33,
    UPDATE_ARCHITECTURE_SIZE = 17,
    UPDATE_FILE_NAME_SIZE = 101
};
/* No package is larger: 1 GiB. */
#define UPDATE_PACKAGE_MAX_SIZE UINT64_C(1073741824)

struct update_package {
    char architecture[UPDATE_ARCHITECTURE_SIZE];
    struct update_version least_windows;
    uint64_t size; /* bytes, from 1 on */
    uint8_t digest[UPDATE_DIGEST_SIZE];
    char file_name[UPDATE_FILE_NAME_SIZE];
};

struct update_manifest {
    char product[UPDATE_PRODUCT_SIZE];
    char channel[UPDATE_CHANNEL_SIZE];
    uint64_t version; /* from 1 on */
    uint64_t expires; /* seconds since the beginning of 1970, UTC */
    struct update_version release;
    size_t package_count;
    struct update_package packages[UPDATE_PACKAGES_MAX];
    uint8_t digest[UPDATE_DIGEST_SIZE]; /* of what is signed; zero if only parsed */
};

/* What the manifest is asked for. */
struct update_machine {
    const char *architecture;        /* of the installed product: "x86_64", "i686" */
    struct update_version windows;   /* running */
    struct update_version installed; /* the product */
};

/* Reads a manifest without a look at its signatures: for what only tells the user what there is, or
 * downloads a package that the service will check. */
uint32_t update_manifest_parse(const void *bytes, size_t size, struct update_manifest *manifest,
                               struct update_refusal *refusal);

/* Reads one that a threshold of the root's manifest keys has signed; nothing is read of another
 * one. The root's product must be the manifest's. Whether it is too old is for trust.h to say. */
uint32_t update_manifest_read(const struct update_root *root, const void *bytes, size_t size,
                              struct update_crypto *crypto, struct update_manifest *manifest,
                              struct update_refusal *refusal);

/* Finds the package for a machine. Refuses with UPDATE_ARCHITECTURE, UPDATE_OLD_WINDOWS,
 * UPDATE_DOWNGRADE, or UPDATE_INSTALLED_ALREADY if the release is the installed one. `*package`
 * points into the manifest. */
uint32_t update_manifest_choose(const struct update_manifest *manifest,
                                const struct update_machine *machine,
                                const struct update_package **package,
                                struct update_refusal *refusal);

/* Whether `length` bytes are the name of a channel: 1 to 32 small letters, digits and hyphens. */
bool update_channel_is_valid(const char *channel, size_t length);

#endif

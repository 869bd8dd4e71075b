/* SPDX-License-Identifier: MIT */
/* update_lab.h: writes and signs roots and manifests, right ones and wrong ones, for the tests of
 * src/update. */
#ifndef TESTS_UNIT_UPDATE_LAB_H
#define TESTS_UNIT_UPDATE_LAB_H

#include "tests/unit/update_keys.h"
#include "update/trust.h"

/* Keys, as bits of a set. */
enum {
    ROOT_A = 1,
    ROOT_B = 2,
    ROOT_C = 4,
    ROOT_D = 8,
    MANIFEST_A = 16,
    MANIFEST_B = 32,
    MANIFEST_C = 64,
    STRANGER = 128
};
enum { LAB_KEYS = 8, LAB_FILE_SIZE = 2 * UPDATE_METADATA_SIZE };

struct lab {
    struct update_crypto *crypto;
    struct signing_key keys[LAB_KEYS];
    struct update_trust *trust;
};

/* The installed root is `usual_root`, at `lab_now`. */
void lab_open(struct lab *lab);
void lab_close(struct lab *lab);

struct lab_file {
    char text[LAB_FILE_SIZE];
    size_t size;
};

struct lab_root {
    const char *product;
    unsigned version;
    const char *expires;
    unsigned root_threshold, roots;         /* a set */
    unsigned manifest_threshold, manifests; /* a set */
    unsigned signers;                       /* how many */
};

struct lab_manifest {
    const char *product, *channel;
    unsigned version;
    const char *expires, *release, *packages; /* the last: whole lines */
};

extern const struct lab_root usual_root;
extern const struct lab_manifest usual_manifest;
extern const uint64_t lab_now; /* both have not expired then */

/* Each replaces what is in the file. */
void lab_write_root(const struct lab *lab, const struct lab_root *root, struct lab_file *file);
void lab_write_manifest(const struct lab_manifest *manifest, struct lab_file *file);

/* Adds bytes; lines of keys and of hexadecimal digits. */
void lab_add(struct lab_file *file, const char *text);
void lab_add_key(const struct lab *lab, const char *word, unsigned key, struct lab_file *file);
void lab_add_hex(struct lab_file *file, const uint8_t *bytes, size_t size);

/* Puts another text in the place of the first such one. */
void lab_replace(struct lab_file *file, const char *old, const char *new);

/* Each key of the set signs all lines before the first signature. */
void lab_sign(const struct lab *lab, unsigned keys, struct lab_file *file);

/* The usual ways: writes, signs, and offers it. */
uint32_t lab_offer_root(struct lab *lab, const struct lab_root *root, unsigned signed_by,
                        struct update_refusal *refusal);
uint32_t lab_offer_manifest(struct lab *lab, const struct lab_manifest *manifest,
                            unsigned signed_by, struct update_refusal *refusal);
uint32_t lab_accept(struct lab *lab, const struct lab_file *file, struct update_refusal *refusal);

/* Closes the trust and opens it again by what was stored, with `root` as the installed one. */
uint32_t lab_reopen(struct lab *lab, const struct lab_file *root, struct update_refusal *refusal);

#endif

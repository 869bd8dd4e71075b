/* SPDX-License-Identifier: MIT */
/* Roots and manifests have one form: what is written otherwise is refused, and the refusal names
 * the line. */
#include "tests/unit/cmocka_test.h"
#include "tests/unit/update_lab.h"

#include "base/array.h"
#include "update/lines.h"

#include <string.h>

static struct lab lab;
static struct lab_file file;

static int open_lab(void **state)
{
    (void)state;
    lab_open(&lab);
    return 0;
}

static int close_lab(void **state)
{
    (void)state;
    lab_close(&lab);
    return 0;
}

#define SHA_256 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

struct spoiled {
    const char *old, *new;
    size_t line; /* 0: it is well-formed */
};

static const struct spoiled spoiled_manifests[] = {
    {"gatehouse-manifest 1", "gatehouse-manifest 1", 0},
    {"gatehouse-manifest 1", "gatehouse-root 1", 1},
    {"gatehouse-manifest 1", "Gatehouse-manifest 1", 1},
    {"gatehouse-manifest 1", "gatehouse-manifest 01", 1},
    {"gatehouse-manifest 1", "gatehouse-manifest 1 ", 1},
    {"gatehouse-manifest 1", "gatehouse-manifest  1", 1},
    {"gatehouse-manifest 1\n", "", 1},
    {"gatehouse-manifest 1\n", "\ngatehouse-manifest 1\n", 1},
    {"product Gatehouse\n", "", 2},
    {"product Gatehouse\n", "product\n", 2},
    {"product Gatehouse\n", "product \n", 2},
    {"product Gatehouse\n", "product  Gatehouse\n", 2},
    {"product Gatehouse\n", "product Gatehouse \n", 2},
    {"product Gatehouse\n", "product Gatehouse\nproduct Gatehouse\n", 3},
    {"channel stable", "channel Stable", 3},
    {"channel stable", "channel sta/ble", 3},
    {"channel stable", "channel sta.ble", 3},
    {"channel stable", "channel abcdefghijklmnopqrstuvwxyz0123456", 3},
    {"channel stable\nversion 5\n", "version 5\nchannel stable\n", 3},
    {"version 5", "version 05", 4},
    {"version 5", "version 0", 4},
    {"version 5", "version -5", 4},
    {"version 5", "version +5", 4},
    {"version 5", "version 0x5", 4},
    {"version 5", "version 5 6", 4},
    {"version 5", "version 9223372036854775807", 0},
    {"version 5", "version 9223372036854775808", 4},
    {"version 5", "version 18446744073709551621", 4},
    {"expires 2027-01-01T00:00:00Z", "expires 2027-01-01 00:00:00Z", 5},
    {"expires 2027-01-01T00:00:00Z", "expires 2027-01-01T00:00:00", 5},
    {"expires 2027-01-01T00:00:00Z", "expires 2027-1-01T00:00:00Z", 5},
    {"expires 2027-01-01T00:00:00Z", "expires 2027-13-01T00:00:00Z", 5},
    {"expires 2027-01-01T00:00:00Z", "expires 2027-00-01T00:00:00Z", 5},
    {"expires 2027-01-01T00:00:00Z", "expires 2027-02-29T00:00:00Z", 5},
    {"expires 2027-01-01T00:00:00Z", "expires 2028-02-29T00:00:00Z", 0},
    {"expires 2027-01-01T00:00:00Z", "expires 2100-02-29T00:00:00Z", 5},
    {"expires 2027-01-01T00:00:00Z", "expires 2027-04-31T00:00:00Z", 5},
    {"expires 2027-01-01T00:00:00Z", "expires 2027-01-01T24:00:00Z", 5},
    {"expires 2027-01-01T00:00:00Z", "expires 2027-01-01T00:60:00Z", 5},
    {"expires 2027-01-01T00:00:00Z", "expires 2027-01-01T00:00:60Z", 5},
    {"expires 2027-01-01T00:00:00Z", "expires 1969-12-31T00:00:00Z", 5},
    {"expires 2027-01-01T00:00:00Z", "expires 9999-12-31T23:59:59Z", 0},
    {"expires 2027-01-01T00:00:00Z", "expires 1800000000", 5},
    {"release 1.1.0", "release 1.1", 6},
    {"release 1.1.0", "release 1.1.0.0", 6},
    {"release 1.1.0", "release 1.01.0", 6},
    {"release 1.1.0", "release 1.1.65536", 6},
    {"release 1.1.0", "release 1..0", 6},
    {"release 1.1.0", "release 1.1.0-rc1", 6},
    {"package x86_64", "package X86_64", 7},
    {"package x86_64", "package x86_64 x86_64", 7},
    {"package x86_64", "package abcdefghijklmnopq", 7},
    {" 1000 ", " 0 ", 7},
    {" 1000 ", " 1073741824 ", 0},
    {" 1000 ", " 1073741825 ", 7},
    {" 1000 ", " 1e3 ", 7},
    {"aabbccddeeff ", "AABBCCDDEEFF ", 7},
    {"aabbccddeeff ", "aabbccddeef ", 7},
    {"aabbccddeeff ", "aabbccddeeff0 ", 7},
    {"aabbccddeeff ", "aabbccddeefg ", 7},
    {"Gatehouse-1.1.0", "/Gatehouse-1.1.0", 7},
    {"Gatehouse-1.1.0", ".Gatehouse-1.1.0", 7},
    {"Gatehouse-1.1.0", "C:Gatehouse-1.1.0", 7},
    {"Gatehouse-1.1.0", "%2e%2e", 7},
    {"Gatehouse-1.1.0-x86_64.msi", "Gatehouse.exe", 7},
    {"Gatehouse-1.1.0-x86_64.msi", ".msi", 7},
    {"Gatehouse-1.1.0-x86_64.msi", "a.msi", 0},
    {"Gatehouse-1.1.0-x86_64.msi\n", "a.msi\npackage i686 10.0.17763 1 " SHA_256 " b.msi\n", 0},
    {"Gatehouse-1.1.0-x86_64.msi\n", "a.msi\npackage x86_64 10.0.17763 1 " SHA_256 " b.msi\n", 8},
    {"Gatehouse-1.1.0-x86_64.msi\n", "a.msi\nlater line\n", 8},
    {"Gatehouse-1.1.0-x86_64.msi\n", "a.msi\n\n", 8},
    {"release 1.1.0\n", "release 1.1.0\n#\n", 7},
};

static void check_spoiled(const struct spoiled *row, uint32_t code,
                          const struct update_refusal *refusal)
{
    if (row->line ? refusal->reason != UPDATE_BAD_LINE || refusal->line != row->line : code != 0)
        fail_msg("'%s': %s, line %u", row->new, update_reason_name(refusal->reason),
                 (unsigned)refusal->line);
}

static void test_a_manifest_has_one_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(spoiled_manifests); i++) {
        const struct spoiled *row = &spoiled_manifests[i];
        struct update_manifest manifest;
        struct update_refusal refusal = {0};
        lab_write_manifest(&usual_manifest, &file);
        lab_replace(&file, row->old, row->new);
        lab_sign(&lab, MANIFEST_A, &file);
        const uint32_t code = update_manifest_parse(file.text, file.size, &manifest, &refusal);
        check_spoiled(row, code, &refusal);
    }
}

static const struct spoiled spoiled_roots[] = {
    {"gatehouse-root 1", "gatehouse-root 1", 0},
    {"gatehouse-root 1", "gatehouse-root 2", 1},
    {"gatehouse-root 1", "gatehouse-manifest 1", 1},
    {"version 1", "version 0", 3},
    {"root-threshold 2", "root-threshold 0", 5},
    {"root-threshold 2", "root-threshold 17", 5},
    {"root-threshold 2\n", "", 5},
    {"root-threshold 2\n", "root-threshold 2\nmanifest-threshold 1\n", 6},
    {"manifest-threshold 1\n", "manifest-threshold 1\nmanifest-threshold 1\n", 10},
    {"signer 0000", "signer 000", 12},
    {"signer 0000", "signer 00000", 12},
    {"signer ", "signers ", 12},
    {"signer ", "later-line 1\nsigner ", 12},
};

static void test_a_root_has_one_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(spoiled_roots); i++) {
        const struct spoiled *row = &spoiled_roots[i];
        struct update_root root;
        struct update_refusal refusal = {0};
        lab_write_root(&lab, &usual_root, &file);
        lab_replace(&file, row->old, row->new);
        lab_sign(&lab, ROOT_A | ROOT_B, &file);
        const uint32_t code = update_root_read(file.text, file.size, lab.crypto, &root, &refusal);
        check_spoiled(row, code, &refusal);
    }
}

static void test_a_root_must_name_a_signer_and_no_more_than_eight(void **state)
{
    static const struct {
        unsigned signers;
        size_t line;
    } rows[] = {{0, 12}, {1, 0}, {UPDATE_SIGNERS_MAX, 0}, {UPDATE_SIGNERS_MAX + 1, 20}};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct lab_root wanted = usual_root;
        struct update_root root;
        struct update_refusal refusal = {0};
        wanted.signers = rows[i].signers;
        lab_write_root(&lab, &wanted, &file);
        lab_sign(&lab, ROOT_A | ROOT_B, &file);
        update_root_read(file.text, file.size, lab.crypto, &root, &refusal);
        assert_int_equal(refusal.line, rows[i].line);
    }
}

/* The signatures are judged first. */
static void test_nothing_is_read_of_an_unsigned_manifest(void **state)
{
    struct update_refusal refusal;
    (void)state;
    lab_write_manifest(&usual_manifest, &file);
    lab_replace(&file, "channel stable", "channel ../..");
    lab_sign(&lab, STRANGER, &file);
    assert_int_not_equal(lab_accept(&lab, &file, &refusal), 0);
    assert_int_equal(refusal.reason, UPDATE_SIGNATURES);
}

static void test_a_file_may_be_so_long(void **state)
{
    struct update_metadata metadata;
    struct update_refusal refusal;
    (void)state;
    file.size = 0;
    lab_add(&file, "x ");
    lab_sign(&lab, MANIFEST_A, &file);
    const size_t signature = file.size - 2;
    file.size = 0;
    while (file.size < UPDATE_METADATA_SIZE - signature - 1)
        lab_add(&file, "x");
    lab_add(&file, "\n");
    lab_sign(&lab, MANIFEST_A, &file);
    assert_int_equal(file.size, UPDATE_METADATA_SIZE);
    assert_int_equal(update_metadata_split(file.text, file.size, &metadata, &refusal), 0);
    assert_int_equal(metadata.body_size, UPDATE_METADATA_SIZE - signature);
    assert_int_equal(update_metadata_split(file.text, file.size + 1, &metadata, &refusal),
                     update_reason_code(UPDATE_TOO_LARGE));
}

static void test_a_refusal_names_the_line_of_a_bad_byte(void **state)
{
    static const char bytes[] = "gatehouse-manifest 1\r\n";
    static const char wide[] = "a\nb\nc\xC3\xA4\n";
    struct update_metadata metadata;
    struct update_refusal refusal;
    (void)state;
    update_metadata_split(bytes, sizeof(bytes) - 1, &metadata, &refusal);
    assert_int_equal(refusal.reason, UPDATE_BAD_CHARACTER);
    assert_int_equal(refusal.line, 1);
    update_metadata_split(wide, sizeof(wide) - 1, &metadata, &refusal);
    assert_int_equal(refusal.reason, UPDATE_BAD_CHARACTER);
    assert_int_equal(refusal.line, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_manifest_has_one_form),
        cmocka_unit_test(test_a_root_has_one_form),
        cmocka_unit_test(test_a_root_must_name_a_signer_and_no_more_than_eight),
        cmocka_unit_test(test_nothing_is_read_of_an_unsigned_manifest),
        cmocka_unit_test(test_a_file_may_be_so_long),
        cmocka_unit_test(test_a_refusal_names_the_line_of_a_bad_byte),
    };
    return cmocka_run_group_tests(tests, open_lab, close_lab);
}

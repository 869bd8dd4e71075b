/* SPDX-License-Identifier: MIT */
#include "update/manifest.h"

#include "base/array.h"
#include "update/lines.h"

#include <string.h>

/* ---- names ---- */

static bool is_decimal(char unit)
{
    return unit >= '0' && unit <= '9';
}

static bool is_small(char unit)
{
    return unit >= 'a' && unit <= 'z';
}

bool update_channel_is_valid(const char *channel, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!is_small(channel[i]) && !is_decimal(channel[i]) && channel[i] != '-')
            return false;
    return length && length < UPDATE_CHANNEL_SIZE;
}

static bool is_architecture(const char *name)
{
    for (; *name; name++)
        if (!is_small(*name) && !is_decimal(*name) && *name != '_')
            return false;
    return true;
}

/* A name that means the same to a web server, to Windows, and in a folder: it begins with a letter
 * or digit and has no path in it. */
static bool is_file_name(const char *name)
{
    static const char end[] = ".msi";
    const size_t length = strlen(name);
    for (size_t i = 0; i < length; i++) {
        const bool is_alphanumeric =
            is_decimal(name[i]) || is_small(name[i]) || (name[i] >= 'A' && name[i] <= 'Z');
        if (!is_alphanumeric && (!i || !strchr("._-", name[i])))
            return false;
    }
    return length >= sizeof(end) && strcmp(name + length - (sizeof(end) - 1), end) == 0;
}

/* ---- lines ---- */

static bool read_manifest_format(struct update_line *values, void *target)
{
    uint64_t format;
    (void)target;
    return update_line_number(values, 1, UINT16_MAX, &format) && format == 1;
}

static bool read_manifest_product(struct update_line *values, void *target)
{
    struct update_manifest *manifest = target;
    return update_line_rest(values, manifest->product, sizeof(manifest->product));
}

static bool read_channel(struct update_line *values, void *target)
{
    struct update_manifest *manifest = target;
    return update_line_word(values, manifest->channel, sizeof(manifest->channel)) &&
           update_channel_is_valid(manifest->channel, strlen(manifest->channel));
}

static bool read_manifest_version(struct update_line *values, void *target)
{
    return update_line_number(values, 1, INT64_MAX, &((struct update_manifest *)target)->version);
}

static bool read_manifest_expires(struct update_line *values, void *target)
{
    return update_line_time(values, &((struct update_manifest *)target)->expires);
}

static bool read_release(struct update_line *values, void *target)
{
    return update_line_version(values, &((struct update_manifest *)target)->release);
}

static const struct update_package *find_package(const struct update_manifest *manifest,
                                                 size_t count, const char *architecture)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(manifest->packages[i].architecture, architecture) == 0)
            return &manifest->packages[i];
    return NULL;
}

static bool read_package(struct update_line *values, void *target)
{
    struct update_manifest *manifest = target;
    struct update_package *package = &manifest->packages[manifest->package_count++];
    return update_line_word(values, package->architecture, sizeof(package->architecture)) &&
           is_architecture(package->architecture) &&
           !find_package(manifest, manifest->package_count - 1, package->architecture) &&
           update_line_version(values, &package->least_windows) &&
           update_line_number(values, 1, UPDATE_PACKAGE_MAX_SIZE, &package->size) &&
           update_line_hex(values, package->digest, sizeof(package->digest)) &&
           update_line_word(values, package->file_name, sizeof(package->file_name)) &&
           is_file_name(package->file_name);
}

static const struct update_line_rule manifest_lines[] = {
    {"gatehouse-manifest", 1, 1, read_manifest_format},
    {"product", 1, 1, read_manifest_product},
    {"channel", 1, 1, read_channel},
    {"version", 1, 1, read_manifest_version},
    {"expires", 1, 1, read_manifest_expires},
    {"release", 1, 1, read_release},
    {"package", 1, UPDATE_PACKAGES_MAX, read_package},
};

/* ---- manifests ---- */

static uint32_t manifest_read_body(const struct update_metadata *metadata,
                                   struct update_manifest *manifest, struct update_refusal *refusal)
{
    *manifest = (struct update_manifest){0};
    return update_lines_read(metadata->body, metadata->body_size, manifest_lines,
                             ARRAY_COUNT(manifest_lines), manifest, refusal);
}

uint32_t update_manifest_parse(const void *bytes, size_t size, struct update_manifest *manifest,
                               struct update_refusal *refusal)
{
    struct update_metadata metadata;
    const uint32_t error = update_metadata_split(bytes, size, &metadata, refusal);
    return error ? error : manifest_read_body(&metadata, manifest, refusal);
}

uint32_t update_manifest_read(const struct update_root *root, const void *bytes, size_t size,
                              struct update_crypto *crypto, struct update_manifest *manifest,
                              struct update_refusal *refusal)
{
    struct update_metadata metadata;
    uint32_t error = update_metadata_split(bytes, size, &metadata, refusal);
    if (!error)
        error =
            update_metadata_verify(&metadata, crypto, &root->manifests, UPDATE_SIGNATURES, refusal);
    if (!error)
        error = manifest_read_body(&metadata, manifest, refusal);
    if (!error && strcmp(manifest->product, root->product) != 0)
        error = update_refuse(refusal, UPDATE_MANIFEST_PRODUCT);
    if (!error)
        error = update_fail(refusal, update_metadata_digest(&metadata, crypto, manifest->digest));
    return error;
}

uint32_t update_manifest_choose(const struct update_manifest *manifest,
                                const struct update_machine *machine,
                                const struct update_package **package,
                                struct update_refusal *refusal)
{
    const int age = update_version_compare(&manifest->release, &machine->installed);
    *package = find_package(manifest, manifest->package_count, machine->architecture);
    if (age < 0)
        return update_refuse(refusal, UPDATE_DOWNGRADE);
    if (age == 0)
        return update_refuse(refusal, UPDATE_INSTALLED_ALREADY);
    if (!*package)
        return update_refuse(refusal, UPDATE_ARCHITECTURE);
    if (update_version_compare(&machine->windows, &(*package)->least_windows) < 0)
        return update_refuse(refusal, UPDATE_OLD_WINDOWS);
    return 0;
}

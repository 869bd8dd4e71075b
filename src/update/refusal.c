/* SPDX-License-Identifier: MIT */
#include "update/refusal.h"

#include "base/array.h"
#include "base/errors.h"

#include "update/crypto.h"

#include <stdio.h>

/* winerror.h gives these a type of windows.h. */
#define NOT_TRUSTED  0x800B0004U /* TRUST_E_SUBJECT_NOT_TRUSTED */
#define NO_SIGNATURE 0x800B0100U /* TRUST_E_NOSIGNATURE */
#define EXPIRED      0x800B0101U /* CERT_E_EXPIRED */
#define BAD_DIGEST   0x80096010U /* TRUST_E_BAD_DIGEST */

struct reason {
    uint32_t code;
    const char *name, *text;
};

#define ROW(reason, code, name, text) [reason] = {(uint32_t)(code), name, text}

static const struct reason reasons[UPDATE_REASONS] = {
    ROW(UPDATE_NOT_REFUSED, 0, "none", "The update is not refused"),
    ROW(UPDATE_FAILED, ERROR_GEN_FAILURE, "failed", "The update could not be checked"),

    ROW(UPDATE_TOO_LARGE, ERROR_FILE_TOO_LARGE, "too-large",
        "A root or manifest is longer than 65536 bytes"),
    ROW(UPDATE_EMPTY, ERROR_INVALID_DATA, "empty",
        "A root or manifest is empty or ends in the middle of a line"),
    ROW(UPDATE_BAD_CHARACTER, ERROR_INVALID_DATA, "bad-character",
        "A root or manifest holds a byte that is neither printable ASCII nor a line feed"),
    ROW(UPDATE_BAD_LINE, ERROR_INVALID_DATA, "bad-line",
        "A line of a root or manifest is missing, in the wrong place, or malformed"),
    ROW(UPDATE_UNSIGNED, UPDATE_BAD_SIGNATURE, "unsigned", "A root or manifest is not signed"),
    ROW(UPDATE_TOO_MANY_SIGNATURES, ERROR_INVALID_DATA, "too-many-signatures",
        "A root or manifest has more than 32 signatures"),
    ROW(UPDATE_REPEATED_SIGNATURE, ERROR_INVALID_DATA, "repeated-signature",
        "A root or manifest has two signatures of one key"),
    ROW(UPDATE_SIGNATURES, UPDATE_BAD_SIGNATURE, "signatures",
        "A root or manifest is not signed by as many trusted keys as it must be"),

    ROW(UPDATE_NO_ROOT, ERROR_FILE_NOT_FOUND, "no-root",
        "The file update.root is missing beside the service program, so no update can be trusted"),
    ROW(UPDATE_ROOT_CHANGEABLE, ERROR_ACCESS_DENIED, "root-changeable",
        "Others than administrators can change the file update.root beside the service program"),
    ROW(UPDATE_ROOT_NEW_SIGNATURES, UPDATE_BAD_SIGNATURE, "root-new-signatures",
        "A root is not signed by as many of its own keys as it says"),
    ROW(UPDATE_ROOT_PRODUCT, ERROR_UNKNOWN_PRODUCT, "root-product",
        "A root is for another product"),
    ROW(UPDATE_ROOT_ROLLBACK, ERROR_REVISION_MISMATCH, "root-rollback",
        "A root is older than the one accepted before, or the same"),
    ROW(UPDATE_ROOT_GAP, ERROR_REVISION_MISMATCH, "root-gap",
        "A root is not the next version after the one accepted before"),
    ROW(UPDATE_ROOT_EXPIRED, EXPIRED, "root-expired",
        "The newest root has expired. A newer one is needed, or the clock is wrong"),
    ROW(UPDATE_ROOT_REPLACED, ERROR_REVISION_MISMATCH, "root-replaced",
        "The installed root and the one accepted before have one version but different contents"),
    ROW(UPDATE_KEY_ID, ERROR_INVALID_DATA, "key-id",
        "A root gives a key an id that is not the key's"),
    ROW(UPDATE_KEY_REPEATED, ERROR_INVALID_DATA, "key-repeated", "A root names a key twice"),
    ROW(UPDATE_THRESHOLD, ERROR_INVALID_DATA, "threshold",
        "A root asks for more signatures than it has keys"),

    ROW(UPDATE_MANIFEST_PRODUCT, ERROR_UNKNOWN_PRODUCT, "manifest-product",
        "The manifest is for another product"),
    ROW(UPDATE_MANIFEST_CHANNEL, ERROR_INVALID_NAME, "manifest-channel",
        "The manifest is for another channel"),
    ROW(UPDATE_MANIFEST_ROLLBACK, ERROR_REVISION_MISMATCH, "manifest-rollback",
        "The manifest is older than the one accepted before"),
    ROW(UPDATE_MANIFEST_REPLACED, ERROR_REVISION_MISMATCH, "manifest-replaced",
        "The manifest has the version of the one accepted before but another content"),
    ROW(UPDATE_MANIFEST_EXPIRED, EXPIRED, "manifest-expired",
        "The manifest has expired. A newer one is needed, or the clock is wrong"),
    ROW(UPDATE_ARCHITECTURE, ERROR_INSTALL_PLATFORM_UNSUPPORTED, "architecture",
        "The manifest has no package for the installed architecture"),
    ROW(UPDATE_OLD_WINDOWS, ERROR_OLD_WIN_VERSION, "old-windows",
        "The release needs a newer version of Windows"),
    ROW(UPDATE_DOWNGRADE, ERROR_PRODUCT_VERSION, "downgrade",
        "The release is older than the installed one"),
    ROW(UPDATE_INSTALLED_ALREADY, ERROR_PRODUCT_VERSION, "installed-already",
        "The release is installed already"),

    ROW(UPDATE_RECORD_DAMAGED, ERROR_FILE_CORRUPT, "record-damaged",
        "The record of accepted updates is damaged. An administrator must delete it, after a look "
        "at "
        "docs/updates.md"),
    ROW(UPDATE_RECORD_FULL, ERROR_NOT_ENOUGH_QUOTA, "record-full",
        "Updates of 16 other channels were accepted before"),

    ROW(UPDATE_PACKAGE_SHORT, ERROR_HANDLE_EOF, "package-short",
        "The package is shorter than the manifest says"),
    ROW(UPDATE_PACKAGE_LONG, ERROR_FILE_TOO_LARGE, "package-long",
        "The package is longer than the manifest says"),
    ROW(UPDATE_PACKAGE_DIGEST, ERROR_CRC, "package-digest",
        "The package is not the one of the manifest: its SHA-256 differs"),
    ROW(UPDATE_PACKAGE_UNSIGNED, NO_SIGNATURE, "package-unsigned",
        "The package has no Authenticode signature"),
    ROW(UPDATE_PACKAGE_SIGNATURE, BAD_DIGEST, "package-signature",
        "Windows does not trust the package's Authenticode signature"),
    ROW(UPDATE_PACKAGE_SIGNER, NOT_TRUSTED, "package-signer",
        "The package is signed by somebody whom the root does not name"),

    ROW(UPDATE_PATH_FORM, ERROR_BAD_PATHNAME, "path-form",
        "A file of the update must be named by a whole path that begins with a drive's letter"),
    ROW(UPDATE_PATH_REMOTE, ERROR_BAD_NETPATH, "path-remote",
        "A file of the update must be on a disk of this computer"),
    ROW(UPDATE_PATH_DEVICE, ERROR_BAD_DEV_TYPE, "path-device",
        "A file of the update is a device or pipe"),
    ROW(UPDATE_PATH_FOLDER, ERROR_DIRECTORY, "path-folder", "A file of the update is a folder"),
    ROW(UPDATE_PATH_LINK, ERROR_CANT_ACCESS_FILE, "path-link",
        "The path of a file of the update leads through a link"),
    ROW(UPDATE_PATH_UNREADABLE, ERROR_ACCESS_DENIED, "path-unreadable",
        "A file of the update cannot be read as the user"),
    ROW(UPDATE_PATH_CHANGED, ERROR_FILE_INVALID, "path-changed",
        "A file of the update was changed or exchanged while it was read"),

    ROW(UPDATE_OFF, ERROR_ACCESS_DISABLED_BY_POLICY, "off",
        "Updates are off on this computer (setting updates)"),
    ROW(UPDATE_CHECK_ONLY, ERROR_ACCESS_DISABLED_BY_POLICY, "check-only",
        "Updates are only looked for on this computer, not installed (setting updates)"),
    ROW(UPDATE_USER, ERROR_ACCESS_DENIED, "user",
        "This user may not install updates (setting update_users)"),
    ROW(UPDATE_SESSIONS, ERROR_BUSY, "sessions",
        "Others are connected: an update waits until they are not, if it is asked to "
        "(--when-idle)"),
    ROW(UPDATE_BUSY, ERROR_BUSY, "busy", "Another update is waiting or being installed"),
    ROW(UPDATE_OTHER_INSTALLATION, ERROR_INSTALL_ALREADY_RUNNING, "other-installation",
        "Windows is installing something else. Try again when it is done"),
    ROW(UPDATE_DISK_FULL, ERROR_DISK_FULL, "disk-full",
        "There is not enough room on the disk for the update"),
    ROW(UPDATE_FAILED_BEFORE, ERROR_INSTALL_FAILURE, "failed-before",
        "This release could not be installed before. It is not tried again until there is a newer "
        "manifest, or an administrator asks for it"),
};
#undef ROW

uint32_t update_refuse(struct update_refusal *refusal, enum update_reason reason)
{
    *refusal = (struct update_refusal){.reason = reason, .code = update_reason_code(reason)};
    return refusal->code;
}

uint32_t update_refuse_line(struct update_refusal *refusal, enum update_reason reason, size_t line)
{
    const uint32_t code = update_refuse(refusal, reason);
    refusal->line = line;
    return code;
}

uint32_t update_fail(struct update_refusal *refusal, uint32_t code)
{
    if (code)
        *refusal = (struct update_refusal){.reason = UPDATE_FAILED, .code = code};
    return code;
}

uint32_t update_reason_code(enum update_reason reason)
{
    return reasons[reason].code;
}

const char *update_reason_name(enum update_reason reason)
{
    return reasons[reason].name;
}

const char *update_reason_text(enum update_reason reason)
{
    return reasons[reason].text;
}

char *update_refusal_text(const struct update_refusal *refusal, char text[UPDATE_REFUSAL_SIZE])
{
    const char *sentence = update_reason_text(refusal->reason);
    if (refusal->line)
        snprintf(text, UPDATE_REFUSAL_SIZE, "%s (line %u)", sentence, (unsigned)refusal->line);
    else if (refusal->reason == UPDATE_FAILED)
        snprintf(text, UPDATE_REFUSAL_SIZE, "%s (error %u)", sentence, (unsigned)refusal->code);
    else
        snprintf(text, UPDATE_REFUSAL_SIZE, "%s", sentence);
    return text;
}

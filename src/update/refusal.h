/* SPDX-License-Identifier: MIT */
/* refusal.h: why an update was refused: one row a reason, with the Win32 code and the sentence that
 * the service and its client say. docs/updates.md lists them, with the attack that each stops. */
#ifndef UPDATE_REFUSAL_H
#define UPDATE_REFUSAL_H

#include <stddef.h>
#include <stdint.h>

enum update_reason {
    UPDATE_NOT_REFUSED,
    UPDATE_FAILED, /* nothing is wrong with the update: memory is short, or the like */

    /* A file of metadata, as bytes. */
    UPDATE_TOO_LARGE,
    UPDATE_EMPTY,
    UPDATE_BAD_CHARACTER,
    UPDATE_BAD_LINE,
    UPDATE_UNSIGNED,
    UPDATE_TOO_MANY_SIGNATURES,
    UPDATE_REPEATED_SIGNATURE,
    UPDATE_SIGNATURES, /* too few of the keys that count have signed it */

    /* A root. */
    UPDATE_NO_ROOT,
    UPDATE_ROOT_CHANGEABLE,
    UPDATE_ROOT_NEW_SIGNATURES, /* too few of its own keys */
    UPDATE_ROOT_PRODUCT,
    UPDATE_ROOT_ROLLBACK,
    UPDATE_ROOT_GAP,
    UPDATE_ROOT_EXPIRED,
    UPDATE_ROOT_REPLACED, /* two roots of one version */
    UPDATE_KEY_ID,
    UPDATE_KEY_REPEATED,
    UPDATE_THRESHOLD,

    /* A manifest. */
    UPDATE_MANIFEST_PRODUCT,
    UPDATE_MANIFEST_CHANNEL,
    UPDATE_MANIFEST_ROLLBACK,
    UPDATE_MANIFEST_REPLACED, /* two manifests of one version */
    UPDATE_MANIFEST_EXPIRED,
    UPDATE_ARCHITECTURE,
    UPDATE_OLD_WINDOWS,
    UPDATE_DOWNGRADE,
    UPDATE_INSTALLED_ALREADY,

    /* What was accepted before. */
    UPDATE_RECORD_DAMAGED,
    UPDATE_RECORD_FULL,

    /* The package. */
    UPDATE_PACKAGE_SHORT,
    UPDATE_PACKAGE_LONG,
    UPDATE_PACKAGE_DIGEST,
    UPDATE_PACKAGE_UNSIGNED,
    UPDATE_PACKAGE_SIGNATURE,
    UPDATE_PACKAGE_SIGNER,

    /* Files that the caller names. */
    UPDATE_PATH_FORM,
    UPDATE_PATH_REMOTE,
    UPDATE_PATH_DEVICE,
    UPDATE_PATH_FOLDER,
    UPDATE_PATH_LINK,
    UPDATE_PATH_UNREADABLE,
    UPDATE_PATH_CHANGED,

    /* This computer, now. */
    UPDATE_OFF,
    UPDATE_CHECK_ONLY,
    UPDATE_USER,
    UPDATE_SESSIONS,
    UPDATE_BUSY,
    UPDATE_OTHER_INSTALLATION,
    UPDATE_DISK_FULL,
    UPDATE_FAILED_BEFORE,
    UPDATE_REASONS
};

struct update_refusal {
    enum update_reason reason;
    uint32_t code; /* a Win32 code or HRESULT */
    size_t line;   /* of UPDATE_BAD_LINE and UPDATE_BAD_CHARACTER, from 1 on */
};

/* Notes the reason, and returns its code (never 0). */
uint32_t update_refuse(struct update_refusal *refusal, enum update_reason reason);

/* The same of a line of metadata. */
uint32_t update_refuse_line(struct update_refusal *refusal, enum update_reason reason, size_t line);

/* Notes an error that says nothing of the update (UPDATE_FAILED), and returns it. 0 is passed on
 * and notes nothing. */
uint32_t update_fail(struct update_refusal *refusal, uint32_t code);

/* The code of a reason, its short name ("root-expired", stable: docs/updates.md), and the sentence,
 * ASCII. Of UPDATE_FAILED the code is ERROR_GEN_FAILURE. */
uint32_t update_reason_code(enum update_reason reason);
const char *update_reason_name(enum update_reason reason);
const char *update_reason_text(enum update_reason reason);

/* The sentence of a refusal, with its line if it has one, in `text`; returns `text`. */
enum { UPDATE_REFUSAL_SIZE = 256 };
char *update_refusal_text(const struct update_refusal *refusal, char text[UPDATE_REFUSAL_SIZE]);

#endif

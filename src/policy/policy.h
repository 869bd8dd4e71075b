/* SPDX-License-Identifier: MIT */
/* policy.h: what a caller without special rights may ask openvpn.exe to do.
 *
 * Only options of the white list, never `--setenv opt`, no wildcards (some C run-times expand them
 * into file names of the working folder, quoted or not), and only config files whose final path
 * lies in the config folder. Facts and texts: docs/protocol.md, "Option check". */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "policy/tokens.h"

#include <stdbool.h>

enum {
    POLICY_REASON_UNITS = 512, /* the reference's buffer, terminator included */
    POLICY_PATH_UNITS = 1024   /* longest final path, terminator included */
};

struct policy {
    const char16_t *config_directory; /* final path, with a trailing backslash */
    const char16_t *admin_group;      /* named in the refusal texts */

    /* Opens `path` (absolute, lexically clean) with the caller's rights and writes the final path
     * of what was opened, without the \\?\ prefix of a local one, zero-terminated. Returns 0 or a
     * Win32 error: it does not exist, the caller may not read it, or it is not a plain file. */
    uint32_t (*final_path)(void *context, const char16_t *path, char16_t final[POLICY_PATH_UNITS]);

    /* Caseless equality as the file system sees it (CompareStringOrdinal on Windows). */
    bool (*same_text)(void *context, const char16_t *a, size_t a_length, const char16_t *b,
                      size_t b_length);
    void *context;
};

/* One token that is no option is a config file: "--config" goes in front of it. For every caller,
 * authorised or not. Returns 0 or ERROR_NOT_ENOUGH_MEMORY. */
uint32_t policy_complete(struct tokens *tokens);

/* Checks the tokens of a caller who is not authorised. Returns 0, with the path after each --config
 * replaced by its final path, or ERROR_STARTUP_DATA with the reply's function line in `reason`, or
 * ERROR_NOT_ENOUGH_MEMORY. */
uint32_t policy_check(const struct policy *policy, const char16_t *working_directory,
                      struct tokens *tokens, char16_t reason[POLICY_REASON_UNITS]);

#endif

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
    /* Final path "X:\...\" with its trailing backslash. Of a folder on a server nothing passes. */
    const char16_t *config_directory;
    const char16_t *admin_group; /* named in the refusal texts */

    /* Opens `path` (absolute, lexically clean) with the caller's rights and writes the final path
     * of what was opened, without the \\?\ prefix of a local one, zero-terminated. Returns 0 or a
     * Win32 error: it does not exist, the caller may not read it, or it is not a plain file. A
     * final path has no links left in it, so who cannot write in the config folder cannot make
     * openvpn.exe open another file later. */
    uint32_t (*final_path)(void *context, const char16_t *path, char16_t final[POLICY_PATH_UNITS]);

    /* Caseless equality as the file system sees it (CompareStringOrdinal on Windows). */
    bool (*same_text)(void *context, const char16_t *a, size_t a_length, const char16_t *b,
                      size_t b_length);
    void *context;
};

/* One token that is no option is a config file: "--config" goes in front of it. For every caller,
 * authorised or not. Returns 0 or ERROR_NOT_ENOUGH_MEMORY. */
uint32_t policy_complete(struct tokens *tokens);

/* Checks the tokens of a caller who is not authorised, after policy_complete(). Returns 0, with
 * every config file replaced by its final path; ERROR_STARTUP_DATA with the reply's function line
 * in `reason`, about the first token in order that is refused; or ERROR_NOT_ENOUGH_MEMORY. `reason`
 * is always terminated; what it echoes is shortened so that it fits, control characters stay.
 *
 * A token that starts with "--" is an option wherever it stands, as openvpn.exe sees it, and must
 * be in the white list (options.h). The others are values of the option before them:
 *  - each value of --config must be a file below the config folder, never `stdin`; without a value
 *    (the reference passes that, openvpn.exe then fails) it is refused with the config text and an
 *    empty file or the option that stands in the value's place;
 *  - `opt` as the first value of --setenv is refused in the name of --setenv;
 *  - a value with a wildcard or a control character, and one before the first option (for which
 *    openvpn.exe would end), are refused with the option text naming the value.
 * No tokens at all: refused with the config text and an empty file (the reference names its own
 * executable there, an accident of CommandLineToArgvW). */
uint32_t policy_check(const struct policy *policy, const char16_t *working_directory,
                      struct tokens *tokens, char16_t reason[POLICY_REASON_UNITS]);

#endif

/* SPDX-License-Identifier: MIT */
/* policy.h: checks the options that a caller without special rights passes to openvpn.exe.
 *
 * Allowed are the options of the white list (options.h) without `--setenv opt`, values without
 * wildcards (some C run-times expand them into file names of the working folder, quoted or not),
 * and config files whose final path is below the config folder. Facts and refusal texts:
 * docs/protocol.md, "Option check". */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "policy/tokens.h"

#include <stdbool.h>

enum {
    POLICY_REASON_UNITS = 512, /* size of the reference's buffer, terminator included */
    POLICY_PATH_UNITS = 1024   /* longest final path, terminator included */
};

/* Why options were refused, as the reply tells it. */
struct policy_refusal {
    uint32_t code; /* ERROR_STARTUP_DATA: an administrator can allow it; otherwise the Win32 error
                    * with which a config file could not be opened */
    char16_t text[POLICY_REASON_UNITS];
};

struct policy {
    /* Final path of the config folder, "X:\...\" with the backslash at its end. If the folder is on
     * a server, every config file is refused. */
    const char16_t *config_directory;
    const char16_t *admin_group; /* the group that the refusal texts name */
    bool may_query_remote;       /* whether management-query-remote is in the white list */

    /* Opens `path` (a result of path_resolve()) with the caller's rights and writes the final path
     * of the file, zero-terminated and without the prefix \\?\ of local paths. Returns 0,
     * ERROR_BAD_PATHNAME for what is no plain file, or the Win32 error of opening it: the file does
     * not exist, the caller may not read it, another program keeps it to itself, ... A
     * final path contains no links. So a caller who cannot write in the config folder cannot make
     * openvpn.exe open another file later. */
    uint32_t (*final_path)(void *context, const char16_t *path, char16_t final[POLICY_PATH_UNITS]);

    /* True if the texts are equal when case is ignored as file systems do (CompareStringOrdinal on
     * Windows). */
    bool (*same_text)(void *context, const char16_t *a, size_t a_length, const char16_t *b,
                      size_t b_length);
    void *context;

    /* Judges a profile: the file `path` (a result of path_resolve()), or for NULL what the client
     * has sent for openvpn.exe's standard input. Returns 0, with the path of what runs instead of
     * the file; ERROR_STARTUP_DATA, with the refusal, for a profile that may not run;
     * ERROR_BAD_PATHNAME for what is no plain local file; or the Win32 error of reading it. */
    uint32_t (*take_profile)(void *context, const char16_t *path, struct policy_refusal *refusal,
                             char16_t run[POLICY_PATH_UNITS]);
    void *profile_context;
    bool
        takes_profiles; /* those elsewhere, and on the standard input; otherwise they are refused */
    bool judges_all;    /* those below the config folder, too; and what is not in the white list
                         * may be a directive that a profile may have */
};

/* Inserts "--config" if there is a single token and it is not an option: it is the config file.
 * Done for every caller, authorised or not. Returns 0 or ERROR_NOT_ENOUGH_MEMORY. */
uint32_t policy_complete(struct tokens *tokens);

/* True if openvpn.exe will read its config from its standard input: a value of --config is exactly
 * `stdin`. */
bool policy_takes_stdin(const struct tokens *tokens);

/* Checks the tokens of a caller who is not authorised, after policy_complete(). Returns
 *
 * - 0: every config file is replaced by its final path;
 *
 * - ERROR_STARTUP_DATA: `refusal` says why, about the first token that is refused;
 *
 * - ERROR_NOT_ENOUGH_MEMORY.
 *
 * The text is always zero-terminated. Texts of the caller in it are shortened so that it fits;
 * their control characters are kept.
 *
 * As for openvpn.exe, a token that starts with "--" is an option at any position; it must be in the
 * white list. The other tokens are values of the option before them:
 *  - each value of --config must be a file that the caller can open, below the config folder, and
 * not `stdin`. --config without a value is refused with the config text, which then names an empty
 * file or the next option (the reference lets it pass, and openvpn.exe fails);
 *  - `opt` as the first value of --setenv is refused with the option text, which names --setenv;
 *  - a value with a wildcard or a control character, and a value before the first option
 * (openvpn.exe would end with an error), are refused with the option text, which names the value.
 * An empty list of tokens is refused with the config text and an empty file (the reference names
 * its own executable there, an accident of CommandLineToArgvW). */
uint32_t policy_check(const struct policy *policy, const char16_t *working_directory,
                      struct tokens *tokens, struct policy_refusal *refusal);

/* Writes the refusal of a profile: a sentence without advice. Returns ERROR_STARTUP_DATA. */
uint32_t policy_refuse_profile(const char16_t *admin_group, const char16_t *sentence,
                               struct policy_refusal *refusal);

/* True if the refusal is that of a file or folder that does not exist: it stands whoever asks. */
bool policy_is_missing(const struct policy_refusal *refusal);

#endif

/* SPDX-License-Identifier: MIT */
#include "tests/unit/policy_user.h"

#include "tests/unit/same_text.h"

/* What opening a path finds: the path itself where no final path is given. */
static const struct {
    const char16_t *path, *final;
} files[] = {
    {CONFIG u"\\a.ovpn", NULL},
    {CONFIG u"\\b\\a.ovpn", NULL},
    {CONFIG u"\\stdin", NULL},
    {CONFIG u"\\--verb", NULL},
    {CONFIG u"_evil\\a.ovpn", NULL},
    {u"C:\\Program Files\\OpenVPN\\a.ovpn", NULL},
    {WORK u"\\a.ovpn", NULL},
    {u"C:\\x.ovpn", NULL},
    {CONFIG u"\\x", WORK u"\\a.ovpn"},
    {WORK u"\\stdin", CONFIG u"\\a.ovpn"},
    {u"c:\\program files\\openvpn\\CONFIG\\A.OVPN", CONFIG u"\\a.ovpn"},
    {u"C:\\PROGRA~1\\OpenVPN\\config\\a.ovpn", CONFIG u"\\a.ovpn"},
    {CONFIG u"\\OUTSID~1\\a.ovpn", WORK u"\\a.ovpn"},
    {CONFIG u"\\link-out.ovpn", WORK u"\\a.ovpn"},
    {WORK u"\\link-in.ovpn", CONFIG u"\\a.ovpn"},
    {CONFIG u"\\link-to-server.ovpn", u"\\\\?\\UNC\\server\\share\\a.ovpn"},
    {CONFIG u"\\link-to-volume.ovpn", u"\\\\?\\Volume{1}\\a.ovpn"},
    {CONFIG u"\\link-to-dot.ovpn", CONFIG u"\\a.ovpn."},
    {CONFIG u"\\link-to-device.ovpn", CONFIG u"\\nul"},
    {CONFIG u"\\link-to-folder", CONFIG},
    {CONFIG u"\\link-with-dots.ovpn", CONFIG u"\\..\\a.ovpn"},
};

/* What cannot be opened, and why. ERROR_BAD_PATHNAME is the answer for what is no plain file. */
static const struct {
    const char16_t *path;
    uint32_t error;
} unopened[] = {
    {CONFIG u"\\folder-missing\\a.ovpn", ERROR_PATH_NOT_FOUND},
    {CONFIG u"\\denied.ovpn", ERROR_ACCESS_DENIED},
    {CONFIG u"\\locked.ovpn", 32 /* ERROR_SHARING_VIOLATION */},
    {CONFIG u"\\cloud.ovpn", 426 /* ERROR_CLOUD_FILE_REQUEST_TIMEOUT */},
    {CONFIG u"\\deep.ovpn", ERROR_FILENAME_EXCED_RANGE},
    {CONFIG u"\\pipe.ovpn", ERROR_BAD_PATHNAME},
};

static uint32_t fake_final_path(void *context, const char16_t *path,
                                char16_t final[POLICY_PATH_UNITS])
{
    (void)context;
    struct text text = text_on(final, POLICY_PATH_UNITS);
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        if (!text_equal(path, files[i].path))
            continue;
        text_append(&text, files[i].final ? files[i].final : path);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_COUNT(unopened); i++)
        if (text_equal(path, unopened[i].path))
            return unopened[i].error;
    return ERROR_FILE_NOT_FOUND;
}

const struct policy plain_policy = {
    .may_query_remote = true,
    .config_directory = CONFIG u"\\",
    .admin_group = u"OpenVPN Administrators",
    .final_path = fake_final_path,
    .same_text = same_text,
};

uint32_t policy_run(const struct policy *policy, const char16_t *directory, const char16_t *options,
                    char16_t **line, struct policy_refusal *refusal)
{
    CLEANUP(tokens_free) struct tokens tokens = {0};
    assert_int_equal(tokens_split(options, &tokens), 0);
    assert_int_equal(policy_complete(&tokens), 0);
    uint32_t error = policy_check(policy, directory, &tokens, refusal);
    *line = tokens_join(u"openvpn", &tokens);
    assert_non_null(*line);
    return error;
}

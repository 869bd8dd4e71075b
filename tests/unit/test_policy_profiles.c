/* SPDX-License-Identifier: MIT */
/* Profiles of users, and the options beside them. */
#include "tests/unit/policy_user.h"

/* C:\x.ovpn is refused, and one is too large. */
static uint32_t fake_take_profile(void *context, const char16_t *path,
                                  struct policy_refusal *refusal, char16_t run[POLICY_PATH_UNITS])
{
    struct text text = text_on(run, POLICY_PATH_UNITS);
    size_t *count = context;
    (*count)++;
    if (path && text_equal(path, u"C:\\x.ovpn"))
        return policy_refuse_profile(u"G", u"Line 1 is bad.", refusal);
    text_append(&text, u"C:\\copy");
    return path && text_equal(path, u"C:\\Program Files\\OpenVPN\\a.ovpn") ? ERROR_FILE_TOO_LARGE
                                                                           : 0;
}

static const struct {
    const char16_t *options, *line; /* NULL: refused */
    bool takes_profiles, judges_all;
    size_t taken;
} profiles[] = {
    {u"--config a.ovpn", u"openvpn --config C:\\copy", true, false, 1},
    {u"a.ovpn --verb 3", NULL, true, false, 0},
    {u"--config a.ovpn --up x", NULL, true, false, 1},
    {u"--config C:\\x.ovpn", NULL, true, false, 1},
    {u"--config a.ovpn", NULL, false, false, 0},
    {u"--config stdin", u"openvpn --config stdin", true, false, 1},
    {u"--config stdin", NULL, false, true, 0},
    {u"--config stdin --management 127.0.0.1 1 stdin", NULL, true, false, 1},
    {u"--config a.ovpn --management 127.0.0.1 1 stdin",
     u"openvpn --config C:\\copy --management 127.0.0.1 1 stdin", true, false, 1},
    {u"--config \\\\server\\a.ovpn", NULL, true, false, 0},
    {u"--config \"C:\\Program Files\\OpenVPN\\a.ovpn\"", NULL, true, false, 1},
    {u"--config \"" CONFIG u"\\a.ovpn\"", u"openvpn --config " CONFIG u"\\a.ovpn", true, false, 0},
    {u"--config \"" CONFIG u"\\a.ovpn\"", u"openvpn --config C:\\copy", false, true, 1},
    {u"--config \"" CONFIG u"\\link-out.ovpn\"", u"openvpn --config C:\\copy", true, true, 1},
    {u"--client --remote a 1 udp", u"openvpn --client --remote a 1 udp", false, true, 0},
    {u"--client --remote a 1 udp", NULL, true, false, 0},
    {u"--remote a 0", NULL, false, true, 0},
    {u"--plugin x", NULL, false, true, 0},
    {u"--user x", NULL, false, true, 0},
    {u"--script-security 2", NULL, false, true, 0},
    {u"--script-security 2", u"openvpn --script-security 2", true, false, 0},
    {u"--setenv PATH x", NULL, false, true, 0},
    {u"--setenv IV_GUI_VER x --log x", u"openvpn --setenv IV_GUI_VER x --log x", false, true, 0},
};

static char16_t *without_quotes(char16_t *line)
{
    char16_t *to = line;
    for (const char16_t *from = line; *from; from++)
        if (*from != u'"')
            *to++ = *from;
    *to = 0;
    return line;
}

static void test_profiles_are_judged_where_that_is_set(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(profiles); i++) {
        CLEANUP_FREE char16_t *line = NULL;
        size_t taken = 0;
        struct policy_refusal refusal;
        struct policy policy = plain_policy;
        policy.take_profile = fake_take_profile;
        policy.profile_context = &taken;
        policy.takes_profiles = profiles[i].takes_profiles;
        policy.judges_all = profiles[i].judges_all;
        const uint32_t error = policy_run(&policy, WORK, profiles[i].options, &line, &refusal);
        if (!error != !!profiles[i].line || taken != profiles[i].taken)
            fail_msg("row %zu: %u, %zu taken", i, error, taken);
        if (!error && !text_equal(without_quotes(line), profiles[i].line))
            fail_msg("row %zu", i);
        if (error && !*refusal.text)
            fail_msg("row %zu has no text", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profiles_are_judged_where_that_is_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

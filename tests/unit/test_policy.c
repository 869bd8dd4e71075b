/* SPDX-License-Identifier: MIT */
/* What a user may ask for. Profiles of their own: test_policy_profiles.c. */
#include "tests/unit/policy_user.h"

struct acceptance {
    const char *name;
    const char16_t *directory, *options;
    const char16_t *line; /* after "openvpn " */
};

#define QUOTED_CONFIG u"\"--config\" \"" CONFIG u"\\a.ovpn\""

#define GUI_OPTIONS                                                                                \
    u"--log \"C:\\Users\\joe\\OpenVPN\\log\\a.log\" --config \"a.ovpn\" "                          \
    u"--setenv IV_GUI_VER \"OpenVPN GUI 11.52.0.0\" --setenv IV_SSO openurl,webauth,crtext "       \
    u"--service 1b2000000f3 0 --auth-retry interact --management 127.0.0.1 25340 stdin "           \
    u"--management-query-passwords --management-hold --pull-filter ignore route-method"
#define GUI_LINE                                                                                   \
    u"\"--log\" "                                                                                  \
    u"\"C:\\Users\\joe\\OpenVPN\\log\\a."                                                          \
    u"log\" " QUOTED_CONFIG u" \"--setenv\" \"IV_GUI_VER\" \"OpenVPN GUI 11.52.0.0\" "             \
    u"\"--setenv\" \"IV_SSO\" \"openurl,webauth,crtext\" \"--service\" \"1b2000000f3\" \"0\" "     \
    u"\"--auth-retry\" \"interact\" \"--management\" \"127.0.0.1\" \"25340\" \"stdin\" "           \
    u"\"--management-query-passwords\" \"--management-hold\" "                                     \
    u"\"--pull-filter\" \"ignore\" \"route-method\""

static const struct acceptance accepted[] = {
    {"what OpenVPN-GUI sends", CONFIG, GUI_OPTIONS, GUI_LINE},
    {"OpenVPN-GUI with a proxy and an appended log", CONFIG u"\\b",
     u"--log-append \"C:\\a b.log\" --config \"a.ovpn\" --management-query-proxy",
     u"\"--log-append\" \"C:\\a b.log\" \"--config\" \"" CONFIG u"\\b\\a.ovpn\" "
     u"\"--management-query-proxy\""},
    {"what eduVPN of 2019 sends, from the config folder", CONFIG u"\\", u"--config a.ovpn",
     QUOTED_CONFIG},
    {"absolute config, quoted for its blanks", WORK,
     u"--config \"C:\\Program Files\\OpenVPN\\config\\a.ovpn\" --verb 3",
     QUOTED_CONFIG u" \"--verb\" \"3\""},
    {"every other option of the list", CONFIG,
     u"--config a.ovpn --management-forget-disconnect --management-signal "
     u"--management-up-down --mute 3 --verb 4 --script-security 1",
     QUOTED_CONFIG u" \"--management-forget-disconnect\" \"--management-signal\" "
                   u"\"--management-up-down\" \"--mute\" \"3\" \"--verb\" \"4\" "
                   u"\"--script-security\" \"1\""},
    {"one token is a config file", CONFIG, u"a.ovpn", QUOTED_CONFIG},
    {"one absolute token", WORK, u"\"" CONFIG u"\\a.ovpn\"", QUOTED_CONFIG},
    {"leading blank", CONFIG, u" --config a.ovpn", QUOTED_CONFIG},
    {"quoting a keyword of the list", CONFIG, u"--con\"fig\" a.ovpn", QUOTED_CONFIG},
    {"slashes", WORK, u"--config \"C:/Program Files/OpenVPN/config/a.ovpn\"", QUOTED_CONFIG},
    {"other letter case", WORK, u"--config \"c:\\program files\\openvpn\\CONFIG\\A.OVPN\"",
     QUOTED_CONFIG},
    {"short name", WORK, u"--config C:\\PROGRA~1\\OpenVPN\\config\\a.ovpn", QUOTED_CONFIG},
    {"two dots that stay inside", CONFIG, u"--config b\\..\\a.ovpn", QUOTED_CONFIG},
    {"link into the folder", WORK, u"--config link-in.ovpn", QUOTED_CONFIG},
    {"several configs", CONFIG, u"--config a.ovpn --config a.ovpn",
     QUOTED_CONFIG u" " QUOTED_CONFIG},
    {"a file called stdin in the folder", WORK, u"--config \"" CONFIG u"\\stdin\"",
     u"\"--config\" \"" CONFIG u"\\stdin\""},
    {"no config at all", WORK, u"--verb 3", u"\"--verb\" \"3\""},
    {"empty value", CONFIG, u"--setenv X \"\" --config a.ovpn",
     u"\"--setenv\" \"X\" \"\" " QUOTED_CONFIG},
    {"opt as a later value", CONFIG, u"--setenv X opt", u"\"--setenv\" \"X\" \"opt\""},
    {"opt in other letters", CONFIG, u"--setenv OPT x", u"\"--setenv\" \"OPT\" \"x\""},
    {"opt of another option", CONFIG, u"--pull-filter opt", u"\"--pull-filter\" \"opt\""},
    {"one dash is a value", CONFIG, u"--setenv X -config", u"\"--setenv\" \"X\" \"-config\""},
};

static void test_accepted_options_become_the_line_that_was_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(accepted); i++) {
        const struct acceptance *row = &accepted[i];
        CLEANUP_FREE char16_t *line = NULL;
        struct policy_refusal refusal;
        uint32_t error = policy_run(&plain_policy, row->directory, row->options, &line, &refusal);
        if (error || refusal.code || *refusal.text)
            fail_msg("%s: refused, %#x", row->name, error);
        if (!text_starts_with(line, u"openvpn ") || !text_equal(line + 8, row->line))
            fail_msg("%s: another line", row->name);
    }
}

struct refused_options {
    const char *name;
    const char16_t *directory, *options;
    const char16_t *file, *option; /* the option named in the text */
};

static const struct refused_options refused[] = {
    /* The reference service checks the first token by other rules than the child parses it. */
    {"first token: quote within, then an option", CONFIG, u"--verb\" --plugin x\" --config a.ovpn",
     NULL, u"--verb --plugin x"},
    {"first token: escaped quote hides an option", CONFIG, u"\"--verb\\\" --plugin x --verb\\\" 3",
     NULL, u"--verb\" --plugin x --verb\" 3"},
    {"first token: part of a value for one, an option for the other", CONFIG,
     u"--setenv\" \"x --plugin y", NULL, u"--setenv x"},
    {"first token: quoted keyword goes on", CONFIG, u"\"--plug\"in x", NULL, u"--plugin"},
    {"quoting a keyword", CONFIG, u"--verb 3 --plug\"\"in x", NULL, u"--plugin"},
    {"quoting the dashes", CONFIG, u"--verb 3 \"-\"-plugin x", NULL, u"--plugin"},
    {"an option in the place of a value", CONFIG, u"--setenv --plugin x", NULL, u"--plugin"},

    {"setenv opt", CONFIG, u"--setenv opt script-security 2", NULL, u"--setenv"},
    {"setenv opt, quoted", CONFIG, u"--setenv \"o\"pt plugin x", NULL, u"--setenv"},
    {"second setenv opt", CONFIG, u"--setenv X y --setenv opt plugin x", NULL, u"--setenv"},

    {"lone dashes", CONFIG, u"--", NULL, u"--"},
    {"three dashes", CONFIG, u"---config a.ovpn", NULL, u"---config"},
    {"one dash first", CONFIG, u"-config a.ovpn", NULL, u"-config"},
    {"other letter case", CONFIG, u"--CONFIG a.ovpn", NULL, u"--CONFIG"},
    {"equals sign", CONFIG, u"--config=a.ovpn", NULL, u"--config=a.ovpn"},
    {"shortened name", CONFIG, u"--conf a.ovpn", NULL, u"--conf"},
    {"longer name", CONFIG, u"--configure a.ovpn", NULL, u"--configure"},
    {"blank in the name", CONFIG, u"\"--config \" a.ovpn", NULL, u"--config "},
    {"unknown option last", CONFIG, u"--config a.ovpn --up", NULL, u"--up"},
    {"what Bitmask sends", CONFIG,
     u"--client --dev tun --block-outside-dns --redirect-gateway --script-security 0", NULL,
     u"--client"},

    {"stray value first", CONFIG, u"x --config a.ovpn", NULL, u"x"},
    {"empty token first", CONFIG, u"\"\" --config a.ovpn", NULL, u""},
    {"wildcard", CONFIG, u"--config a.ovpn --log *", NULL, u"*"},
    {"quoted wildcard", CONFIG, u"--config a.ovpn --log \"x y?\"", NULL, u"x y?"},
    {"wildcard in an option", CONFIG, u"--*", NULL, u"--*"},
    {"line end in a value", CONFIG, u"--setenv X \"a\nb\"", NULL, u"a\nb"},
    {"tab in a value", CONFIG, u"--setenv X \"a\tb\"", NULL, u"a\tb"},

    {"standard input", CONFIG, u"--config stdin", u"stdin", NULL},
    {"what eduVPN of 2023 sends", CONFIG u"\\", u"--config stdin", u"stdin", NULL},
    {"standard input, quoted", CONFIG, u"--config \"std\"in", u"stdin", NULL},
    {"standard input that is a link into the folder", WORK, u"--config stdin", u"stdin", NULL},
    {"standard input as the only token", CONFIG, u"stdin", u"stdin", NULL},
    {"no tokens", CONFIG, u"", u"", NULL},
    {"only blanks", CONFIG, u"  \t", u"", NULL},
    {"one empty token", CONFIG, u"\"\"", u"", NULL},
    {"empty config", CONFIG, u"--config \"\"", u"", NULL},
    {"config last", CONFIG, u"--config a.ovpn --config", u"", NULL},
    {"config alone", CONFIG, u"--config", u"", NULL},
    {"an option for a config", CONFIG, u"--config --verb 3", u"--verb", NULL},
    {"config twice", CONFIG, u"--config --config a.ovpn", u"--config", NULL},
    {"two configs, the second is bad", CONFIG, u"--config a.ovpn --config C:\\x.ovpn",
     u"C:\\x.ovpn", NULL},
    {"two configs, the first is bad", CONFIG, u"--config C:\\x.ovpn --config a.ovpn", u"C:\\x.ovpn",
     NULL},
    {"two values of one config", CONFIG, u"--config a.ovpn x", u"x", NULL},
    {"file of the user", WORK, u"--config a.ovpn", u"a.ovpn", NULL},
    {"file of the user, alone", WORK, u"a.ovpn", u"a.ovpn", NULL},
    {"two dots", CONFIG, u"--config ..\\a.ovpn", u"..\\a.ovpn", NULL},
    {"two dots after the folder", WORK, u"--config \"" CONFIG u"\\..\\a.ovpn\"",
     CONFIG u"\\..\\a.ovpn", NULL},
    {"two dots with slashes", CONFIG, u"--config b/../../a.ovpn", u"b/../../a.ovpn", NULL},
    {"longer folder name", WORK, u"--config \"" CONFIG u"_evil\\a.ovpn\"", CONFIG u"_evil\\a.ovpn",
     NULL},
    {"stream", CONFIG, u"--config a.ovpn:x", u"a.ovpn:x", NULL},
    {"default stream", CONFIG, u"--config a.ovpn::$DATA", u"a.ovpn::$DATA", NULL},
    {"trailing dot", CONFIG, u"--config a.ovpn.", u"a.ovpn.", NULL},
    {"device", CONFIG, u"--config NUL", u"NUL", NULL},
    {"device with an extension", CONFIG, u"--config con.ovpn", u"con.ovpn", NULL},
    {"long path prefix", WORK, u"--config \"\\\\?\\" CONFIG u"\\a.ovpn\"",
     u"\\\\?\\" CONFIG u"\\a.ovpn", NULL},
    {"server", WORK, u"--config \\\\server\\share\\a.ovpn", u"\\\\server\\share\\a.ovpn", NULL},
    {"pipe", WORK, u"--config \\\\.\\pipe\\x", u"\\\\.\\pipe\\x", NULL},
    {"wildcard for a config", CONFIG, u"--config *.ovpn", u"*.ovpn", NULL},
    {"relative working directory", u"config", u"--config a.ovpn", u"a.ovpn", NULL},
    {"working directory on a server", u"\\\\server\\config", u"--config a.ovpn", u"a.ovpn", NULL},
    {"short name of a folder elsewhere", CONFIG, u"--config OUTSID~1\\a.ovpn", u"OUTSID~1\\a.ovpn",
     NULL},
    {"link out of the folder", CONFIG, u"--config link-out.ovpn", u"link-out.ovpn", NULL},
    {"link to a server", CONFIG, u"--config link-to-server.ovpn", u"link-to-server.ovpn", NULL},
    {"link to a volume", CONFIG, u"--config link-to-volume.ovpn", u"link-to-volume.ovpn", NULL},
    {"link to a name that Windows trims", CONFIG, u"--config link-to-dot.ovpn", u"link-to-dot.ovpn",
     NULL},
    {"link to a file named as a device", CONFIG, u"--config link-to-device.ovpn",
     u"link-to-device.ovpn", NULL},
    {"link to the folder itself", CONFIG, u"--config link-to-folder", u"link-to-folder", NULL},
    {"final path with two dots", CONFIG, u"--config link-with-dots.ovpn", u"link-with-dots.ovpn",
     NULL},

    {"no plain file", CONFIG, u"--config pipe.ovpn", u"pipe.ovpn", NULL},

    {"a bad config before a bad option", CONFIG, u"--config x --plugin y", u"x", NULL},
    {"a bad option before a bad config", CONFIG, u"--plugin y --config x", NULL, u"--plugin"},
};

static void test_attacks_are_refused_in_the_words_of_the_reference(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(refused); i++) {
        const struct refused_options *row = &refused[i];
        CLEANUP_FREE char16_t *line = NULL;
        struct policy_refusal refusal;
        char16_t expected[POLICY_REASON_UNITS];
        struct text text = TEXT_ON(expected);
        text_append(&text, row->file ? u"You have specified a config file location ("
                                     : u"You have specified an option (");
        text_append(&text, row->file ? row->file : row->option);
        text_append(&text, row->file ? u" relative to " : u") that may be used only with ");
        text_append(&text, row->file ? row->directory : u"");
        text_append(&text, row->file ? u") that requires " : u"");
        text_append(&text, u"admin approval. This error may be avoided by adding your account to "
                           u"the \"OpenVPN Administrators\" group");
        uint32_t error = policy_run(&plain_policy, row->directory, row->options, &line, &refusal);
        if (error != ERROR_STARTUP_DATA || refusal.code != ERROR_STARTUP_DATA)
            fail_msg("%s: error %#x, %#x", row->name, error, refusal.code);
        if (!text_equal(refusal.text, expected))
            fail_msg("%s: another text", row->name);
    }
}

static void test_a_file_that_cannot_be_opened_is_told_as_that(void **state)
{
    (void)state;
    static const struct {
        const char16_t *file;
        uint32_t code;
        bool is_missing;
    } rows[] = {
        {u"missing.ovpn", ERROR_FILE_NOT_FOUND, true},
        {u"C:\\missing\\a.ovpn", ERROR_FILE_NOT_FOUND, true},
        {u"folder-missing\\a.ovpn", ERROR_PATH_NOT_FOUND, true},
        {u"denied.ovpn", ERROR_ACCESS_DENIED, false},
        {u"locked.ovpn", 32, false},
        {u"cloud.ovpn", 426, false},
        {u"deep.ovpn", ERROR_FILENAME_EXCED_RANGE, false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char16_t options[128], expected[POLICY_REASON_UNITS];
        struct text text = TEXT_ON(options), words = TEXT_ON(expected);
        text_append(&text, u"--config ");
        text_append(&text, rows[i].file);
        text_append(&text, u" --up x");
        text_append(&words, u"The config file (");
        text_append(&words, rows[i].file);
        text_append(&words, u" relative to " CONFIG u") cannot be opened");
        CLEANUP_FREE char16_t *line = NULL;
        struct policy_refusal refusal;
        if (policy_run(&plain_policy, CONFIG, options, &line, &refusal) != ERROR_STARTUP_DATA ||
            refusal.code != rows[i].code || !text_equal(refusal.text, expected) ||
            policy_is_missing(&refusal) != rows[i].is_missing)
            fail_msg("row %zu: error %u", i, refusal.code);
    }
}

static void test_a_path_that_is_too_long_is_told_as_that(void **state)
{
    (void)state;
    char16_t options[2 * POLICY_PATH_UNITS];
    struct text text = TEXT_ON(options);
    text_append(&text, u"--config ");
    for (size_t i = 0; i < POLICY_PATH_UNITS; i++)
        text_append_unit(&text, u'a');
    CLEANUP_FREE char16_t *line = NULL;
    struct policy_refusal refusal;
    assert_int_equal(policy_run(&plain_policy, CONFIG, options, &line, &refusal),
                     ERROR_STARTUP_DATA);
    assert_int_equal(refusal.code, ERROR_FILENAME_EXCED_RANGE);
    assert_true(text_starts_with(refusal.text, u"The config file (aaa"));
    assert_true(text_length(refusal.text) < POLICY_REASON_UNITS);
}

static void test_the_texts_are_exact(void **state)
{
    (void)state;
    struct policy policy = plain_policy;
    policy.admin_group = u"VPN";
    CLEANUP_FREE char16_t *line = NULL, *other_line = NULL;
    struct policy_refusal refusal;
    policy_run(&policy, u"C:\\w", u"--config stdin", &line, &refusal);
    assert_true(text_equal(
        refusal.text, u"You have specified a config file location (stdin relative to C:\\w) that "
                      u"requires admin approval. This error may be avoided by adding your "
                      u"account to the \"VPN\" group"));
    policy_run(&policy, u"C:\\w", u"--up f", &other_line, &refusal);
    assert_true(text_equal(refusal.text,
                           u"You have specified an option (--up) that may be used only "
                           u"with admin approval. This error may be avoided by adding your "
                           u"account to the \"VPN\" group"));
}

static void test_long_texts_keep_their_sentence_and_whole_characters(void **state)
{
    (void)state;
    static const char16_t prefix[] = u"--config ";
    static const char16_t end[] = u"your account to the \"OpenVPN Administrators\" group";
    for (size_t units = 60; units < 1200; units++) {
        char16_t options[2500], directory[1300];
        struct policy_refusal refusal;
        const char16_t *const reason = refusal.text;
        struct text text = TEXT_ON(options), folder = TEXT_ON(directory);
        text_append(&text, prefix);
        for (size_t i = 0; i < units; i++)
            text_append(&text, i % 2 ? u"\U0001F511" : u"a");
        for (size_t i = 0; i < 1250 - units; i++)
            text_append(&folder, u"d");
        CLEANUP_FREE char16_t *line = NULL;
        assert_int_equal(policy_run(&plain_policy, directory, options, &line, &refusal),
                         ERROR_STARTUP_DATA);
        size_t length = text_length(reason);
        assert_true(length >= POLICY_REASON_UNITS - 1 - 4 && length < POLICY_REASON_UNITS);
        assert_true(text_is_well_formed(reason, length));
        assert_true(text_equal(reason + length - text_length(end), end));
    }
}

static void test_a_group_name_too_long_for_the_text_is_cut(void **state)
{
    (void)state;
    char16_t group[600];
    struct policy_refusal refusal;
    struct text text = TEXT_ON(group);
    while (!text.truncated)
        text_append_unit(&text, u'g');
    struct policy policy = plain_policy;
    policy.admin_group = group;
    CLEANUP_FREE char16_t *line = NULL;
    assert_int_equal(policy_run(&policy, CONFIG, u"--up x", &line, &refusal), ERROR_STARTUP_DATA);
    assert_int_equal(text_length(refusal.text), POLICY_REASON_UNITS - 1);
}

static void test_only_a_single_value_is_completed(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char16_t *options, *line;
    } rows[] = {
        {"none", u"", u"p"},
        {"a file", u"x", u"p \"--config\" \"x\""},
        {"one dash", u"-x", u"p \"--config\" \"-x\""},
        {"an option", u"--x", u"p \"--x\""},
        {"two values", u"x y", u"p \"x\" \"y\""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        CLEANUP(tokens_free) struct tokens tokens = {0};
        assert_int_equal(tokens_split(rows[i].options, &tokens), 0);
        assert_int_equal(policy_complete(&tokens), 0);
        CLEANUP_FREE char16_t *line = tokens_join(u"p", &tokens);
        if (!text_equal(line, rows[i].line))
            fail_msg("%s", rows[i].name);
    }
}

static void test_a_config_from_the_standard_input_is_known(void **state)
{
    (void)state;
    static const struct {
        const char16_t *options;
        bool takes_it;
    } rows[] = {
        {u"--config stdin", true},
        {u"stdin", true},
        {u"\"--config\" \"std\"in", true},
        {u"--verb 3 --config stdin --mute 1", true},
        {u"--config a.ovpn --config stdin", true},
        {u"", false},
        {u"--config a.ovpn", false},
        {u"--config Stdin", false},
        {u"--config .\\stdin", false},
        {u"--config a.ovpn stdin", false}, /* openvpn.exe takes the first value, and complains */
        {u"--management 127.0.0.1 1 stdin", false},
        {u"--setenv config stdin", false},
        {u"--config", false},
        {u"--config --verb stdin", false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        CLEANUP(tokens_free) struct tokens tokens = {0};
        assert_int_equal(tokens_split(rows[i].options, &tokens), 0);
        assert_int_equal(policy_complete(&tokens), 0);
        if (policy_takes_stdin(&tokens) != rows[i].takes_it)
            fail_msg("row %zu", i);
    }
}

static void test_an_option_alone_is_checked_as_one(void **state)
{
    (void)state;
    /* Every name of the white list passes alone, except the one that needs a value. */
    static const char16_t *const names[] = {
        u"--auth-retry",
        u"--log",
        u"--log-append",
        u"--management",
        u"--management-hold",
        u"--management-forget-disconnect",
        u"--management-query-passwords",
        u"--management-query-proxy",
        u"--management-signal",
        u"--management-up-down",
        u"--mute",
        u"--setenv",
        u"--service",
        u"--verb",
        u"--pull-filter",
        u"--script-security",
        u"--management-query-remote",
    };
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        CLEANUP_FREE char16_t *line = NULL;
        struct policy_refusal refusal;
        if (policy_run(&plain_policy, WORK, names[i], &line, &refusal))
            fail_msg("name %zu", i);
    }
}

static void test_a_client_is_asked_for_the_server_only_where_that_is_allowed(void **state)
{
    (void)state;
    static const char16_t option[] = u"--verb 3 --management-query-remote";
    struct policy policy = plain_policy;
    struct policy_refusal refusal;
    CLEANUP_FREE char16_t *line = NULL;
    assert_int_equal(policy_run(&policy, WORK, option, &line, &refusal), 0);
    policy.may_query_remote = false;
    CLEANUP_FREE char16_t *none = NULL;
    assert_int_equal(policy_run(&policy, WORK, option, &none, &refusal), ERROR_STARTUP_DATA);
    assert_true(text_starts_with(refusal.text, u"You have specified an option "
                                               u"(--management-query-remote) that may be used "
                                               u"only with admin approval."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted_options_become_the_line_that_was_checked),
        cmocka_unit_test(test_attacks_are_refused_in_the_words_of_the_reference),
        cmocka_unit_test(test_a_file_that_cannot_be_opened_is_told_as_that),
        cmocka_unit_test(test_a_path_that_is_too_long_is_told_as_that),
        cmocka_unit_test(test_the_texts_are_exact),
        cmocka_unit_test(test_long_texts_keep_their_sentence_and_whole_characters),
        cmocka_unit_test(test_a_group_name_too_long_for_the_text_is_cut),
        cmocka_unit_test(test_only_a_single_value_is_completed),
        cmocka_unit_test(test_a_config_from_the_standard_input_is_known),
        cmocka_unit_test(test_an_option_alone_is_checked_as_one),
        cmocka_unit_test(test_a_client_is_asked_for_the_server_only_where_that_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

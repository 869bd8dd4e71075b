/* SPDX-License-Identifier: MIT */
#include "policy/path.h"

#include "base/errors.h"
#include "base/text.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/same_text.h"

struct resolution {
    const char *name;
    const char16_t *directory, *file;
    const char16_t *path; /* NULL: ERROR_BAD_PATHNAME */
};

#define WORK u"C:\\work"

static const struct resolution resolutions[] = {
    {"relative", WORK, u"a.ovpn", u"C:\\work\\a.ovpn"},
    {"relative to a root", u"C:\\", u"a.ovpn", u"C:\\a.ovpn"},
    {"directory ends in a backslash", u"C:\\work\\", u"a.ovpn", u"C:\\work\\a.ovpn"},
    {"relative with a folder", WORK, u"b\\a.ovpn", u"C:\\work\\b\\a.ovpn"},
    {"absolute", WORK, u"D:\\a.ovpn", u"D:\\a.ovpn"},
    {"absolute needs no directory", u"", u"D:\\a.ovpn", u"D:\\a.ovpn"},
    {"absolute with slashes", WORK, u"C:/b/a.ovpn", u"C:\\b\\a.ovpn"},
    {"relative with slashes", u"C:/work", u"b/a.ovpn", u"C:\\work\\b\\a.ovpn"},
    {"directory with the prefix", u"\\\\?\\C:\\work", u"a.ovpn", u"C:\\work\\a.ovpn"},
    {"root with the prefix", u"\\\\?\\C:\\", u"b\\a.ovpn", u"C:\\b\\a.ovpn"},
    {"root alone", WORK, u"C:\\", u"C:\\"},
    {"one dot", WORK, u".\\.\\a.ovpn", u"C:\\work\\a.ovpn"},
    {"two dots", WORK, u"..\\b\\..\\a.ovpn", u"C:\\a.ovpn"},
    {"two dots in the directory", u"C:\\work\\..\\x", u"a", u"C:\\x\\a"},
    {"two dots down to the root and up", WORK, u"..\\a", u"C:\\a"},
    {"two dots with slashes", WORK, u"b/../a", u"C:\\work\\a"},
    {"empty components", WORK, u"b\\\\\\a", u"C:\\work\\b\\a"},
    {"dots within a name", WORK, u"..a.b..c", u"C:\\work\\..a.b..c"},
    {"blank within a name", WORK, u" a b.ovpn", u"C:\\work\\ a b.ovpn"},
    {"short name", WORK, u"PROGRA~1\\A.OVP", u"C:\\work\\PROGRA~1\\A.OVP"},
    {"not ASCII", WORK, u"b\u00FCro\\\U0001F511.ovpn", u"C:\\work\\b\u00FCro\\\U0001F511.ovpn"},
    {"nearly a device", WORK, u"CONFIG\\COM\\COM10\\NULL\\com.1",
     u"C:\\work\\CONFIG\\COM\\COM10\\NULL\\com.1"},

    {"empty file", WORK, u"", NULL},
    {"relative directory", u"work", u"a.ovpn", NULL},
    {"empty directory", u"", u"a.ovpn", NULL},
    {"directory on a server", u"\\\\server\\share", u"a.ovpn", NULL},
    {"directory without a root", u"C:work", u"a.ovpn", NULL},
    {"device directory", u"\\\\.\\C:\\work", u"a.ovpn", NULL},
    {"directory on a server with the prefix", u"\\\\?\\UNC\\server\\share", u"a.ovpn", NULL},
    {"directory of a volume", u"\\\\?\\Volume{1}\\work", u"a.ovpn", NULL},
    {"directory of the object manager", u"\\\\?\\GLOBALROOT\\C:\\work", u"a.ovpn", NULL},
    {"directory with the prefix twice", u"\\\\?\\\\\\?\\C:\\work", u"a.ovpn", NULL},
    {"directory with the prefix and slashes", u"\\\\?\\C:/work", u"a.ovpn", NULL},
    {"prefix without a root", u"\\\\?\\C:work", u"a.ovpn", NULL},
    {"nothing but the prefix", u"\\\\?\\", u"a.ovpn", NULL},
    {"file with the prefix", u"\\\\?\\C:\\work", u"\\\\?\\C:\\work\\a.ovpn", NULL},
    {"stream in the directory", u"C:\\work:x", u"a.ovpn", NULL},
    {"two dots above the root", WORK, u"..\\..\\a", NULL},
    {"two dots above the root and back", WORK, u"..\\..\\work\\a", NULL},
    {"absolute two dots above the root", WORK, u"C:\\..\\a", NULL},
    {"from the root of the drive", WORK, u"\\a.ovpn", NULL},
    {"from the root, slash", WORK, u"/a.ovpn", NULL},
    {"drive without a root", WORK, u"C:a.ovpn", NULL},
    {"drive alone", WORK, u"C:", NULL},
    {"no letter for a drive", WORK, u"1:\\a.ovpn", NULL},
    {"letter beyond ASCII for a drive", WORK, u"\u00C4:\\a.ovpn", NULL},
    {"server", WORK, u"\\\\server\\share\\a.ovpn", NULL},
    {"server with slashes", WORK, u"//server/share/a.ovpn", NULL},
    {"server with both", WORK, u"\\/server\\share\\a.ovpn", NULL},
    {"long path prefix", WORK, u"\\\\?\\C:\\work\\a.ovpn", NULL},
    {"device prefix", WORK, u"\\\\.\\pipe\\a", NULL},
    {"NT prefix", WORK, u"\\??\\C:\\work\\a.ovpn", NULL},
    {"stream", WORK, u"a.ovpn:x", NULL},
    {"default stream", WORK, u"a.ovpn::$DATA", NULL},
    {"stream of a folder", WORK, u"C:\\b:$I30:$INDEX_ALLOCATION\\a", NULL},
    {"trailing dot", WORK, u"a.ovpn.", NULL},
    {"trailing blank", WORK, u"a.ovpn ", NULL},
    {"trailing dot of a folder", WORK, u"b.\\a.ovpn", NULL},
    {"trailing blank of a folder", WORK, u"b \\a.ovpn", NULL},
    {"three dots", WORK, u"...\\a.ovpn", NULL},
    {"two dots and a blank", WORK, u".. \\a.ovpn", NULL},
    {"only a blank", WORK, u" ", NULL},
    {"line end", WORK, u"a\n.ovpn", NULL},
    {"last control character", WORK, u"a\x1F", NULL},
    {"star", WORK, u"*.ovpn", NULL},
    {"question mark", WORK, u"a?.ovpn", NULL},
    {"wildcards of the file system", WORK, u"a<.ovpn", NULL},
    {"other wildcard of the file system", WORK, u"a>.ovpn", NULL},
    {"quote", WORK, u"a\".ovpn", NULL},
    {"bar", WORK, u"a|b", NULL},
    {"console", WORK, u"CON", NULL},
    {"null, small letters", WORK, u"nul", NULL},
    {"null with an extension", WORK, u"NUL.ovpn", NULL},
    {"null with a blank and an extension", WORK, u"NUL .ovpn", NULL},
    {"null as a folder", WORK, u"nul\\a.ovpn", NULL},
    {"auxiliary, two extensions", WORK, u"aux.a.ovpn", NULL},
    {"printer", WORK, u"prn", NULL},
    {"serial port", WORK, u"Com1", NULL},
    {"serial port with a superscript", WORK, u"COM\u00B9.ovpn", NULL},
    {"parallel port with a superscript", WORK, u"lpt\u00B3", NULL},
    {"parallel port", WORK, u"LPT9.txt", NULL},
    {"console input", WORK, u"CONIN$", NULL},
    {"console output", WORK, u"conout$.ovpn", NULL},
    {"clock", WORK, u"CLOCK$", NULL},
};

static void test_files_are_resolved_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(resolutions); i++) {
        const struct resolution *row = &resolutions[i];
        char16_t path[POLICY_PATH_UNITS];
        uint32_t error = path_resolve(row->directory, row->file, path);
        if (error != (row->path ? 0 : ERROR_BAD_PATHNAME))
            fail_msg("%s: error %u", row->name, error);
        if (row->path && !text_equal(path, row->path))
            fail_msg("%s: wrong path", row->name);
    }
}

static void test_what_was_resolved_stays_as_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(resolutions); i++) {
        char16_t path[POLICY_PATH_UNITS];
        if (!resolutions[i].path)
            continue;
        if (path_resolve(u"", resolutions[i].path, path) || !text_equal(path, resolutions[i].path))
            fail_msg("%s", resolutions[i].name);
    }
}

static void test_the_longest_path_fits_and_one_unit_more_does_not(void **state)
{
    (void)state;
    char16_t file[POLICY_PATH_UNITS], path[POLICY_PATH_UNITS];
    const size_t longest = POLICY_PATH_UNITS - 1 - text_length(u"C:\\");
    for (size_t i = 0; i <= longest; i++)
        file[i] = u'a';
    file[longest + 1] = 0;
    assert_int_equal(path_resolve(u"C:\\", file, path), ERROR_FILENAME_EXCED_RANGE);
    file[longest] = 0;
    assert_int_equal(path_resolve(u"C:\\", file, path), 0);
    assert_int_equal(text_length(path), POLICY_PATH_UNITS - 1);
}

static void test_below_means_below_by_whole_components(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char16_t *directory, *path;
        bool below;
    } rows[] = {
        {"file in the folder", u"C:\\config\\", u"C:\\config\\a", true},
        {"file in a folder of it", u"C:\\config\\", u"C:\\config\\b\\a", true},
        {"other letter case", u"C:\\config\\", u"c:\\CONFIG\\a", true},
        {"the root holds all", u"C:\\", u"C:\\a", true},
        {"longer name", u"C:\\config\\", u"C:\\config_evil\\a", false},
        {"the folder itself", u"C:\\config\\", u"C:\\config\\", false},
        {"the folder without backslash", u"C:\\config\\", u"C:\\config", false},
        {"the folder above", u"C:\\config\\", u"C:\\", false},
        {"other drive", u"C:\\config\\", u"D:\\config\\a", false},
        {"shorter path", u"C:\\config\\", u"C:\\c", false},
        {"empty path", u"C:\\config\\", u"", false},
        {"empty folder", u"", u"C:\\config\\a", false},
        {"folder that lacks its backslash", u"C:\\config", u"C:\\config_evil\\a", false},
    };
    const struct policy policy = {.same_text = same_text};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        if (path_is_below(&policy, rows[i].directory, rows[i].path) != rows[i].below)
            fail_msg("%s", rows[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_are_resolved_or_refused),
        cmocka_unit_test(test_what_was_resolved_stays_as_it_is),
        cmocka_unit_test(test_the_longest_path_fits_and_one_unit_more_does_not),
        cmocka_unit_test(test_below_means_below_by_whole_components),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The rebuilt command line, parsed by real C run-times in a child process: this program starts
 * itself with random tokens; the child makes the same tokens from the same seed and compares. */
#include "base/cleanup.h"
#include "base/text.h"
#include "policy/tokens.h"
#include "tests/unit/cmocka_test.h"
#include "tests/unit/random_tokens.h"

#include <windows.h>
#include <shellapi.h>
#include <stdio.h>
#include <wchar.h>

enum {
    CHILDREN = 24,
    LISTS = 300,      /* random lists that go into one command line */
    LINE_MAX = 32767, /* units, the limit of CreateProcess */
    CHILD_SECONDS = 60,

    /* Exit codes of a child. */
    SAME = 0,
    OTHER_IN_RUN_TIME,
    OTHER_IN_UNIVERSAL_RUN_TIME,
    OTHER_IN_SHELL,
    NO_UNIVERSAL_RUN_TIME,
    NOT_EXPANDED,
    CHILD_BROKEN
};

/* The run-time of this program must not expand wildcards, whatever its default is. */
extern int _dowildcard;
int _dowildcard = 0;

int wmain(int count, wchar_t **arguments);

/* "--lists SEED", and the random tokens of LISTS lists. */
static uint32_t make_tokens(uint32_t seed, struct tokens *tokens)
{
    uint64_t random = random_start(seed);
    char16_t digits[16];
    struct text text = TEXT_ON(digits);
    text_append_format(&text, "%u", seed);
    uint32_t error = tokens_insert(tokens, 0, u"--lists");
    if (!error)
        error = tokens_insert(tokens, 1, digits);
    for (unsigned list = 0; list < LISTS && !error; list++) {
        CLEANUP(tokens_free) struct tokens more = {0};
        error = random_tokens(&random, 8, &more);
        for (size_t i = 0; i < more.count && !error; i++)
            error = tokens_insert(tokens, tokens->count, more.items[i]);
    }
    return error;
}

static bool same(const struct tokens *tokens, int count, wchar_t **arguments)
{
    if ((size_t)count != tokens->count + 1)
        return false;
    for (size_t i = 0; i < tokens->count; i++)
        if (!text_equal(tokens->items[i], arguments[i + 1]))
            return false;
    return true;
}

/* ucrtbase.dll, the run-time of programs made by Microsoft's compilers since 2015. */
static int universal_arguments(int *count, wchar_t ***arguments)
{
    HMODULE library = LoadLibraryExW(L"ucrtbase.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (!library)
        return NO_UNIVERSAL_RUN_TIME;
    int(__cdecl * configure)(int) = (void *)GetProcAddress(library, "_configure_wide_argv");
    int *(__cdecl * get_count)(void) = (void *)GetProcAddress(library, "__p___argc");
    wchar_t ***(__cdecl * get)(void) = (void *)GetProcAddress(library, "__p___wargv");
    enum { UNEXPANDED = 1 }; /* _crt_argv_unexpanded_arguments */
    if (!configure || !get_count || !get || configure(UNEXPANDED) != 0)
        return CHILD_BROKEN;
    *count = *get_count();
    *arguments = *get();
    return SAME;
}

static int compare_lists(int count, wchar_t **arguments)
{
    CLEANUP(tokens_free) struct tokens tokens = {0};
    if (make_tokens((uint32_t)wcstoul(arguments[2], NULL, 10), &tokens))
        return CHILD_BROKEN;
    if (!same(&tokens, count, arguments))
        return OTHER_IN_RUN_TIME;

    int other_count = 0;
    wchar_t **other = CommandLineToArgvW(GetCommandLineW(), &other_count);
    bool shell = other && same(&tokens, other_count, other);
    LocalFree(other);
    if (!shell)
        return OTHER_IN_SHELL;

    int error = universal_arguments(&other_count, &other);
    return error ? error : same(&tokens, other_count, other) ? SAME : OTHER_IN_UNIVERSAL_RUN_TIME;
}

/* "--wildcard PATTERN FILE": asks the run-time again, now with expansion of wildcards. */
static int expand_wildcard(wchar_t **arguments)
{
    int count = 0;
    wchar_t **expanded = NULL, **environment = NULL;
    int start[4] = {0}; /* the run-time's own structure is one int: its mode for new() */
    int(__cdecl * get)(int *, wchar_t ***, wchar_t ***, int, void *) =
        (void *)GetProcAddress(GetModuleHandleW(L"msvcrt.dll"), "__wgetmainargs");
    if (!get)
        return CHILD_BROKEN;
    get(&count, &expanded, &environment, 1, start);
    return count == 4 && wcschr(arguments[2], L'*') && wcscmp(expanded[2], arguments[3]) == 0
               ? SAME
               : NOT_EXPANDED;
}

/* Starts this program with the tokens in `directory` and returns the child's exit code. */
static DWORD run_child(const struct tokens *tokens, const wchar_t *directory)
{
    wchar_t program[MAX_PATH];
    assert_true(GetModuleFileNameW(NULL, program, MAX_PATH) < MAX_PATH);
    CLEANUP_FREE char16_t *line = tokens_join(program, tokens);
    assert_non_null(line);
    assert_true(text_length(line) < LINE_MAX);

    STARTUPINFOW start = {.cb = sizeof(start)};
    PROCESS_INFORMATION child = {0};
    assert_true(
        CreateProcessW(program, line, NULL, NULL, FALSE, 0, NULL, directory, &start, &child));
    DWORD code = CHILD_BROKEN;
    if (WaitForSingleObject(child.hProcess, CHILD_SECONDS * 1000) == WAIT_OBJECT_0)
        GetExitCodeProcess(child.hProcess, &code);
    else
        TerminateProcess(child.hProcess, CHILD_BROKEN);
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
    return code;
}

static void test_a_child_gets_exactly_the_tokens(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < CHILDREN; seed++) {
        CLEANUP(tokens_free) struct tokens tokens = {0};
        assert_int_equal(make_tokens(seed, &tokens), 0);
        DWORD code = run_child(&tokens, NULL);
        if (code != SAME)
            fail_msg("seed %u: the child ended with %lu", seed, code);
    }
}

static void test_a_child_notices_a_changed_token(void **state)
{
    (void)state;
    CLEANUP(tokens_free) struct tokens tokens = {0};
    assert_int_equal(make_tokens(7, &tokens), 0);
    assert_int_equal(tokens_insert(&tokens, tokens.count / 2, u"more"), 0);
    assert_int_equal(run_child(&tokens, NULL), OTHER_IN_RUN_TIME);
}

/* Why policy_check() refuses wildcards: quotes do not stop a run-time from expanding them. */
static void test_a_quoted_wildcard_is_expanded(void **state)
{
    (void)state;
    wchar_t folder[MAX_PATH], path[2 * MAX_PATH], name[64], pattern[64];
    assert_true(GetTempPathW(MAX_PATH, folder) < MAX_PATH);
    swprintf(name, ARRAY_COUNT(name), L"gatehouse-%lu-test", GetCurrentProcessId());
    swprintf(pattern, ARRAY_COUNT(pattern), L"gatehouse-%lu-*", GetCurrentProcessId());
    swprintf(path, ARRAY_COUNT(path), L"%ls%ls", folder, name);
    HANDLE file = CreateFileW(path, GENERIC_WRITE | DELETE, FILE_SHARE_READ, NULL, CREATE_NEW,
                              FILE_FLAG_DELETE_ON_CLOSE, NULL);
    assert_true(file != INVALID_HANDLE_VALUE);

    CLEANUP(tokens_free) struct tokens tokens = {0};
    assert_int_equal(tokens_insert(&tokens, 0, u"--wildcard"), 0);
    assert_int_equal(tokens_insert(&tokens, 1, pattern), 0);
    assert_int_equal(tokens_insert(&tokens, 2, name), 0);
    DWORD code = run_child(&tokens, folder);
    CloseHandle(file);
    assert_int_equal(code, SAME);
}

int wmain(int count, wchar_t **arguments)
{
    if (count >= 3 && wcscmp(arguments[1], L"--lists") == 0)
        return compare_lists(count, arguments);
    if (count == 4 && wcscmp(arguments[1], L"--wildcard") == 0)
        return expand_wildcard(arguments);

    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_child_gets_exactly_the_tokens),
        cmocka_unit_test(test_a_child_notices_a_changed_token),
        cmocka_unit_test(test_a_quoted_wildcard_is_expanded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "service/install_folder.h"

#include "service/program.h"
#include "service/state/file_trust.h"
#include "service/file_acl.h"

#include <aclapi.h>
#include <sddl.h>

enum { ROOT_UNITS = 3 /* "C:\" */ };

enum { PLACES = 4 };

struct check {
    PSID trusted;
    install_folder_finding *tell;
    char16_t told[PLACES][PROGRAM_UNITS];
    unsigned told_count;
};

/* Several things may lie in one folder. */
static bool is_told(struct check *check, const char16_t *path)
{
    for (unsigned i = 0; i < check->told_count; i++)
        if (CompareStringOrdinal(check->told[i], -1, path, -1, TRUE) == CSTR_EQUAL)
            return true;
    struct text text = TEXT_ON(check->told[check->told_count++]);
    text_append(&text, path);
    return false;
}

static void tell(struct check *check, const char16_t *path, PSID writer)
{
    CLEANUP_LOCAL char16_t *sid = NULL;
    char16_t account[ACCOUNT_UNITS];

    if (is_told(check, path) || !ConvertSidToStringSidW(writer, &sid))
        return;
    account_name(writer, account);
    check->tell(path, account, sid);
}

/* Whether there was something to tell. What cannot be read is not there, or not ours to judge. */
static bool is_open(struct check *check, char16_t *path, DWORD rights)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID writer;

    if (GetNamedSecurityInfoW(path, SE_FILE_OBJECT,
                              OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL, NULL,
                              NULL, NULL, &descriptor) ||
        !writers_find(descriptor, rights, check->trusted, &writer))
        return false;
    tell(check, path, writer);
    return true;
}

/* Takes the last name off the path; false at a root. */
static bool go_up(char16_t *path)
{
    size_t length = text_length(path);

    while (length > ROOT_UNITS && path[length - 1] != '\\')
        length--;
    while (length > ROOT_UNITS && path[length - 1] == '\\')
        length--;
    bool moved = path[length] != 0;
    path[length] = 0;
    return moved;
}

/* The thing itself and, for a file, its folder must not change; of the folders above, none may be
 * moved away. A root cannot be. */
static void check_place(struct check *check, const char16_t *what, bool is_file)
{
    char16_t path[PROGRAM_UNITS];
    struct text text = TEXT_ON(path);
    DWORD rights = WRITERS_OF_CONTENT | WRITERS_OF_PLACE;

    text_append(&text, what);
    if (text.truncated || text.length < ROOT_UNITS)
        return;
    if (is_file && (is_open(check, path, rights) || !go_up(path)))
        return;
    if (path[text_length(path) - 1] == '\\' && text_length(path) > ROOT_UNITS)
        go_up(path);
    do {
        if (text_length(path) <= ROOT_UNITS)
            rights &= ~(DWORD)DELETE;
        if (is_open(check, path, rights))
            return;
        rights = WRITERS_OF_PLACE | FILE_DELETE_CHILD;
    } while (go_up(path));
}

void install_folder_check(const struct settings *settings, bool trust_installer,
                          install_folder_finding *finding)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    struct check check = {.tell = finding};
    char16_t program[PROGRAM_UNITS], tapctl_path[PROGRAM_UNITS];
    struct text tapctl = TEXT_ON(tapctl_path);

    if (!program_path(program)) {
        if (trust_installer)
            check.trusted = program_owner(&descriptor);
        check_place(&check, program, true);
    }
    if (!settings)
        return;
    check_place(&check, settings->exe_path, true);
    text_append(&tapctl, settings->bin_dir);
    text_append(&tapctl, u"tapctl.exe");
    check_place(&check, tapctl_path, true);
    check_place(&check, settings->config_dir, false);
}

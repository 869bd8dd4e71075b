/* SPDX-License-Identifier: MIT */
#include "service/state/file_trust.h"

#include "service/program.h"
#include "service/file_acl.h"

#include <aclapi.h>
#include <sddl.h>

void account_name(PSID sid, char16_t account[ACCOUNT_UNITS])
{
    CLEANUP_LOCAL char16_t *plain = NULL;
    char16_t name[CALLER_NAME_UNITS], domain[CALLER_NAME_UNITS];
    DWORD name_units = CALLER_NAME_UNITS, domain_units = CALLER_NAME_UNITS;
    struct text text = text_on(account, ACCOUNT_UNITS);
    SID_NAME_USE use;

    if (LookupAccountSidW(NULL, sid, name, &name_units, domain, &domain_units, &use)) {
        text_append(&text, domain);
        text_append(&text, *domain ? u"\\" : u"");
        text_append(&text, name);
    }
    if (!text.length && ConvertSidToStringSidW(sid, &plain))
        text_append(&text, plain);
}

/* NULL when it is a thing of its own, and of the right sort. */
static const char16_t *strangeness(HANDLE handle, enum trust_object object)
{
    BY_HANDLE_FILE_INFORMATION information;

    if (GetFileType(handle) != FILE_TYPE_DISK || !GetFileInformationByHandle(handle, &information))
        return u"it is no file";
    if (information.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)
        return u"it is a link";
    bool is_folder = information.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY;
    if (is_folder != (object == TRUST_FOLDER))
        return is_folder ? u"it is a folder" : u"it is a file";
    return !is_folder && information.nNumberOfLinks != 1 ? u"it has a second name" : NULL;
}

bool trust_is_closed(HANDLE handle, enum trust_object object, char16_t why[TRUST_WHY_UNITS])
{
    const DWORD rights = WRITERS_OF_CONTENT | WRITERS_OF_PLACE;
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR of_program = NULL;
    char16_t account[ACCOUNT_UNITS];
    struct text text = text_on(why, TRUST_WHY_UNITS);
    const char16_t *strange = strangeness(handle, object);
    PSID writer;

    if (!strange && GetSecurityInfo(handle, SE_FILE_OBJECT,
                                    OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL,
                                    NULL, NULL, NULL, &descriptor))
        strange = u"its access list can't be read";
    if (strange) {
        text_append(&text, strange);
        return false;
    }

    /* The program's owner only if it matters: every user who may read the program can have Windows
     * wait for them before anybody else opens it (an oplock). */
    if (!writers_find(descriptor, rights, NULL, &writer) ||
        !writers_find(descriptor, rights, program_owner(&of_program), &writer))
        return true;
    account_name(writer, account);
    text_append(&text, u"it may be changed by ");
    text_append(&text, account);
    return false;
}

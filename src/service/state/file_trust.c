/* SPDX-License-Identifier: MIT */
#include "service/state/file_trust.h"

#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/file_acl.h"
#include "service/program.h"

#include <aclapi.h>

/* NULL when the file or folder is no link, has one name, and is of the right kind. */
static const char16_t *find_objection(HANDLE handle, enum trust_object object)
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
    const DWORD rights = RIGHTS_TO_CHANGE | RIGHTS_TO_REPLACE;
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR of_program = NULL;
    char16_t account[ACCOUNT_UNITS];
    struct text text = text_on(why, TRUST_WHY_UNITS);
    const char16_t *objection = find_objection(handle, object);
    PSID untrusted;
    if (!objection && GetSecurityInfo(handle, SE_FILE_OBJECT,
                                      OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL,
                                      NULL, NULL, NULL, &descriptor))
        objection = u"its access list can't be read";
    if (objection) {
        text_append(&text, objection);
        return false;
    }

    /* The program's owner is looked up only if it matters, because that opens the program: every
     * user who may read it can have Windows wait for them before anybody else opens it (an oplock).
     */
    if (!file_acl_find_untrusted(descriptor, rights, NULL, &untrusted) ||
        !file_acl_find_untrusted(descriptor, rights, program_owner(&of_program), &untrusted))
        return true;
    account_describe(untrusted, account);
    text_append(&text, u"it may be changed by ");
    text_append(&text, account);
    return false;
}

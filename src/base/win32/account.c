/* SPDX-License-Identifier: MIT */
#include "base/win32/account.h"

#include "base/text.h"
#include "base/win32/handles.h"

#include <sddl.h>

void account_look_up(PSID sid, struct account *account)
{
    DWORD name_units = ACCOUNT_NAME_UNITS, domain_units = ACCOUNT_NAME_UNITS;
    SID_NAME_USE use;
    if (!LookupAccountSidW(NULL, sid, account->name, &name_units, account->domain, &domain_units,
                           &use))
        *account = (struct account){.name = u"", .domain = u""};
}

void account_describe(PSID sid, char16_t text[ACCOUNT_UNITS])
{
    CLEANUP_LOCAL char16_t *plain = NULL;
    struct account account;
    struct text description = text_on(text, ACCOUNT_UNITS);
    account_look_up(sid, &account);
    text_append(&description, account.domain);
    text_append(&description, *account.domain ? u"\\" : u"");
    text_append(&description, account.name);
    if (!description.length && ConvertSidToStringSidW(sid, &plain))
        text_append(&description, plain);
}

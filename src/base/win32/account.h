/* SPDX-License-Identifier: MIT */
/* account.h: the names of the account that a SID stands for. */
#ifndef BASE_WIN32_ACCOUNT_H
#define BASE_WIN32_ACCOUNT_H

#include <uchar.h>
#include <windows.h>

/* In UTF-16 units, terminators included: a name or a domain, and DOMAIN\name. */
enum { ACCOUNT_NAME_UNITS = 257, ACCOUNT_UNITS = 2 * ACCOUNT_NAME_UNITS };

struct account {
    char16_t name[ACCOUNT_NAME_UNITS];
    char16_t domain[ACCOUNT_NAME_UNITS];
};

/* Both are empty when Windows knows no name for the SID. May ask a domain controller, and so take
 * long. */
void account_look_up(PSID sid, struct account *account);

/* DOMAIN\name or, when the SID has no name, the SID as text (S-1-5-...). */
void account_describe(PSID sid, char16_t text[ACCOUNT_UNITS]);

#endif

/* SPDX-License-Identifier: MIT */
#include "installer/programs.h"

#include "base/win32/account.h"
#include "base/win32/handles.h"
#include "base/win32/trusted_program.h"
#include "installer/record.h"
#include "product.h"

static const char16_t SERVICE_PROGRAM[] = u"bin\\gatehouse-service.exe";

static void write_program(char16_t program[PACKAGE_VALUE_UNITS], const char16_t *folder)
{
    struct text text = text_on(program, PACKAGE_VALUE_UNITS);
    text_append(&text, folder);
    text_append(&text, SERVICE_PROGRAM);
}

void programs_find(MSIHANDLE package, struct programs *programs)
{
    CLEANUP_FREE char16_t *given = package_property(package, u"INSTALLDIR");
    char16_t recorded[PACKAGE_VALUE_UNITS];
    const char16_t *next = given ? given : u"";
    write_program(programs->next, next);
    write_program(programs->installed,
                  record_read_property(u"INSTALLDIR", recorded) ? next : recorded);
}

/* ---- whether it may run as SYSTEM ---- */

static bool is_service_program(const char16_t *path)
{
    const size_t length = text_length(path), name_length = text_length(SERVICE_PROGRAM);
    return length > name_length && path[length - name_length - 1] == '\\' &&
           CompareStringOrdinal(path + length - name_length, -1, SERVICE_PROGRAM, -1, TRUE) ==
               CSTR_EQUAL;
}

/* A switch of the settings may be a text or a number. */
static bool users_may_change_it(void)
{
    static const char16_t setting[] = u"allow_writable_install";
    char16_t value[PACKAGE_VALUE_UNITS];
    DWORD number = 0, size = sizeof(number);
    if (!record_read_setting(setting, value))
        return text_equal(value, u"1");
    return !RegGetValueW(HKEY_LOCAL_MACHINE, PRODUCT_REGISTRY_KEY, setting,
                         RRF_RT_REG_DWORD | RRF_SUBKEY_WOW6464KEY, NULL, &number, &size) &&
           number == 1;
}

uint32_t programs_check(MSIHANDLE package, const char16_t *given,
                        char16_t program[PACKAGE_VALUE_UNITS])
{
    CLEANUP(path_finding_free) struct path_finding finding = {.descriptor = NULL};
    char16_t account[ACCOUNT_UNITS];
    const uint32_t error = trusted_program_find(given, program, &finding);
    if (error && !*finding.path)
        return package_refuse(package, u"%1 can't be opened: error %2!u!", given, error);
    if (!is_service_program(program))
        return package_refuse(package, u"%1 is not the program of the service", given);
    if (!error || users_may_change_it())
        return 0;
    path_finding_describe(&finding, account);
    return package_refuse(package,
                          u"%1 is not run, because %2 may be changed by %3. Let only "
                          u"administrators write there.",
                          given, finding.path, account);
}
_Static_assert((int)PACKAGE_VALUE_UNITS == (int)PATH_ACL_UNITS, "a path does not fit");

uint32_t programs_check_folder(MSIHANDLE package, const char16_t *folder)
{
    char16_t given[PACKAGE_VALUE_UNITS], program[PACKAGE_VALUE_UNITS];
    write_program(given, folder);
    return programs_check(package, given, program);
}

void programs_client(const char16_t *program, char16_t client[PACKAGE_VALUE_UNITS])
{
    struct text text = text_on(client, PACKAGE_VALUE_UNITS);
    size_t folder = text_length(program);
    while (folder && program[folder - 1] != '\\')
        folder--;
    text_append_units(&text, program, folder);
    text_append(&text, u"gatehouse.exe");
}

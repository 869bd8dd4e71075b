/* SPDX-License-Identifier: MIT */
#include "installer/programs.h"

#include "base/cleanup.h"
#include "installer/record.h"

static void write_program(char16_t program[PACKAGE_VALUE_UNITS], const char16_t *folder,
                          const char16_t *name)
{
    struct text text = text_on(program, PACKAGE_VALUE_UNITS);
    text_append(&text, folder);
    text_append(&text, u"bin\\");
    text_append(&text, name);
}

void programs_find(MSIHANDLE package, struct programs *programs)
{
    CLEANUP_FREE char16_t *given = package_property(package, u"INSTALLDIR");
    char16_t recorded[PACKAGE_VALUE_UNITS];
    const char16_t *next = given ? given : u"";
    const char16_t *installed = record_read_property(u"INSTALLDIR", recorded) ? next : recorded;
    write_program(programs->next, next, u"gatehouse-service.exe");
    write_program(programs->installed, installed, u"gatehouse-service.exe");
    write_program(programs->client, installed, u"gatehouse.exe");
}

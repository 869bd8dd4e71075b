/* SPDX-License-Identifier: MIT */
#include "client/cli/commands.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "client/cli/configs.h"
#include "client/cli/profile/judge.h"

#include <windows.h>

/* The name of the file without folder and extension. */
static void import_name(const char16_t *path, struct text *name)
{
    const char16_t *begin = path, *end = NULL;
    for (const char16_t *unit = path; *unit; unit++) {
        if (*unit == u'\\')
            begin = unit + 1;
        if (*unit == u'.')
            end = unit;
    }
    text_append_units(name, begin, end && end > begin ? (size_t)(end - begin) : text_length(begin));
}

static bool import_is_name(const char16_t *name)
{
    const size_t length = text_length(name);
    if (!length || length >= CONFIG_NAME_UNITS / 2 || name[length - 1] == u'.' ||
        name[length - 1] == u' ')
        return false;
    for (const char16_t *unit = name; *unit; unit++)
        if (*unit < u' ' || text_find(u"\\/:*?\"<>|", *unit))
            return false;
    return true;
}

/* Never in the place of another file. */
static uint32_t import_write(const char16_t *path, const struct judgement *judgement)
{
    DWORD written = 0;
    CLEANUP_HANDLE HANDLE file =
        CreateFileW(path, GENERIC_WRITE | DELETE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    if (WriteFile(file, judgement->bytes, (DWORD)judgement->size, &written, NULL) &&
        written == judgement->size)
        return 0;
    const uint32_t error = GetLastError();
    FILE_DISPOSITION_INFO removal = {.DeleteFile = TRUE};
    SetFileInformationByHandle(file, FileDispositionInfo, &removal, sizeof(removal));
    return error ? error : ERROR_WRITE_FAULT;
}

static enum exit_code import_store(const struct report *report, const char16_t *named,
                                   const struct judgement *judgement)
{
    char16_t units[CONFIG_NAME_UNITS], path[CONFIG_PATH_UNITS];
    struct text name = TEXT_ON(units);
    if (named)
        text_append(&name, named);
    else
        import_name(judgement->path, &name);
    if (name.truncated || !import_is_name(units))
        return report_usage(report, "this can't be the name of a configuration", units, u"import");
    uint32_t error = configs_make_path(units, path);
    if (!error)
        error = import_write(path, judgement);
    if (error == ERROR_FILE_EXISTS)
        return report_failure(report, EXIT_USAGE, error, u"There is such a file already: ", path,
                              u"Give it another name with --name.");
    if (error)
        return report_failure(report, EXIT_TROUBLE, error, u"The file can't be written: ", path,
                              u"Check whether you may write in that folder.");
    judgement_print(report, judgement, path);
    return EXIT_DONE;
}

enum exit_code command_import(const struct arguments *arguments)
{
    const struct report report = report_begin(arguments->json);
    CLEANUP(judgement_free) struct judgement judgement = {.bytes = NULL};
    enum exit_code exit =
        judgement_make(&report, arguments->instance, arguments->operand, &judgement);
    if (exit != EXIT_DONE)
        return exit;
    if (judgement.may_run)
        return import_store(&report, arguments->name, &judgement);
    judgement_print(&report, &judgement, NULL);
    return EXIT_REFUSED;
}

/* SPDX-License-Identifier: MIT */
/* The actions that run as SYSTEM, with the data that Prepare has made (prepare.c). */
#include "installer/actions.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "installer/client_aside.h"
#include "installer/command.h"
#include "installer/config_folder.h"
#include "installer/group.h"
#include "installer/package.h"
#include "installer/record.h"
#include "installer/services.h"
#include "installer/update_folder.h"
#include "product.h"

/* ---- services: "<program>|<id>|<id>" ---- */

/* The switches for each instance of the data; does nothing when the program is not there. With
 * `must_succeed` the first failure is returned, otherwise failures are in the log only. */
static uint32_t run_for_instances(MSIHANDLE package, const char16_t *switches, bool must_succeed)
{
    CLEANUP_FREE char16_t *data = package_property(package, u"CustomActionData");
    char16_t program[PACKAGE_VALUE_UNITS], instance[PACKAGE_VALUE_UNITS];
    const char16_t *rest = data;
    if (!fields_next(&rest, program) || GetFileAttributesW(program) == INVALID_FILE_ATTRIBUTES)
        return 0;
    while (fields_next(&rest, instance)) {
        DWORD exit_code = 0;
        const uint32_t error = command_run(package, program, instance, switches, &exit_code);
        if (must_succeed && (error || exit_code != COMMAND_DONE))
            return package_refuse(package,
                                  u"%1 %2 has failed; the log of the installation says why",
                                  program, switches);
    }
    return 0;
}

ACTION StopInstances(MSIHANDLE package)
{
    return run_for_instances(package, u"-stop", true);
}

ACTION UndoChanges(MSIHANDLE package)
{
    return run_for_instances(package, u"-undo", false);
}

ACTION StartInstances(MSIHANDLE package)
{
    return run_for_instances(package, u"-start", true);
}

/* What could not be removed is in the log. It is no reason to keep the rest. */
ACTION RemoveService(MSIHANDLE package)
{
    run_for_instances(package, u"-undo", false);
    run_for_instances(package, u"-remove", false);
    return run_for_instances(package, u"-unblock", false);
}

/* Whether another program's service may be taken over was decided by CheckService. */
ACTION InstallService(MSIHANDLE package)
{
    return run_for_instances(package, u"-takeover", true);
}

/* The kill switch stays as it is. Where the program has been removed already nothing but the
 * services is left of it. */
ACTION WithdrawService(MSIHANDLE package)
{
    CLEANUP_FREE char16_t *data = package_property(package, u"CustomActionData");
    char16_t program[PACKAGE_VALUE_UNITS], instance[PACKAGE_VALUE_UNITS];
    const char16_t *rest = data;
    run_for_instances(package, u"-withdraw", false);
    if (!fields_next(&rest, program))
        return 0;
    while (fields_next(&rest, instance)) {
        const uint32_t error = services_withdraw(instance, program);
        if (error)
            package_log(package, u"The service of the instance \"%1\" stays: error %2!u!", instance,
                        error);
    }
    return 0;
}

/* ---- gatehouse.exe: "<program>" ---- */

/* If it can't be done, Windows Installer asks for a restart. */
ACTION PutClientAside(MSIHANDLE package)
{
    CLEANUP_FREE char16_t *program = package_property(package, u"CustomActionData");
    const uint32_t error = program && *program ? client_put_aside(program) : 0;
    if (error)
        package_log(package, u"%1 runs, and can't be put aside: error %2!u!", program, error);
    return 0;
}

ACTION PutClientBack(MSIHANDLE package)
{
    CLEANUP_FREE char16_t *program = package_property(package, u"CustomActionData");
    const uint32_t error = program && *program ? client_put_back(program) : 0;
    if (error)
        package_log(package, u"%1 can't be put back: error %2!u!", program, error);
    return 0;
}

/* ---- deferred: settings ---- */

/* Properties that an installation is known by later, and folders, have nothing to do with the
 * settings themselves, but all of it is written in one action, so that one can take it back. */
static uint32_t write_item(MSIHANDLE package, char16_t *item)
{
    char16_t *equals = (char16_t *)text_find(item, '=');
    if (!equals || equals < item + 2)
        return 0;
    *equals = 0;
    const char16_t *name = item + 2, *value = equals + 1;
    bool is_new = false;
    uint32_t error = 0;
    switch (*item) {
    case 'p':
        return record_write_property(name, value);
    case 's':
        return record_write_setting(name, value);
    case 'g':
        group_make(package, value);
        return 0;
    default:
        error = *value ? config_folder_make(value, &is_new) : 0;
        if (error)
            package_refuse(package, u"The folder %1 can't be made: error %2!u!", value, error);
        return is_new ? record_write_property(u"ConfigFolder", value) : error;
    }
}

ACTION WriteSettings(MSIHANDLE package)
{
    CLEANUP_FREE char16_t *data = package_property(package, u"CustomActionData");
    char16_t item[PACKAGE_VALUE_UNITS];
    const char16_t *rest = data;
    uint32_t error = record_begin();
    while (!error && fields_next(&rest, item))
        error = write_item(package, item);
    return error ? package_refuse(package, u"The settings can't be written: error %1!u!", error)
                 : 0;
}

/* What users have put into the folder of configs stays, and so does the folder then. */
ACTION RemoveSettings(MSIHANDLE package)
{
    char16_t folder[PACKAGE_VALUE_UNITS];
    if (!record_read_property(u"ConfigFolder", folder))
        config_folder_remove(folder);
    const uint32_t error = record_remove();
    if (error)
        package_log(package, u"Some settings stay: error %1!u!", error);
    return 0;
}

ACTION TakeBackSettings(MSIHANDLE package)
{
    char16_t folder[PACKAGE_VALUE_UNITS];
    bool is_new;
    if (!record_read_property(u"ConfigFolder", folder))
        config_folder_remove(folder);
    const uint32_t error = record_take_back();
    if (error)
        package_log(package, u"Some settings can't be put back: error %1!u!", error);
    /* One that had been there before this installation. */
    if (!record_read_property(u"ConfigFolder", folder))
        config_folder_make(folder, &is_new);
    return 0;
}

ACTION CommitSettings(MSIHANDLE package)
{
    (void)package;
    record_commit();
    return 0;
}

/* At the very end: a removal that is taken back must not make the service forget which updates it
 * has accepted. */
ACTION ForgetUpdates(MSIHANDLE package)
{
    const uint32_t error = update_folder_forget();
    if (error)
        package_log(package, u"The folder of updates stays: error %1!u!", error);
    return 0;
}

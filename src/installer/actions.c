/* SPDX-License-Identifier: MIT */
/* The actions that run as SYSTEM, with the data that Prepare has made (prepare.c).
 *
 * Prepare runs in a process of whoever has started the installation, and every user may start a
 * repair. So the data is not believed: what is run must be the service's program where only
 * administrators can write, and what is written must be one of the package's own settings. */
#include "installer/actions.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "installer/client_aside.h"
#include "installer/command.h"
#include "installer/config_folder.h"
#include "installer/group.h"
#include "installer/openvpn.h"
#include "installer/package.h"
#include "installer/programs.h"
#include "installer/properties.h"
#include "installer/record.h"
#include "installer/services.h"
#include "installer/update_folder.h"
#include "product.h"

/* ---- services: "<program>|<id>|<id>" ---- */

/* Runs the program with the switches for one instance. An id has no quotation mark and no backslash
 * in it (service/names.h): either could add switches. */
static uint32_t run_for_instance(MSIHANDLE package, const char16_t *program,
                                 const char16_t *instance, const char16_t *switches)
{
    DWORD exit_code = 0;
    if (text_find(instance, '"') || text_find(instance, '\\'))
        return package_refuse(package, u"%1 is no id of an instance", instance);
    const uint32_t error = command_run(package, program, instance, switches, &exit_code);
    return error ? error : exit_code;
}

/* The switches for each instance of the data; does nothing when the program is not there. With
 * `must_succeed` the first failure is returned, otherwise failures are in the log only. */
static uint32_t run_for_instances(MSIHANDLE package, const char16_t *switches, bool must_succeed)
{
    CLEANUP_FREE char16_t *data = package_property(package, u"CustomActionData");
    char16_t given[PACKAGE_VALUE_UNITS], program[PACKAGE_VALUE_UNITS];
    char16_t instance[PACKAGE_VALUE_UNITS];
    const char16_t *rest = data;
    if (!fields_next(&rest, given) || GetFileAttributesW(given) == INVALID_FILE_ATTRIBUTES)
        return 0;
    if (programs_check(package, given, program))
        return must_succeed ? ERROR_INSTALL_FAILURE : 0;
    while (fields_next(&rest, instance))
        if (run_for_instance(package, program, instance, switches) != COMMAND_DONE && must_succeed)
            return package_refuse(package,
                                  u"%1 %2 has failed; the log of the installation says why",
                                  program, switches);
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

/* What the program itself could not remove of the data's services. */
static void withdraw_services(MSIHANDLE package)
{
    CLEANUP_FREE char16_t *data = package_property(package, u"CustomActionData");
    char16_t program[PACKAGE_VALUE_UNITS], instance[PACKAGE_VALUE_UNITS];
    const char16_t *rest = data;
    if (!fields_next(&rest, program))
        return;
    while (fields_next(&rest, instance)) {
        const uint32_t error = services_withdraw(instance, program);
        if (error)
            package_log(package, u"The service of the instance \"%1\" stays: error %2!u!", instance,
                        error);
    }
}

/* What could not be removed is in the log. It is no reason to keep the rest. */
ACTION RemoveService(MSIHANDLE package)
{
    run_for_instances(package, u"-undo", false);
    run_for_instances(package, u"-remove", false);
    withdraw_services(package);
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
    run_for_instances(package, u"-withdraw", false);
    withdraw_services(package);
    return 0;
}

/* ---- gatehouse.exe, beside the service's program: "<program>" ---- */

/* Calls it unless the data names no program of ours. */
static void run_for_client(MSIHANDLE package, uint32_t (*change)(const char16_t *),
                           const char16_t *failure)
{
    CLEANUP_FREE char16_t *given = package_property(package, u"CustomActionData");
    char16_t program[PACKAGE_VALUE_UNITS], client[PACKAGE_VALUE_UNITS];
    if (!given || !*given || programs_check(package, given, program))
        return;
    programs_client(program, client);
    const uint32_t error = change(client);
    if (error)
        package_log(package, failure, client, error);
}

/* If it can't be done, Windows Installer asks for a restart. */
ACTION PutClientAside(MSIHANDLE package)
{
    run_for_client(package, client_put_aside, u"%1 runs, and can't be put aside: error %2!u!");
    return 0;
}

ACTION PutClientBack(MSIHANDLE package)
{
    run_for_client(package, client_put_back, u"%1 can't be put back: error %2!u!");
    return 0;
}

/* ---- deferred: settings ---- */

static const struct public_property *find_property(const char16_t *name)
{
    for (size_t i = 0; i < public_property_count; i++)
        if (text_equal(public_properties[i].name, name))
            return &public_properties[i];
    return NULL;
}

static bool is_setting_of_package(const char16_t *name)
{
    bool is = text_equal(name, u"config_dir");
    for (size_t i = 0; i < public_property_count; i++)
        is |= public_properties[i].setting && text_equal(public_properties[i].setting, name);
    return is;
}

static uint32_t write_property(MSIHANDLE package, const char16_t *name, const char16_t *value)
{
    if (!find_property(name))
        return package_refuse(package, u"%1 is no property of the package", name);
    if (text_equal(name, u"INSTALLDIR") && programs_check_folder(package, value))
        return ERROR_INSTALL_FAILURE;
    return record_write_property(name, value);
}

/* The key's own value is the folder of OpenVPN, from which programs run: it is looked up anew. */
static uint32_t write_setting(MSIHANDLE package, const char16_t *name, const char16_t *value)
{
    char16_t openvpn[PACKAGE_VALUE_UNITS];
    if (!*name)
        return openvpn_find(openvpn) ? 0 : record_write_setting(name, openvpn);
    if (!is_setting_of_package(name))
        return package_refuse(package, u"%1 is no setting of the package", name);
    return record_write_setting(name, value);
}

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
        return write_property(package, name, value);
    case 's':
        return write_setting(package, name, value);
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

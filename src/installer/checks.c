/* SPDX-License-Identifier: MIT */
/* The actions that run before anything is changed, as the caller: they only look. */
#include "base/cleanup.h"
#include "base/win32/service_config.h"
#include "installer/actions.h"
#include "installer/openvpn.h"
#include "installer/package.h"
#include "installer/programs.h"
#include "installer/properties.h"
#include "installer/record.h"
#include "installer/services.h"
#include "product.h"

/* What is installed may be repaired by every user, with properties of theirs
 * (SecureCustomProperties reach the service process whoever gives them), and the program below
 * INSTALLDIR runs as SYSTEM. So then only what is recorded counts. */
ACTION RecallProperties(MSIHANDLE package)
{
    const bool is_installed = package_has(package, u"Installed");
    char16_t value[PACKAGE_VALUE_UNITS];
    for (size_t i = 0; i < public_property_count; i++) {
        const char16_t *name = public_properties[i].name;
        if (!is_installed && package_has(package, name))
            continue;
        if (record_read_property(name, value))
            *value = 0;
        const uint32_t error = package_set(package, name, value);
        if (error)
            return package_refuse(package, u"%1 can't be set: error %2!u!", name, error);
    }
    return 0;
}

ACTION CheckOpenVpn(MSIHANDLE package)
{
    char16_t folder[PACKAGE_VALUE_UNITS];
    if (!openvpn_find(folder))
        return 0;
    return package_refuse(package, u"OpenVPN is not installed. Install it first, from "
                                   u"https://openvpn.net/community/ or with:%n"
                                   u"winget install --exact --id OpenVPNTechnologies.OpenVPN");
}

ACTION CheckService(MSIHANDLE package)
{
    CLEANUP_FREE char16_t *takeover = package_property(package, u"TAKEOVER");
    char16_t command[SERVICES_COMMAND_UNITS];
    struct programs programs;
    uint32_t error = services_default_command(command);
    if (error == ERROR_SERVICE_DOES_NOT_EXIST || (takeover && text_equal(takeover, u"1")))
        return 0;
    if (error)
        return package_refuse(
            package, u"The service " PRODUCT_SERVICE_NAME u" can't be looked at: error %1!u!",
            error);
    programs_find(package, &programs);
    if (service_command_runs(command, programs.next) ||
        service_command_runs(command, programs.installed))
        return 0;
    return package_refuse(
        package,
        u"The service " PRODUCT_SERVICE_NAME u" belongs to another program, as a rule to "
        u"OpenVPN:%n%1%n"
        u"Remove the feature \"OpenVPN Service\" from the installation of OpenVPN, or have "
        u"the service taken over: msiexec /i <this package> TAKEOVER=1%n"
        u"If this package is installed already: gatehouse-service.exe -takeover -start",
        command);
}

/* Names of services with ", " between them. */
static void list_further_instance(void *context, const char16_t *instance, bool is_running)
{
    struct text *names = context;
    (void)is_running;
    if (!*instance)
        return;
    text_append(names, names->length ? u", " : u"");
    text_append(names, PRODUCT_SERVICE_NAME);
    text_append(names, instance);
}

ACTION CheckInstances(MSIHANDLE package)
{
    char16_t units[PACKAGE_VALUE_UNITS];
    struct text names = TEXT_ON(units);
    struct programs programs;
    programs_find(package, &programs);
    uint32_t error = services_of_program(programs.installed, list_further_instance, &names);
    if (error)
        return package_refuse(package, u"The services can't be listed: error %1!u!", error);
    if (!names.length)
        return 0;
    return package_refuse(package,
                          u"Other instances of the service use this program: %1%n"
                          u"Remove each of them first: \"%2\" -instance interactive <id> -remove",
                          units, programs.installed);
}

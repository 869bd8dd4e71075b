/* SPDX-License-Identifier: MIT */
/* Prepare: the data of the actions that run as SYSTEM. */
#include "base/cleanup.h"
#include "installer/actions.h"
#include "installer/openvpn.h"
#include "installer/package.h"
#include "installer/programs.h"
#include "installer/properties.h"
#include "installer/record.h"
#include "installer/services.h"
#include "product.h"

static uint32_t set_data(MSIHANDLE package, const char16_t *action, const struct text *data)
{
    if (data->truncated)
        return package_refuse(package, u"The properties of the package are too long");
    const uint32_t error = package_set(package, action, data->units);
    return error ? package_refuse(package, u"%1 can't be prepared: error %2!u!", action, error) : 0;
}

/* ---- instances ---- */

/* Whose services an action is about. The default instance is new if it has no service of this
 * program yet; when the program moves to another folder, all are. */
enum instances { ALL, RUNNING, DEFAULT, ALL_AND_DEFAULT, RUNNING_AND_DEFAULT_IF_NEW, NEW };

/* Each action gets "<program>|<id>|<id>". */
static const struct {
    const char16_t *action;
    bool is_next; /* it runs the new program, not the installed one */
    enum instances of;
} instance_actions[] = {
    {u"StopInstances", false, RUNNING},
    {u"StartInstancesAgain", false, RUNNING},
    {u"UndoChanges", false, ALL},
    {u"RemoveService", false, DEFAULT},
    {u"InstallServiceAgain", false, DEFAULT},
    {u"WithdrawService", true, NEW},
    {u"InstallService", true, ALL_AND_DEFAULT},
    {u"StartInstances", true, RUNNING_AND_DEFAULT_IF_NEW},
    {u"StopNewInstances", true, RUNNING_AND_DEFAULT_IF_NEW},
};

/* The ids of instances, each behind a bar. */
struct found_instances {
    char16_t all_units[PACKAGE_DATA_UNITS], running_units[PACKAGE_DATA_UNITS];
    struct text all, running;
    bool has_default, has_moved;
};

static void list_instance(void *context, const char16_t *instance, bool is_running)
{
    struct found_instances *found = context;
    found->has_default |= !*instance;
    text_append(&found->all, u"|");
    text_append(&found->all, instance);
    text_append(&found->running, is_running ? u"|" : u"");
    text_append(&found->running, is_running ? instance : u"");
}

static void append_instances(struct text *data, const struct found_instances *found,
                             enum instances of)
{
    const bool is_all = of == ALL || of == ALL_AND_DEFAULT || (of == NEW && found->has_moved);
    const bool is_running = of == RUNNING || of == RUNNING_AND_DEFAULT_IF_NEW;
    const bool is_complete = of == ALL || of == RUNNING || (of != DEFAULT && found->has_default);
    text_append(data, is_all ? found->all_units : u"");
    text_append(data, is_running ? found->running_units : u"");
    text_append(data, is_complete ? u"" : u"|");
    data->truncated |= found->all.truncated;
}

static uint32_t prepare_instances(MSIHANDLE package)
{
    struct found_instances found = {.has_default = false};
    struct programs programs;
    found.all = TEXT_ON(found.all_units);
    found.running = TEXT_ON(found.running_units);
    programs_find(package, &programs);
    found.has_moved = !text_equal(programs.next, programs.installed);
    uint32_t error = services_of_program(programs.installed, list_instance, &found);
    if (error)
        return package_refuse(package, u"The services can't be listed: error %1!u!", error);
    for (size_t i = 0; !error && i < ARRAY_COUNT(instance_actions); i++) {
        char16_t units[PACKAGE_DATA_UNITS];
        struct text data = TEXT_ON(units);
        text_append(&data, instance_actions[i].is_next ? programs.next : programs.installed);
        append_instances(&data, &found, instance_actions[i].of);
        error = set_data(package, instance_actions[i].action, &data);
    }
    return error;
}

static uint32_t prepare_client(MSIHANDLE package)
{
    static const char16_t *const actions[] = {u"PutClientAside", u"PutClientBack"};
    struct programs programs;
    uint32_t error = 0;
    programs_find(package, &programs);
    for (size_t i = 0; !error && i < ARRAY_COUNT(actions); i++) {
        char16_t units[PACKAGE_DATA_UNITS];
        struct text data = TEXT_ON(units);
        text_append(&data, programs.installed);
        error = set_data(package, actions[i], &data);
    }
    return error;
}

/* ---- settings ---- */

static bool is_key_of_openvpn(void)
{
    return CompareStringOrdinal(PRODUCT_REGISTRY_KEY, -1, OPENVPN_KEY, -1, TRUE) == CSTR_EQUAL;
}

static void append_value(struct text *data, const char16_t *name, const char16_t *value)
{
    text_append(data, data->length ? u"|" : u"");
    text_append(data, name);
    text_append(data, u"=");
    text_append(data, value);
}

/* Where configs are to lie: given; or ours; or, where the settings are OpenVPN's, its. */
static void append_config_folder(MSIHANDLE package, struct text *data)
{
    CLEANUP_FREE char16_t *given = package_property(package, u"CONFIG");
    CLEANUP_FREE char16_t *folder = package_property(package, u"INSTALLDIR");
    char16_t value[PACKAGE_VALUE_UNITS], openvpn[PACKAGE_VALUE_UNITS];
    struct text path = TEXT_ON(value);
    if (given && *given) {
        text_append(&path, given);
    } else if (!is_key_of_openvpn() && folder) {
        text_append(&path, folder);
        text_append(&path, u"config");
        append_value(data, u"s:config_dir", value);
    } else if (record_read_setting(u"config_dir", value) && !openvpn_find(openvpn)) {
        text_append(&path, openvpn);
        text_append(&path, u"config");
    }
    append_value(data, u"f:", value);
}

/* "p:<property>=<value>", "s:<setting>=<value>", "f:=<folder of configs>", "g:=<group>" */
static uint32_t prepare_settings(MSIHANDLE package)
{
    char16_t units[PACKAGE_DATA_UNITS], name[64], openvpn[PACKAGE_VALUE_UNITS];
    struct text data = TEXT_ON(units);
    for (size_t i = 0; i < public_property_count; i++) {
        const struct public_property *row = &public_properties[i];
        CLEANUP_FREE char16_t *value = package_property(package, row->name);
        if (!value || !*value)
            continue;
        if (text_find(value, '|'))
            return package_refuse(package, u"%1 must have no vertical bar in it", row->name);
        struct text words = TEXT_ON(name);
        text_append(&words, u"p:");
        text_append(&words, row->name);
        append_value(&data, name, value);
        words = TEXT_ON(name);
        text_append(&words, u"s:");
        text_append(&words, row->setting ? row->setting : u"");
        if (row->setting)
            append_value(&data, name, value);
    }
    if (!is_key_of_openvpn() && !openvpn_find(openvpn))
        append_value(&data, u"s:", openvpn);
    append_config_folder(package, &data);
    CLEANUP_FREE char16_t *group = package_property(package, u"ADMINGROUP");
    append_value(&data, u"g:", group && *group ? group : u"OpenVPN Administrators");
    return set_data(package, u"WriteSettings", &data);
}

ACTION Prepare(MSIHANDLE package)
{
    uint32_t error = prepare_instances(package);
    if (!error)
        error = prepare_client(package);
    return error ? error : prepare_settings(package);
}

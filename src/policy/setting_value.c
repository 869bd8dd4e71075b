/* SPDX-License-Identifier: MIT */
#include "policy/setting_value.h"

#include "base/errors.h"

#include <stdio.h>
#include <string.h>

/* What is wrong with a value that can't be read, or is no value. */
static void describe_error(const struct setting *setting, struct setting_fault *fault)
{
    char *problem = fault->problem;
    if (fault->error == ERROR_FILE_NOT_FOUND)
        snprintf(problem, SETTING_PROBLEM_SIZE, "is missing and has no default");
    else if (fault->error == ERROR_PATH_NOT_FOUND)
        snprintf(problem, SETTING_PROBLEM_SIZE, "lies below a folder that is not known");
    else if (fault->error == ERROR_UNSUPPORTED_TYPE)
        snprintf(problem, SETTING_PROBLEM_SIZE, "is no REG_SZ%s",
                 setting_takes_numbers(setting) ? " or REG_DWORD" : "");
    else if (fault->error == ERROR_MORE_DATA || fault->error == ERROR_FILENAME_EXCED_RANGE)
        snprintf(problem, SETTING_PROBLEM_SIZE, "is longer than %u characters",
                 (unsigned)setting->units - 1);
    else
        snprintf(problem, SETTING_PROBLEM_SIZE, "can't be read: error %u", (unsigned)fault->error);
}

/* Completes the value of a folder, and judges it. `error` is that of its reading. */
static void value_judge(const struct setting *setting, uint32_t error, struct setting_value *value)
{
    struct setting_fault *fault = &value->fault;
    struct text text = {
        .units = value->text, .length = text_length(value->text), .capacity = setting->units};
    fault->error = error;
    if (!error)
        setting_end_folder(setting, &text);
    if (text.truncated)
        fault->error = ERROR_FILENAME_EXCED_RANGE;
    if (fault->error) {
        *value->text = 0;
        describe_error(setting, fault);
    } else if (!setting_is_valid(setting, value->text, fault->problem)) {
        fault->error = ERROR_INVALID_DATA;
    }
}

static void value_take(const struct setting *setting, const struct setting_reading *reading,
                       enum setting_origin origin, struct setting_value *value)
{
    value->origin = origin;
    *value->text = 0;
    if (!reading->error)
        memcpy(value->text, reading->text, (text_length(reading->text) + 1) * sizeof(*value->text));
    value_judge(setting, reading->error, value);
}

static void value_take_default(const struct setting *setting, const char16_t *install_dir,
                               struct setting_value *value)
{
    struct text text = text_on(value->text, setting->units);
    const bool is_below = setting->form == SETTING_FILE || setting->form == SETTING_FOLDER;
    uint32_t error = is_below && !install_dir ? ERROR_PATH_NOT_FOUND : 0;
    value->origin = ORIGIN_DEFAULT;
    if (!error)
        setting_append_default(setting, install_dir, &text);
    if (text.truncated)
        error = ERROR_FILENAME_EXCED_RANGE;
    value_judge(setting, error, value);
}

/* The policy's value is wrong, the local one is there and right. A default that is not known is no
 * reason to change that. */
static void value_take_stricter(const struct setting *setting, const char16_t *install_dir,
                                struct setting_value *value)
{
    struct setting_value fallback = {.origin = ORIGIN_DEFAULT};
    value_take_default(setting, install_dir, &fallback);
    if (fallback.fault.error || setting_is_stricter(setting, value->text, fallback.text))
        return;
    fallback.policy = value->policy;
    *value = fallback;
}

void setting_value_find(const struct setting *setting, const char16_t *install_dir,
                        const struct setting_reading *local, const struct setting_reading *policy,
                        struct setting_value *value)
{
    const bool has_policy = policy->error != ERROR_FILE_NOT_FOUND;
    *value = (struct setting_value){.origin = ORIGIN_DEFAULT};
    if (has_policy && setting->is_local_only) {
        value->policy.error = ERROR_NOT_SUPPORTED;
        snprintf(value->policy.problem, SETTING_PROBLEM_SIZE, "is nothing that a policy can set");
    } else if (has_policy) {
        value_take(setting, policy, ORIGIN_POLICY, value);
        if (!value->fault.error)
            return;
        value->policy = value->fault;
        value->fault = (struct setting_fault){.error = 0};
    }

    if (local->error == ERROR_FILE_NOT_FOUND && setting->fallback) {
        value_take_default(setting, install_dir, value);
        return;
    }
    value_take(setting, local, ORIGIN_LOCAL, value);
    if (value->policy.error && !value->fault.error && !setting->is_local_only)
        value_take_stricter(setting, install_dir, value);
}

const char *setting_origin_name(enum setting_origin origin)
{
    static const char *const names[] = {
        [ORIGIN_DEFAULT] = "default", [ORIGIN_LOCAL] = "local", [ORIGIN_POLICY] = "policy"};
    return names[origin];
}

/* SPDX-License-Identifier: MIT */
#include "control.h"
#include "adapters.h"
#include "faults.h"
#include "firewall_json.h"
#include "firewall_requests.h"
#include "registry_cache.h"
#include "registry_json.h"
#include "rows_json.h"
#include "store.h"

#include <winsock2.h>
#include <windows.h>
#include <sddl.h>

static const char *request_text(const cJSON *json, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

static cJSON *refuse(const char *why)
{
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "error", why);
    return answer;
}

static bool take_sid(const char *text, uint8_t sid[MACHINE_SID_BYTES])
{
    PSID parsed;
    if (!ConvertStringSidToSidA(text, &parsed))
        return false;
    memset(sid, 0, MACHINE_SID_BYTES);
    memcpy(sid, parsed, GetLengthSid(parsed));
    LocalFree(parsed);
    return true;
}

static cJSON *do_reset(struct machine *machine, const cJSON *request)
{
    struct population population;
    if (!take_population(cJSON_GetObjectItemCaseSensitive(request, "registry"), &population))
        return refuse("bad registry");
    machine_populate(machine);
    registry_reset(machine, &population);
    return firewall_reset(machine);
}

static cJSON *do_reboot(struct machine *machine, const cJSON *request)
{
    const cJSON *without = cJSON_GetObjectItemCaseSensitive(request, "without_bfe");
    machine_reboot(machine);
    store_remove_volatile(machine->folder);
    machine->image->volatile_keys = 0;
    return firewall_reboot(machine, !cJSON_IsTrue(without));
}

static cJSON *do_dump(struct machine *machine, const cJSON *request)
{
    struct wfp wfp;
    (void)request;
    cJSON *answer = machine_to_json(machine);
    if (wfp_open(&wfp, machine) == 0)
        cJSON_AddItemToObject(answer, "filters", firewall_filters_to_json(&wfp));
    wfp_close(&wfp);
    return answer;
}

static const struct {
    const char *name;
    enum fault_action action;
} actions[] = {
    {"fail", FAULT_FAIL}, {"block", FAULT_BLOCK},         {"block_after", FAULT_BLOCK_AFTER},
    {"die", FAULT_DIE},   {"die_after", FAULT_DIE_AFTER},
};

static cJSON *do_fault(struct machine *machine, const cJSON *request)
{
    enum call call = call_by_name(request_text(request, "call"));
    uint32_t nth = 1, times = 1, code = 0;
    json_number(request, "nth", &nth);
    json_number(request, "times", &times);
    json_number(request, "code", &code);
    if (call == CALL_COUNT || nth == 0)
        return refuse("no such call");
    for (size_t i = 0; i < ARRAYSIZE(actions); i++) {
        if (strcmp(actions[i].name, request_text(request, "action")) != 0)
            continue;
        if (actions[i].action == FAULT_FAIL && !code)
            return refuse("a failure needs a code");
        return fault_add(machine, call, nth, times, actions[i].action, code)
                   ? refuse("too many faults")
                   : cJSON_CreateObject();
    }
    return refuse("no such action");
}

static cJSON *do_clear_faults(struct machine *machine, const cJSON *request)
{
    (void)request;
    fault_clear(machine);
    return cJSON_CreateObject();
}

/* Bits 1 << enum call_group; `otherwise` when there is no list of them. */
static bool take_groups(const cJSON *request, uint32_t otherwise, uint32_t *groups)
{
    const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(request, "groups");
    *groups = list ? 0 : otherwise;
    cJSON_ArrayForEach(item, list)
    {
        enum call_group group =
            cJSON_IsString(item) ? call_group_by_name(item->valuestring) : CALL_GROUP_COUNT;
        if (group == CALL_GROUP_COUNT)
            return false;
        *groups |= 1u << group;
    }
    return true;
}

static cJSON *do_counters(struct machine *machine, const cJSON *request)
{
    uint32_t groups;
    if (!take_groups(request, UINT32_MAX, &groups))
        return refuse("no such group");
    cJSON *answer = cJSON_CreateObject();
    cJSON *counters = cJSON_AddObjectToObject(answer, "counters");
    for (enum call call = 0; call < CALL_COUNT; call++)
        if (machine->image->counters[call] && groups >> call_group(call) & 1)
            cJSON_AddNumberToObject(counters, call_name(call), machine->image->counters[call]);
    return answer;
}

static cJSON *do_deaths(struct machine *machine, const cJSON *request)
{
    const struct machine_image *image = machine->image;
    cJSON *answer = cJSON_CreateObject();
    cJSON *deaths = cJSON_AddArrayToObject(answer, "deaths");
    (void)request;
    for (int32_t i = 0; i < image->death_count && i < MACHINE_DEATHS; i++) {
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "call", call_name((enum call)image->deaths[i].call));
        cJSON_AddNumberToObject(item, "pid", image->deaths[i].pid);
        cJSON_AddBoolToObject(item, "after", image->deaths[i].after != 0);
        cJSON_AddItemToArray(deaths, item);
    }
    return answer;
}

static bool is_alive(DWORD pid)
{
    HANDLE process = OpenProcess(SYNCHRONIZE, FALSE, pid);
    bool alive = process && WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
    if (process)
        CloseHandle(process);
    return alive;
}

static cJSON *do_waiting(struct machine *machine, const cJSON *request)
{
    cJSON *answer = cJSON_CreateObject();
    cJSON *waiting = cJSON_AddArrayToObject(answer, "waiting");
    (void)request;
    for (size_t i = 0; i < MACHINE_WAITERS; i++) {
        struct waiter *waiter = &machine->image->waiters[i];
        int32_t pid = waiter->pid;
        if (!pid)
            continue;
        if (!is_alive((DWORD)pid)) { /* killed while it was blocked */
            InterlockedCompareExchange((LONG *)&waiter->pid, 0, pid);
            continue;
        }
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "call", call_name((enum call)waiter->call));
        cJSON_AddNumberToObject(item, "pid", pid);
        cJSON_AddNumberToObject(item, "tid", waiter->tid);
        cJSON_AddItemToArray(waiting, item);
    }
    return answer;
}

static bool take_persona(const cJSON *json, struct persona *persona)
{
    static const char *const levels[] = {"anonymous", "identification", "impersonation",
                                         "delegation"};
    const char *level = request_text(json, "level");
    const cJSON *group;
    *persona = (struct persona){.level = SecurityImpersonation};
    for (uint32_t i = 0; i < ARRAYSIZE(levels); i++)
        if (strcmp(level, levels[i]) == 0)
            persona->level = i;
    json_number(json, "pid", &persona->pid);
    json_number(json, "logon", &persona->logon);
    json_number(json, "session", &persona->session);
    json_number(json, "is_younger", &persona->is_younger);
    if (!take_sid(request_text(json, "sid"), persona->user) ||
        !json_text(json, "name", persona->name, ARRAYSIZE(persona->name)) ||
        !json_text(json, "domain", persona->domain, ARRAYSIZE(persona->domain)))
        return false;
    cJSON_ArrayForEach(group, cJSON_GetObjectItemCaseSensitive(json, "groups"))
    {
        if (persona->group_count == MACHINE_PERSONA_GROUPS)
            return false;
        struct persona_group *place = &persona->groups[persona->group_count++];
        place->attributes = SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED;
        json_number(group, "attributes", &place->attributes);
        if (!take_sid(request_text(group, "sid"), place->sid))
            return false;
    }
    return true;
}

static cJSON *do_personas(struct machine *machine, const cJSON *request)
{
    struct machine_image *image = machine->image;
    const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(request, "personas");
    uint32_t count = 0;
    image->persona_count = 0;
    cJSON_ArrayForEach(item, list)
    {
        if (count == MACHINE_PERSONAS)
            return refuse("too many personas");
        if (!take_persona(item, &image->personas[count++]))
            return refuse("bad persona");
    }
    image->persona_count = count;
    return cJSON_CreateObject();
}

static bool take_local_group(const cJSON *json, struct local_group *group)
{
    const cJSON *member;
    *group = (struct local_group){.domain = L"TESTBOX"};
    if (!take_sid(request_text(json, "sid"), group->sid) ||
        !json_text(json, "name", group->name, ARRAYSIZE(group->name)) ||
        !json_text(json, "domain", group->domain, ARRAYSIZE(group->domain)))
        return false;
    cJSON_ArrayForEach(member, cJSON_GetObjectItemCaseSensitive(json, "members"))
    {
        if (group->member_count == MACHINE_LOCAL_GROUP_MEMBERS || !cJSON_IsString(member) ||
            !take_sid(member->valuestring, group->members[group->member_count++]))
            return false;
    }
    return true;
}

static cJSON *do_local_groups(struct machine *machine, const cJSON *request)
{
    struct machine_image *image = machine->image;
    const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(request, "local_groups");
    uint32_t count = 0;
    image->local_group_count = 0;
    cJSON_ArrayForEach(item, list)
    {
        if (count == MACHINE_LOCAL_GROUPS)
            return refuse("too many local groups");
        if (!take_local_group(item, &image->local_groups[count++]))
            return refuse("bad local group");
    }
    image->local_group_count = count;
    return cJSON_CreateObject();
}

static bool take_service(const cJSON *json, struct machine_service *service)
{
    *service = (struct machine_service){
        .state = SERVICE_RUNNING, .start = SERVICE_AUTO_START, .account = L"LocalSystem"};
    json_number(json, "error", &service->error);
    json_number(json, "state", &service->state);
    json_number(json, "start", &service->start);
    json_number(json, "exit_code", &service->exit_code);
    json_number(json, "pid", &service->pid);
    return *request_text(json, "name") &&
           json_text(json, "name", service->name, ARRAYSIZE(service->name)) &&
           json_text(json, "binary", service->binary, ARRAYSIZE(service->binary)) &&
           json_text(json, "account", service->account, ARRAYSIZE(service->account));
}

static cJSON *do_services(struct machine *machine, const cJSON *request)
{
    struct machine_image *image = machine->image;
    const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(request, "services");
    uint32_t count = 0;
    image->service_count = 0;
    cJSON_ArrayForEach(item, list)
    {
        if (count == MACHINE_SERVICES)
            return refuse("too many services");
        if (!take_service(item, &image->services[count++]))
            return refuse("bad service");
    }
    image->service_count = count;
    return cJSON_CreateObject();
}

static const struct {
    const char *kind;
    uint32_t (*edit)(struct machine *, const char *, const cJSON *);
} kinds[] = {{"route", edit_route}, {"address", edit_address}, {"interface", edit_interface}};

static cJSON *answer_edit(uint32_t error)
{
    if (!error)
        return cJSON_CreateObject();
    cJSON *answer = refuse("the model refuses");
    cJSON_AddNumberToObject(answer, "error_code", error);
    return answer;
}

static cJSON *do_edit(struct machine *machine, const cJSON *request)
{
    const char *action = request_text(request, "action");
    if (strcmp(action, "add") != 0 && strcmp(action, "set") != 0 && strcmp(action, "delete") != 0)
        return refuse("no such action");
    for (size_t i = 0; i < ARRAYSIZE(kinds); i++) {
        if (strcmp(kinds[i].kind, request_text(request, "kind")) != 0)
            continue;
        uint32_t error =
            kinds[i].edit(machine, action, cJSON_GetObjectItemCaseSensitive(request, "row"));
        return answer_edit(error);
    }
    return refuse("no such kind");
}

static cJSON *do_registry(struct machine *machine, const cJSON *request)
{
    cJSON *answer = cJSON_CreateObject();
    (void)request;
    cJSON_AddItemToObject(answer, "registry", registry_show(machine->folder));
    return answer;
}

static cJSON *do_edit_registry(struct machine *machine, const cJSON *request)
{
    return answer_edit(edit_registry(machine->folder, request));
}

static cJSON *do_recording(struct machine *machine, const cJSON *request)
{
    uint32_t groups;
    if (!take_groups(request, 0, &groups))
        return refuse("no such group");
    machine->image->settings.recorded_groups = groups;
    return cJSON_CreateObject();
}

static cJSON *do_settings(struct machine *machine, const cJSON *request)
{
    json_number(request, "service_is_system", &machine->image->settings.service_is_system);
    json_number(request, "next_process", &machine->image->settings.next_process);
    json_number(request, "product_key_error", &machine->image->settings.product_key_error);
    json_number(request, "policy_key_error", &machine->image->settings.policy_key_error);
    return cJSON_CreateObject();
}

static const struct {
    const char *verb;
    cJSON *(*serve_request)(struct machine *, const cJSON *);
} verbs[] = {
    {"reset", do_reset},
    {"reboot", do_reboot},
    {"dump", do_dump},
    {"fault", do_fault},
    {"clear_faults", do_clear_faults},
    {"counters", do_counters},
    {"deaths", do_deaths},
    {"waiting", do_waiting},
    {"personas", do_personas},
    {"local_groups", do_local_groups},
    {"services", do_services},
    {"edit", do_edit},
    {"recording", do_recording},
    {"settings", do_settings},
    {"registry", do_registry},
    {"edit_registry", do_edit_registry},
    {"firewall", firewall_show},
    {"verdict", firewall_verdict},
    {"flow", firewall_flow},
    {"stop_bfe", firewall_stop_bfe},
    {"start_bfe", firewall_start_bfe},
    {"restart_bfe", firewall_restart_bfe},
    {"abort_transaction", firewall_abort_transaction},
    {"edit_firewall", firewall_change},
};

static cJSON *serve_request(struct machine *machine, const cJSON *request)
{
    const char *verb = request_text(request, "do");
    cJSON *answer = NULL;
    machine_lock(machine);
    for (size_t i = 0; i < ARRAYSIZE(verbs) && !answer; i++)
        if (strcmp(verbs[i].verb, verb) == 0)
            answer = verbs[i].serve_request(machine, request);
    machine_unlock(machine);
    return answer ? answer : refuse("no such request");
}

cJSON *fake_control(const wchar_t *folder, const cJSON *request)
{
    struct machine machine;
    cJSON *answer = machine_open(&machine, folder, true) ? refuse("machine.dat can't be opened")
                                                         : serve_request(&machine, request);
    machine_close(&machine);
    return answer;
}

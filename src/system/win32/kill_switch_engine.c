/* SPDX-License-Identifier: MIT */
/* The operations of kill_switch_engine.h over the Windows Filtering Platform (Microsoft, "FWP
 * Functions").
 *
 * Sessions are not dynamic: only then may one transaction hold objects of every lifetime. The
 * provider, the sublayer and the filters that block are persistent, what opens is not. A persistent
 * filter has a twin for the time from the start of TCP/IP until the platform runs, where the plan
 * says so; Windows exchanges the twins in one step, because they have the same provider.
 *
 * The provider names our service. While that is not one that Windows starts automatically, Windows
 * does not put persistent objects of the provider in force at the platform's start (Microsoft,
 * "Object Management"): where the service was uninstalled by force, or is disabled, the next
 * restart opens. */
#include "system/kill_switch_engine.h"

#include "system/win32/wfp_session.h"
#include "system/win32/wfp_sublayers.h"

#include "base/array.h"
#include "base/log.h"
#include "base/text.h"

enum { SUBLAYER_WEIGHT = 0xFFFF /* above all others */, PAGE = 256, MOST_KEYS = 512 };

struct win32_kill_switch {
    struct kill_switch_engine table; /* must be first: `self` of an operation points to it */
    struct kill_switch_engine_options options;
    GUID provider, sublayer;
    size_t key_count;
    GUID keys[MOST_KEYS];            /* of every filter that any version may have added */
    size_t first_keys[FILTER_ROLES]; /* where those of a role begin */
};

/* What one operation works with. */
struct kill_switch_job {
    struct win32_kill_switch *engine;
    const struct kill_switch_plan *plan;
    struct wfp_programs programs;
    const struct kill_switch_record *record; /* to be kept */
    enum kill_switch_wish wish;
    struct kill_switch_found found;
    struct kill_switch_comparison *comparison;
    size_t seen; /* of our filters */
};

static void job_free(struct kill_switch_job *job)
{
    wfp_programs_free(&job->programs);
}

/* ---- keys ---- */

static GUID guid_of(const struct uuid *uuid)
{
    const uint8_t *b = uuid->bytes;
    GUID guid = {.Data1 = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3],
                 .Data2 = (uint16_t)(b[4] << 8 | b[5]),
                 .Data3 = (uint16_t)(b[6] << 8 | b[7])};
    memcpy(guid.Data4, b + 8, sizeof(guid.Data4));
    return guid;
}

static GUID key_of(const struct win32_kill_switch *engine, enum filter_role role, uint32_t index)
{
    const struct uuid uuid = role_key(&engine->options.owner, role, index);
    return guid_of(&uuid);
}

static bool guids_equal(const GUID *a, const GUID *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static void make_keys(struct win32_kill_switch *engine)
{
    enum filter_role role;
    uint32_t index;
    engine->provider = key_of(engine, ROLE_PROVIDER, 0);
    engine->sublayer = key_of(engine, ROLE_SUBLAYER, 0);
    while (engine->key_count < MOST_KEYS && role_known_filter(engine->key_count, &role, &index)) {
        if (!index)
            engine->first_keys[role] = engine->key_count;
        engine->keys[engine->key_count++] = key_of(engine, role, index);
    }
}

/* To make one anew takes as long as to add a filter. */
static const GUID *key_of_filter(const struct win32_kill_switch *engine,
                                 const struct kill_switch_filter *filter)
{
    return &engine->keys[engine->first_keys[filter->role] + filter->index];
}

static uint32_t log_object(uint32_t error, const char *function, const GUID *key)
{
    return log_error(error, "%s: {%08lx-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", function,
                     key->Data1, key->Data2, key->Data3, key->Data4[0], key->Data4[1],
                     key->Data4[2], key->Data4[3], key->Data4[4], key->Data4[5], key->Data4[6],
                     key->Data4[7]);
}

/* ---- reading ---- */

static uint32_t look_at_provider(struct kill_switch_job *job, HANDLE session)
{
    FWPM_PROVIDER0 *provider = NULL;
    uint32_t error = FwpmProviderGetByKey0(session, &job->engine->provider, &provider);
    job->found = (struct kill_switch_found){.is_up = !error};
    if (!error) {
        const FWP_BYTE_BLOB *data = &provider->providerData;
        job->found.is_disabled = provider->flags & FWPM_PROVIDER_FLAG_DISABLED;
        job->found.record.size = data->size <= POLICY_RECORD_SIZE ? data->size : 0;
        if (job->found.record.size)
            memcpy(job->found.record.bytes, data->data, job->found.record.size);
    }
    if (provider)
        FwpmFreeMemory0((void **)&provider);
    if (error && error != (uint32_t)FWP_E_PROVIDER_NOT_FOUND)
        return log_object(error, "FwpmProviderGetByKey0", &job->engine->provider);
    return 0;
}

static uint32_t read_work(HANDLE session, void *context)
{
    return look_at_provider(context, session);
}

/* ---- our filters ---- */

/* By their provider and by their keys: also what lost its provider would be found. And what another
 * program has put among them: it would decide with them, and keep their sublayer from going. */
static bool is_our_filter(const struct win32_kill_switch *engine, const FWPM_FILTER0 *filter)
{
    size_t at = 0;
    if (guids_equal(&filter->subLayerKey, &engine->sublayer) ||
        (filter->providerKey && guids_equal(filter->providerKey, &engine->provider)))
        return true;
    while (at < engine->key_count && !guids_equal(&engine->keys[at], &filter->filterKey))
        at++;
    return at < engine->key_count;
}

typedef uint32_t filter_visitor(struct kill_switch_job *job, HANDLE session,
                                const FWPM_FILTER0 *filter);

static uint32_t visit_page(struct kill_switch_job *job, HANDLE session, FWPM_FILTER0 *const *page,
                           UINT32 count, filter_visitor *visit)
{
    uint32_t error = 0;
    for (UINT32 i = 0; i < count && !error; i++) {
        if (!is_our_filter(job->engine, page[i]))
            continue;
        job->seen++;
        error = visit ? visit(job, session, page[i]) : 0;
    }
    return error;
}

/* The list is a snapshot: a visitor may delete. */
static uint32_t visit_list(struct kill_switch_job *job, HANDLE session, HANDLE list,
                           filter_visitor *visit)
{
    UINT32 count = PAGE;
    while (count == PAGE) {
        FWPM_FILTER0 **page = NULL;
        uint32_t error = FwpmFilterEnum0(session, list, PAGE, &page, &count);
        if (error)
            return log_error(error, "FwpmFilterEnum0");
        error = visit_page(job, session, page, count, visit);
        if (page)
            FwpmFreeMemory0((void **)&page);
        if (error)
            return error;
    }
    return 0;
}

static uint32_t visit_layer(struct kill_switch_job *job, HANDLE session, enum filter_layer layer,
                            filter_visitor *visit)
{
    HANDLE list = NULL;
    const FWPM_FILTER_ENUM_TEMPLATE0 wanted = {
        .layerKey = *wfp_layer(layer),
        .enumType = FWP_FILTER_ENUM_OVERLAPPING,
        .flags = FWP_FILTER_ENUM_FLAG_INCLUDE_BOOTTIME | FWP_FILTER_ENUM_FLAG_INCLUDE_DISABLED,
        .actionMask = UINT32_MAX,
    };
    uint32_t error = FwpmFilterCreateEnumHandle0(session, &wanted, &list);
    if (error)
        return log_error(error, "FwpmFilterCreateEnumHandle0");
    error = visit_list(job, session, list, visit);
    FwpmFilterDestroyEnumHandle0(session, list);
    return error;
}

/* Counts all our filters, those that are not in force too, and visits each; `visit` may be NULL. */
static uint32_t visit_filters(struct kill_switch_job *job, HANDLE session, filter_visitor *visit)
{
    uint32_t error = 0;
    job->seen = 0;
    for (unsigned layer = 0; layer < LAYER_COUNT && !error; layer++)
        error = visit_layer(job, session, (enum filter_layer)layer, visit);
    return error;
}

/* ---- removing ---- */

static uint32_t remove_filter(HANDLE session, const GUID *key)
{
    uint32_t error = FwpmFilterDeleteByKey0(session, key);
    if (error && error != (uint32_t)FWP_E_FILTER_NOT_FOUND)
        return log_object(error, "FwpmFilterDeleteByKey0", key);
    return 0;
}

static uint32_t remove_visited(struct kill_switch_job *job, HANDLE session,
                               const FWPM_FILTER0 *filter)
{
    (void)job;
    return remove_filter(session, &filter->filterKey);
}

static uint32_t remove_sublayer(const struct win32_kill_switch *engine, HANDLE session)
{
    uint32_t error = FwpmSubLayerDeleteByKey0(session, &engine->sublayer);
    if (error && error != (uint32_t)FWP_E_SUBLAYER_NOT_FOUND)
        return log_object(error, "FwpmSubLayerDeleteByKey0", &engine->sublayer);
    return 0;
}

static uint32_t remove_provider(const struct win32_kill_switch *engine, HANDLE session)
{
    uint32_t error = FwpmProviderDeleteByKey0(session, &engine->provider);
    if (error && error != (uint32_t)FWP_E_PROVIDER_NOT_FOUND)
        return log_object(error, "FwpmProviderDeleteByKey0", &engine->provider);
    return 0;
}

/* What others refer to goes last. */
static uint32_t remove_objects(struct kill_switch_job *job, HANDLE session)
{
    uint32_t error = visit_filters(job, session, remove_visited);
    if (!error)
        error = remove_sublayer(job->engine, session);
    if (!error)
        error = remove_provider(job->engine, session);
    return error;
}

/* Filters at a layer that this version does not use have keys of the list, too. */
static uint32_t remove_work(HANDLE session, void *context)
{
    struct kill_switch_job *job = context;
    uint32_t error = 0;
    for (size_t i = 0; i < job->engine->key_count && !error; i++)
        error = remove_filter(session, &job->engine->keys[i]);
    if (!error)
        error = remove_objects(job, session);
    if (!error)
        error = visit_filters(job, session, NULL);
    if (!error && job->seen)
        error = log_error(ERROR_DIR_NOT_EMPTY, "%u filters of the kill switch are still there",
                          (unsigned)job->seen);
    return error;
}

/* ---- adding ---- */

static UINT32 flags_of(enum filter_lifetime lifetime)
{
    static const UINT32 flags[FILTER_LIFETIMES] = {
        [FILTER_PERSISTENT] = FWPM_FILTER_FLAG_PERSISTENT,
        [FILTER_BOOT] = FWPM_FILTER_FLAG_BOOTTIME,
    };
    return flags[lifetime];
}

static uint32_t add_provider(const struct kill_switch_job *job, HANDLE session)
{
    const struct kill_switch_engine_options *options = &job->engine->options;
    const FWPM_PROVIDER0 provider = {
        .providerKey = job->engine->provider,
        .displayData.name = (wchar_t *)options->name,
        .flags = FWPM_PROVIDER_FLAG_PERSISTENT,
        .providerData = {.size = (UINT32)job->record->size,
                         .data = (UINT8 *)(ULONG_PTR)job->record->bytes},
        .serviceName = (wchar_t *)options->service,
    };
    uint32_t error = FwpmProviderAdd0(session, &provider, NULL);
    return error ? log_object(error, "FwpmProviderAdd0", &provider.providerKey) : 0;
}

static uint32_t add_sublayer(const struct kill_switch_job *job, HANDLE session)
{
    const FWPM_SUBLAYER0 sublayer = {
        .subLayerKey = job->engine->sublayer,
        .displayData.name = (wchar_t *)job->engine->options.name,
        .flags = FWPM_SUBLAYER_FLAG_PERSISTENT,
        .providerKey = &job->engine->provider,
        .weight = SUBLAYER_WEIGHT,
    };
    uint32_t error = FwpmSubLayerAdd0(session, &sublayer, NULL);
    return error ? log_object(error, "FwpmSubLayerAdd0", &sublayer.subLayerKey) : 0;
}

static uint32_t add_filter(const struct kill_switch_job *job, HANDLE session,
                           const struct kill_switch_filter *filter)
{
    const struct wfp_place place = {
        .key = *key_of_filter(job->engine, filter),
        .provider = &job->engine->provider,
        .sublayer = job->engine->sublayer,
        .flags = flags_of(filter->lifetime),
        .name = job->engine->options.name,
    };
    return wfp_filter_add(session, &filter->filter, &place, &job->programs, NULL);
}

/* What somebody has removed must not come back. */
static uint32_t require_what_is_kept(struct kill_switch_job *job, HANDLE session)
{
    if (job->wish == KILL_SWITCH_START)
        return 0;
    uint32_t error = look_at_provider(job, session);
    return !error && !job->found.is_up ? (uint32_t)ERROR_NOT_FOUND : error;
}

/* Ends with a count, because nothing of this must be there that is not in the plan. */
static uint32_t replace_work(HANDLE session, void *context)
{
    struct kill_switch_job *job = context;
    uint32_t error = require_what_is_kept(job, session);
    if (!error)
        error = remove_objects(job, session);
    if (!error)
        error = add_provider(job, session);
    if (!error)
        error = add_sublayer(job, session);
    for (size_t i = 0; i < job->plan->count && !error; i++)
        error = add_filter(job, session, &job->plan->filters[i]);
    if (!error)
        error = visit_filters(job, session, NULL);
    if (!error && job->seen != job->plan->count)
        error = log_error(ERROR_INVALID_DATA, "The kill switch has %u filters in place of %u",
                          (unsigned)job->seen, (unsigned)job->plan->count);
    return error;
}

/* ---- comparing ---- */

static const struct kill_switch_filter *find_planned(const struct kill_switch_job *job,
                                                     const GUID *key)
{
    for (size_t i = 0; i < job->plan->count; i++) {
        if (guids_equal(key_of_filter(job->engine, &job->plan->filters[i]), key))
            return &job->plan->filters[i];
    }
    return NULL;
}

/* Filters cannot be changed, only deleted and added, so their values are not looked at. */
static bool is_as_planned(const struct kill_switch_job *job, const FWPM_FILTER0 *row)
{
    const UINT32 lifetime =
        FWPM_FILTER_FLAG_PERSISTENT | FWPM_FILTER_FLAG_BOOTTIME | FWPM_FILTER_FLAG_DISABLED;
    const struct kill_switch_filter *planned = find_planned(job, &row->filterKey);
    return planned && (row->flags & lifetime) == flags_of(planned->lifetime) && row->providerKey &&
           guids_equal(row->providerKey, &job->engine->provider) &&
           guids_equal(&row->subLayerKey, &job->engine->sublayer) &&
           guids_equal(&row->layerKey, wfp_layer(planned->filter.layer)) &&
           row->action.type == wfp_action(planned->filter.action) &&
           row->numFilterConditions == wfp_condition_count(&planned->filter, &job->programs);
}

static uint32_t compare_visited(struct kill_switch_job *job, HANDLE session,
                                const FWPM_FILTER0 *filter)
{
    (void)session;
    job->comparison->is_whole &= is_as_planned(job, filter);
    return 0;
}

static uint32_t compare_work(HANDLE session, void *context)
{
    struct kill_switch_job *job = context;
    struct text above = TEXT_ON(job->comparison->above);
    uint32_t error = look_at_provider(job, session);
    job->comparison->is_whole = !error && job->found.is_up && !job->found.is_disabled;
    if (!error)
        error = visit_filters(job, session, compare_visited);
    if (!error)
        error = wfp_sublayers_above(session, &job->engine->sublayer, &above);
    job->comparison->is_whole &= !error && job->seen == job->plan->count;
    return error;
}

/* ---- programs ---- */

static uint32_t find_app_id(struct wfp_programs *programs, unsigned program, const char16_t *path)
{
    uint32_t error = wfp_programs_find(programs, program, path);
    return error ? log_error(error, "FwpmGetAppIdFromFileName0: %s", UTF8(path)) : 0;
}

/* A 32-bit service on a 64-bit Windows must not be led to the 32-bit one. */
static uint32_t find_svchost(struct wfp_programs *programs)
{
    static const char16_t name[] = u"\\svchost.exe";
    char16_t path[MAX_PATH + ARRAY_COUNT(name)];
    void *redirection = NULL;
    const UINT length = GetSystemDirectoryW(path, MAX_PATH);
    if (!length || length >= MAX_PATH)
        return log_error(GetLastError(), "GetSystemDirectory");
    memcpy(path + length, name, sizeof(name));
    const bool is_redirected = Wow64DisableWow64FsRedirection(&redirection);
    uint32_t error = find_app_id(programs, PROGRAM_SVCHOST, path);
    if (is_redirected)
        Wow64RevertWow64FsRedirection(redirection);
    return error;
}

/* Gateways come first in every plan. */
static bool has_gateways(const struct kill_switch_plan *plan)
{
    return plan->count && plan->filters[0].role == ROLE_GATEWAY;
}

/* One of them may be missing: it was uninstalled. */
static void find_further(struct kill_switch_job *job)
{
    const struct kill_switch_engine_options *options = &job->engine->options;
    for (unsigned i = 0; i < KILL_SWITCH_PROGRAMS && options->further[i]; i++)
        wfp_programs_find(&job->programs, PROGRAM_FURTHER + i, options->further[i]);
}

/* Those that the plan is about. */
static uint32_t find_app_ids(struct kill_switch_job *job)
{
    uint32_t error = find_svchost(&job->programs);
    if (error || !has_gateways(job->plan))
        return error;
    find_further(job);
    return find_app_id(&job->programs, PROGRAM_OPENVPN, job->engine->options.openvpn);
}

/* ---- the operations ---- */

static uint32_t win32_read(struct kill_switch_engine *self, struct kill_switch_found *found)
{
    struct kill_switch_job job = {.engine = (struct win32_kill_switch *)self};
    bool is_decided;
    uint32_t error =
        wfp_transact(job.engine->options.name, WFP_READS, read_work, &job, &is_decided);
    *found = job.found;
    return error;
}

static uint32_t win32_compare(struct kill_switch_engine *self, const struct kill_switch_plan *plan,
                              struct kill_switch_comparison *comparison)
{
    CLEANUP(job_free)
    struct kill_switch_job job = {
        .engine = (struct win32_kill_switch *)self,
        .plan = plan,
        .comparison = comparison,
    };
    bool is_decided;
    *comparison = (struct kill_switch_comparison){.is_whole = false};
    if (has_gateways(plan))
        find_further(&job);
    uint32_t error =
        wfp_transact(job.engine->options.name, WFP_READS, compare_work, &job, &is_decided);
    comparison->is_whole &= !error;
    return error;
}

/* Whether what was wanted is there, although the platform was lost when it said so. */
static bool is_kept(struct kill_switch_engine *self, const struct kill_switch_job *job)
{
    struct kill_switch_found found;
    struct kill_switch_comparison comparison;
    return !win32_read(self, &found) && found.is_up && found.record.size == job->record->size &&
           memcmp(found.record.bytes, job->record->bytes, found.record.size) == 0 &&
           !win32_compare(self, job->plan, &comparison) && comparison.is_whole;
}

static uint32_t win32_replace(struct kill_switch_engine *self, const struct kill_switch_plan *plan,
                              const struct kill_switch_record *record, enum kill_switch_wish wish)
{
    CLEANUP(job_free)
    struct kill_switch_job job = {
        .engine = (struct win32_kill_switch *)self,
        .plan = plan,
        .record = record,
        .wish = wish,
    };
    const enum wfp_mode mode = wish == KILL_SWITCH_START ? WFP_WRITES : WFP_WRITES_ONCE;
    bool is_decided = true;
    uint32_t error = find_app_ids(&job);
    if (!error)
        error = wfp_transact(job.engine->options.name, mode, replace_work, &job, &is_decided);
    return error && !is_decided && is_kept(self, &job) ? 0 : error;
}

static uint32_t win32_remove(struct kill_switch_engine *self)
{
    struct kill_switch_job job = {.engine = (struct win32_kill_switch *)self};
    struct kill_switch_found found;
    bool is_decided;
    uint32_t error =
        wfp_transact(job.engine->options.name, WFP_WRITES, remove_work, &job, &is_decided);
    return error && !is_decided && !win32_read(self, &found) && !found.is_up ? 0 : error;
}

/* One that can't be looked at now is there. */
static bool win32_has_openvpn(struct kill_switch_engine *self)
{
    const struct win32_kill_switch *engine = (const struct win32_kill_switch *)self;
    if (GetFileAttributesW(engine->options.openvpn) != INVALID_FILE_ATTRIBUTES)
        return true;
    const DWORD error = GetLastError();
    return error != ERROR_FILE_NOT_FOUND && error != ERROR_PATH_NOT_FOUND;
}

struct kill_switch_engine *
kill_switch_engine_win32(const struct kill_switch_engine_options *options)
{
    static struct win32_kill_switch engine = {
        .table = {.read = win32_read,
                  .compare = win32_compare,
                  .replace = win32_replace,
                  .remove = win32_remove,
                  .has_openvpn = win32_has_openvpn},
    };
    if (!engine.key_count) {
        engine.options = *options;
        make_keys(&engine);
    }
    return &engine.table;
}

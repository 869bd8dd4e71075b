/* SPDX-License-Identifier: MIT */
/* The operations of firewall.h over the Windows Filtering Platform (Microsoft, "FWP Functions").
 *
 * Each block has a dynamic session of the filtering platform: Windows removes its filters when the
 * session's handle is closed, by the service or by the end of its process. */
#include "system/firewall.h"

#include "base/cleanup.h"
#include "base/lock.h"
#include "base/log.h"

#include <stdbool.h>

#include <winsock2.h>
#include <windows.h>
#include <initguid.h>
#include <fwpmu.h>

/* MinGW's headers lack it; the value is from fwpmu.h of the Windows SDK. */
#ifndef FWPM_SESSION_FLAG_DYNAMIC
#define FWPM_SESSION_FLAG_DYNAMIC 0x00000001
#endif

/* The sublayer of the reference, so that its filters and ours are weighed together if both services
 * run on a machine. */
static const GUID sublayer_key = {
    0x2f660d7e, 0x6a37, 0x11e6, {0xa1, 0x81, 0x00, 0x1e, 0x8c, 0x6e, 0x04, 0xa2}};
enum { SUBLAYER_WEIGHT = 0x100 };
static wchar_t display_name[] = L"OpenVPN";

static const GUID layers[] = {
    [LAYER_CONNECT_V4] = {0xc38d57d1,
                          0x05a7,
                          0x4c33,
                          {0x90, 0x4f, 0x7f, 0xbc, 0xee, 0xe6, 0x0e, 0x82}},
    [LAYER_CONNECT_V6] = {0x4a72393b,
                          0x319f,
                          0x44bc,
                          {0x84, 0xc3, 0xba, 0x54, 0xdc, 0xb3, 0xb6, 0xb4}},
};

static const GUID fields[] = {
    [FIELD_PROGRAM] = {0xd78e1e87,
                       0x8644,
                       0x4ea5,
                       {0x94, 0x37, 0xd8, 0x09, 0xec, 0xef, 0xc9, 0x71}},
    [FIELD_REMOTE_PORT] = {0xc35a604d,
                           0xd22b,
                           0x4e1a,
                           {0x91, 0xb4, 0x68, 0xf6, 0x74, 0xee, 0x67, 0x4b}},
    [FIELD_LOCAL_INTERFACE] = {0x4cd62a49,
                               0x59c3,
                               0x4969,
                               {0xb7, 0xf3, 0xbd, 0xa5, 0xd3, 0x28, 0x90, 0xa4}},
    [FIELD_FLAGS] = {0x632ce23b, 0x5167, 0x435c, {0x86, 0xd7, 0xe9, 0x03, 0x68, 0x4a, 0xa8, 0x0c}},
};

static const FWP_MATCH_TYPE matches[] = {
    [MATCH_EQUAL] = FWP_MATCH_EQUAL,
    [MATCH_FLAGS_ALL_SET] = FWP_MATCH_FLAGS_ALL_SET,
    [MATCH_FLAGS_NONE_SET] = FWP_MATCH_FLAGS_NONE_SET,
};

static const FWP_ACTION_TYPE actions[] = {
    [ACTION_PERMIT] = FWP_ACTION_PERMIT,
    [ACTION_BLOCK] = FWP_ACTION_BLOCK,
};

struct block {
    struct block *next;
    uint64_t id;
    struct firewall_policy policy;
    HANDLE engine; /* the session that holds the filters */
    UINT64 filter; /* one of them: they come and go together */
};

struct win32_firewall {
    struct firewall table; /* must be first: `self` of an operation points to it */
    const char16_t *program;
    struct lock lock;
    struct block *blocks;
};

/* ---- cleanup attributes ---- */

static void wfp_close_engine(HANDLE *engine)
{
    if (*engine)
        FwpmEngineClose0(*engine);
}
#define CLEANUP_ENGINE CLEANUP(wfp_close_engine)

static void wfp_free_app_id(FWP_BYTE_BLOB **blob)
{
    if (*blob)
        FwpmFreeMemory0((void **)blob);
}
#define CLEANUP_APP_ID CLEANUP(wfp_free_app_id)

static uint32_t wfp_open_engine(uint32_t flags, HANDLE *engine)
{
    const FWPM_SESSION0 session = {.displayData.name = display_name, .flags = flags};
    uint32_t error = FwpmEngineOpen0(NULL, RPC_C_AUTHN_WINNT, NULL, &session, engine);
    return error ? log_error(error, "FwpmEngineOpen0") : 0;
}

/* ---- the sublayer ---- */

/* Adds the sublayer in a session that is not dynamic, because filters of other services may use it
 * after this process has ended. It exists until Windows restarts. */
static uint32_t wfp_add_sublayer(void)
{
    CLEANUP_ENGINE HANDLE engine = NULL;
    const FWPM_SUBLAYER0 sublayer = {
        .subLayerKey = sublayer_key,
        .displayData = {.name = display_name, .description = display_name},
        .weight = SUBLAYER_WEIGHT,
    };
    uint32_t error = wfp_open_engine(0, &engine);
    if (error)
        return error;
    error = FwpmSubLayerAdd0(engine, &sublayer, NULL);
    if (error && error != (uint32_t)FWP_E_ALREADY_EXISTS)
        return log_error(error, "FwpmSubLayerAdd0");
    return 0;
}

/* ---- filters ---- */

/* `number` is storage for a 64-bit value, which is passed by address. */
static FWP_CONDITION_VALUE0 wfp_condition_value(const struct filter_condition *condition,
                                                FWP_BYTE_BLOB *app_id, UINT64 *number)
{
    *number = condition->value;
    switch (condition->field) {
    case FIELD_PROGRAM:
        return (FWP_CONDITION_VALUE0){.type = FWP_BYTE_BLOB_TYPE, .byteBlob = app_id};
    case FIELD_REMOTE_PORT:
        return (FWP_CONDITION_VALUE0){.type = FWP_UINT16, .uint16 = (UINT16)condition->value};
    case FIELD_LOCAL_INTERFACE:
        return (FWP_CONDITION_VALUE0){.type = FWP_UINT64, .uint64 = number};
    default:
        return (FWP_CONDITION_VALUE0){.type = FWP_UINT32, .uint32 = (UINT32)condition->value};
    }
}

static uint32_t wfp_add_filter(HANDLE engine, const struct filter *filter, FWP_BYTE_BLOB *app_id,
                               UINT64 *id)
{
    FWPM_FILTER_CONDITION0 conditions[FILTER_CONDITIONS];
    UINT64 numbers[FILTER_CONDITIONS];
    FWPM_FILTER0 row = {
        .displayData.name = display_name,
        .layerKey = layers[filter->layer],
        .subLayerKey = sublayer_key,
        .action.type = actions[filter->action],
        .numFilterConditions = (UINT32)filter->condition_count,
        .filterCondition = conditions,
    };
    if (filter->weight != WEIGHT_AUTOMATIC) {
        row.weight.type = FWP_UINT8;
        row.weight.uint8 = (UINT8)filter->weight;
    }
    for (size_t i = 0; i < filter->condition_count; i++) {
        const struct filter_condition *condition = &filter->conditions[i];
        conditions[i] = (FWPM_FILTER_CONDITION0){
            .fieldKey = fields[condition->field],
            .matchType = matches[condition->match],
            .conditionValue = wfp_condition_value(condition, app_id, &numbers[i]),
        };
    }
    uint32_t error = FwpmFilterAdd0(engine, &row, NULL, id);
    return error ? log_error(error, "FwpmFilterAdd0") : 0;
}

/* Adds the filters in one transaction. On an error the caller closes the engine: it aborts. */
static uint32_t wfp_add_filters(HANDLE engine, const struct plan *plan, FWP_BYTE_BLOB *app_id,
                                UINT64 *last)
{
    uint32_t error = FwpmTransactionBegin0(engine, 0);
    if (error)
        return log_error(error, "FwpmTransactionBegin0");
    for (size_t i = 0; i < plan->count && !error; i++)
        error = wfp_add_filter(engine, &plan->filters[i], app_id, last);
    if (error)
        return error;
    error = FwpmTransactionCommit0(engine);
    return error ? log_error(error, "FwpmTransactionCommit0") : 0;
}

static uint32_t wfp_open_block(const char16_t *program, const struct firewall_policy *policy,
                               HANDLE *held, UINT64 *filter)
{
    CLEANUP_ENGINE HANDLE engine = NULL;
    CLEANUP_APP_ID FWP_BYTE_BLOB *app_id = NULL;
    struct plan plan;
    plan_make(policy, &plan);
    uint32_t error = FwpmGetAppIdFromFileName0(program, &app_id);
    if (error)
        return log_error(error, "FwpmGetAppIdFromFileName0");
    error = wfp_add_sublayer();
    if (!error)
        error = wfp_open_engine(FWPM_SESSION_FLAG_DYNAMIC, &engine);
    if (!error)
        error = wfp_add_filters(engine, &plan, app_id, filter);
    if (!error)
        *held = TAKE(engine);
    return error;
}

/* ---- the operations ---- */

/* Returns the pointer that points to the block, or the one that ends the list. Needs the lock. */
static struct block **wfp_find_block(struct win32_firewall *firewall, uint64_t id)
{
    struct block **at = &firewall->blocks;
    while (*at && (*at)->id != id)
        at = &(*at)->next;
    return at;
}

static uint32_t win32_block(struct firewall *self, uint64_t id,
                            const struct firewall_policy *policy)
{
    struct win32_firewall *firewall = (struct win32_firewall *)self;
    CLEANUP_FREE struct block *block = calloc(1, sizeof(*block));
    CLEANUP_ENGINE HANDLE engine = NULL;
    UINT64 filter = 0;
    if (!block)
        return ERROR_NOT_ENOUGH_MEMORY;
    uint32_t error = wfp_open_block(firewall->program, policy, &engine, &filter);
    if (error)
        return error;
    lock_acquire(&firewall->lock);
    if (*wfp_find_block(firewall, id)) {
        error = ERROR_OBJECT_ALREADY_EXISTS;
    } else {
        *block = (struct block){firewall->blocks, id, *policy, TAKE(engine), filter};
        firewall->blocks = TAKE(block);
    }
    lock_release(&firewall->lock);
    return error;
}

/* When the filtering platform is restarted, its sessions end with their filters, and their handles
 * are worth nothing any more. */
static bool wfp_block_exists(const struct block *block)
{
    FWPM_FILTER0 *filter;
    if (FwpmFilterGetById0(block->engine, block->filter, &filter))
        return false;
    FwpmFreeMemory0((void **)&filter);
    return true;
}

/* Whether or not the handle can be closed: its filters have gone. */
static void wfp_forget_block(struct block **at)
{
    CLEANUP_FREE struct block *block = *at;
    *at = block->next;
    FwpmEngineClose0(block->engine);
}

static uint32_t win32_get_block(struct firewall *self, uint64_t id, struct firewall_policy *policy)
{
    struct win32_firewall *firewall = (struct win32_firewall *)self;
    lock_acquire(&firewall->lock);
    struct block **at = wfp_find_block(firewall, id);
    bool exists = *at && wfp_block_exists(*at);
    if (exists)
        *policy = (*at)->policy;
    else if (*at)
        wfp_forget_block(at);
    lock_release(&firewall->lock);
    return exists ? 0 : ERROR_NOT_FOUND;
}

/* If the handle cannot be closed although its filters still exist, the block stays in the list. */
static uint32_t win32_unblock(struct firewall *self, uint64_t id)
{
    struct win32_firewall *firewall = (struct win32_firewall *)self;
    CLEANUP_FREE struct block *closed = NULL;
    lock_acquire(&firewall->lock);
    struct block **at = wfp_find_block(firewall, id), *block = *at;
    uint32_t close_error = block ? FwpmEngineClose0(block->engine) : 0;
    bool has_gone = block && (!close_error || !wfp_block_exists(block));
    if (has_gone) {
        closed = block;
        *at = block->next;
    }
    lock_release(&firewall->lock);
    if (close_error)
        log_error(close_error, "FwpmEngineClose0");
    return !block ? ERROR_NOT_FOUND : has_gone ? 0 : close_error;
}

struct firewall *firewall_win32(const char16_t *program)
{
    static struct win32_firewall firewall = {
        .table = {.block = win32_block, .get_block = win32_get_block, .unblock = win32_unblock},
    };
    if (!firewall.program)
        firewall.program = program;
    return &firewall.table;
}

/* SPDX-License-Identifier: MIT */
/* The operations of firewall.h over the Windows Filtering Platform (Microsoft, "FWP Functions").
 *
 * Each block has a dynamic session of the filtering platform: Windows removes its filters when the
 * session's handle is closed, by the service or by the end of its process. */
#include "system/firewall.h"

#include "system/win32/wfp_session.h"

#include "base/cleanup.h"
#include "base/lock.h"
#include "base/log.h"

/* The sublayer of the reference, so that its filters and ours are weighed together if both services
 * run on a machine. */
static const GUID sublayer_key = {
    0x2f660d7e, 0x6a37, 0x11e6, {0xa1, 0x81, 0x00, 0x1e, 0x8c, 0x6e, 0x04, 0xa2}};
enum { SUBLAYER_WEIGHT = 0x100 };
static wchar_t display_name[] = L"OpenVPN";

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
    uint32_t error = wfp_open(display_name, 0, 0, &engine);
    if (error)
        return error;
    error = FwpmSubLayerAdd0(engine, &sublayer, NULL);
    if (error && error != (uint32_t)FWP_E_ALREADY_EXISTS)
        return log_error(error, "FwpmSubLayerAdd0");
    return 0;
}

/* ---- filters ---- */

/* Adds the filters in one transaction. On an error the caller closes the engine: it aborts. */
static uint32_t wfp_add_filters(HANDLE engine, const struct plan *plan,
                                const struct wfp_programs *programs, UINT64 *last)
{
    const struct wfp_place place = {.sublayer = sublayer_key, .name = display_name};
    uint32_t error = FwpmTransactionBegin0(engine, 0);
    if (error)
        return log_error(error, "FwpmTransactionBegin0");
    for (size_t i = 0; i < plan->count && !error; i++)
        error = wfp_filter_add(engine, &plan->filters[i], &place, programs, last);
    if (error)
        return error;
    error = FwpmTransactionCommit0(engine);
    return error ? log_error(error, "FwpmTransactionCommit0") : 0;
}

static uint32_t wfp_open_block(const char16_t *program, const struct firewall_policy *policy,
                               HANDLE *held, UINT64 *filter)
{
    CLEANUP_ENGINE HANDLE engine = NULL;
    CLEANUP_PROGRAMS struct wfp_programs programs = {{NULL}};
    struct plan plan;
    plan_make(policy, &plan);
    uint32_t error = wfp_programs_find(&programs, PROGRAM_OPENVPN, program);
    if (error)
        return log_error(error, "FwpmGetAppIdFromFileName0");
    error = wfp_add_sublayer();
    if (!error)
        error = wfp_open(display_name, FWPM_SESSION_FLAG_DYNAMIC, 0, &engine);
    if (!error)
        error = wfp_add_filters(engine, &plan, &programs, filter);
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

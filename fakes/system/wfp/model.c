/* SPDX-License-Identifier: MIT */
#include "model.h"

#include "arbitration.h"
#include "faults.h"

#include <fwptypes.h>
#include <string.h>

/* A file with another layout is populated afresh. */
static const uint64_t magic = 0x4657505000000000u + sizeof(struct wfp_image);

/* ---- the mapping ---- */

static uint32_t map(const wchar_t *path, struct wfp_image **image)
{
    HANDLE file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE,
                              FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    HANDLE mapping = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, sizeof(**image), NULL);
    uint32_t error = mapping ? 0 : GetLastError();
    CloseHandle(file);
    if (error)
        return error;
    *image = MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, sizeof(**image));
    error = *image ? 0 : GetLastError();
    CloseHandle(mapping);
    return error;
}

uint32_t wfp_open(struct wfp *wfp, struct machine *machine)
{
    wchar_t path[MAX_PATH];
    *wfp = (struct wfp){.machine = machine};
    if (wcslen(machine->folder) + sizeof("\\firewall.dat") > MAX_PATH)
        return ERROR_FILENAME_EXCED_RANGE;
    wcscpy(path, machine->folder);
    wcscat(path, L"\\firewall.dat");
    uint32_t error = map(path, &wfp->image);
    if (error)
        return error;
    machine_lock_word(&wfp->image->opening);
    if (wfp->image->magic != magic) {
        wfp_populate(wfp);
        InterlockedExchange64((int64_t *)&wfp->image->magic, (int64_t)magic);
    }
    machine_unlock_word(&wfp->image->opening);
    return 0;
}

void wfp_close(struct wfp *wfp)
{
    if (wfp->image)
        UnmapViewOfFile(wfp->image);
    wfp->image = NULL;
}

/* ---- sessions ---- */

static const struct wfp_session *find_session(const struct wfp_tables *tables, uint64_t id)
{
    for (uint32_t i = 0; i < tables->session_count; i++)
        if (tables->sessions[i].id == id)
            return &tables->sessions[i];
    return NULL;
}

bool wfp_session_exists(const struct wfp_tables *tables, uint64_t id)
{
    if (id == 0)
        return true;
    const struct wfp_session *session = find_session(tables, id);
    return session && !machine_process_is_dead(session->owner);
}

/* Keeps the rows of the table for which the rest of an expression, `kept`, is true. */
#define KEEP_ROWS(rows, count, kept)                                                               \
    do {                                                                                           \
        uint32_t kept_ = 0;                                                                        \
        for (uint32_t i_ = 0; i_ < (count); i_++)                                                  \
            if ((rows)[i_] kept) {                                                                 \
                if (kept_ != i_)                                                                   \
                    (rows)[kept_] = (rows)[i_];                                                    \
                kept_++;                                                                           \
            }                                                                                      \
        (count) = kept_;                                                                           \
    } while (0)

void wfp_remove_session(struct wfp_tables *tables, uint64_t id)
{
    KEEP_ROWS(tables->filters, tables->filter_count, .session != id);
    KEEP_ROWS(tables->sublayers, tables->sublayer_count, .session != id);
    KEEP_ROWS(tables->providers, tables->provider_count, .session != id);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < tables->session_count; i++)
        if (tables->sessions[i].id != id)
            tables->sessions[kept++] = tables->sessions[i];
    tables->session_count = kept;
}

static void remove_dead_sessions(struct wfp_tables *tables)
{
    for (uint32_t i = tables->session_count; i > 0; i--)
        if (machine_process_is_dead(tables->sessions[i - 1].owner))
            wfp_remove_session(tables, tables->sessions[i - 1].id);
}

/* ---- reading and writing ---- */

const struct wfp_tables *wfp_read(struct wfp *wfp)
{
    machine_lock_word(&wfp->image->access);
    return &wfp->image->tables[wfp->image->current];
}

void wfp_read_end(struct wfp *wfp)
{
    machine_unlock_word(&wfp->image->access);
}

#define COPY_ROWS(to, from, rows, count)                                                           \
    do {                                                                                           \
        memcpy((to)->rows, (from)->rows, (from)->count * sizeof((from)->rows[0]));                 \
        (to)->count = (from)->count;                                                               \
    } while (0)

/* Only the rows in use. */
static void copy_tables(struct wfp_tables *to, const struct wfp_tables *from)
{
    to->last_session = from->last_session;
    to->last_filter = from->last_filter;
    COPY_ROWS(to, from, sessions, session_count);
    COPY_ROWS(to, from, providers, provider_count);
    COPY_ROWS(to, from, sublayers, sublayer_count);
    COPY_ROWS(to, from, filters, filter_count);
}

/* Nobody reads the other copy: the commit that replaced it has waited for its readers. */
struct wfp_tables *wfp_begin(struct wfp *wfp, uint32_t milliseconds)
{
    struct wfp_image *image = wfp->image;
    if (!machine_lock_word_within(&image->writer, milliseconds))
        return NULL;
    struct wfp_tables *tables = &image->tables[!image->current];
    copy_tables(tables, &image->tables[image->current]);
    remove_dead_sessions(tables);
    return tables;
}

void wfp_commit(struct wfp *wfp)
{
    struct wfp_image *image = wfp->image;
    struct fault fault = {0};
    if (!wfp->machine->driver)
        fault_enter(wfp->machine, CALL_Commit, &fault);
    machine_lock_word(&image->access);
    InterlockedExchange((LONG *)&image->current, !image->current);
    machine_unlock_word(&image->access);
    if (!wfp->machine->driver)
        fault_leave(wfp->machine, &fault);
    machine_unlock_word(&image->writer);
}

void wfp_abort(struct wfp *wfp)
{
    machine_unlock_word(&wfp->image->writer);
}

/* ---- rows ---- */

const struct wfp_provider *wfp_provider(const struct wfp_tables *tables, const GUID *key)
{
    for (uint32_t i = 0; i < tables->provider_count; i++)
        if (wfp_guid_equal(&tables->providers[i].key, key))
            return &tables->providers[i];
    return NULL;
}

const struct wfp_sublayer *wfp_sublayer(const struct wfp_tables *tables, const GUID *key)
{
    for (uint32_t i = 0; i < tables->sublayer_count; i++)
        if (wfp_guid_equal(&tables->sublayers[i].key, key))
            return &tables->sublayers[i];
    return NULL;
}

const struct wfp_filter *wfp_filter(const struct wfp_tables *tables, uint64_t id, const GUID *key)
{
    for (uint32_t i = 0; i < tables->filter_count; i++) {
        const struct wfp_filter *row = &tables->filters[i];
        if (id ? row->id == id : wfp_guid_equal(&row->key, key))
            return row;
    }
    return NULL;
}

size_t wfp_app_id(const wchar_t *path, wchar_t id[WFP_APP_ID_UNITS])
{
    wchar_t full[MAX_PATH], lower[MAX_PATH];
    DWORD length = GetFullPathNameW(path, MAX_PATH, full, NULL);
    if (length < 3 || length >= MAX_PATH || full[1] != L':')
        return 0;
    /* CharLowerBuffW() is in user32.dll, which the service would load only for this. */
    if (!LCMapStringW(LOCALE_INVARIANT, LCMAP_LOWERCASE, full, -1, lower, MAX_PATH))
        return 0;
    /* As on most machines: C: is the third partition of its disk. */
    _snwprintf(id, WFP_APP_ID_UNITS, L"\\device\\harddiskvolume%d%ls", lower[0] - L'a' + 1,
               lower + 2);
    return wcslen(id);
}

/* ---- the beginning ---- */

static const GUID foreign_provider = {
    0x6f1d2a10, 0x52c1, 0x4b0e, {0x9a, 0x31, 0x10, 0x22, 0x33, 0x44, 0x55, 0x66}};
static const GUID foreign_sublayer = {
    0x6f1d2a11, 0x52c1, 0x4b0e, {0x9a, 0x31, 0x10, 0x22, 0x33, 0x44, 0x55, 0x66}};
static const GUID foreign_filter = {
    0x6f1d2a12, 0x52c1, 0x4b0e, {0x9a, 0x31, 0x10, 0x22, 0x33, 0x44, 0x55, 0x66}};

enum { PERSISTENT = 1 };

/* Another firewall, which blocks mail from all programs. */
static void add_foreign_objects(struct wfp_tables *tables)
{
    tables->providers[tables->provider_count++] = (struct wfp_provider){
        .key = foreign_provider, .flags = PERSISTENT, .name = L"Contoso Firewall"};
    tables->sublayers[tables->sublayer_count++] =
        (struct wfp_sublayer){.key = foreign_sublayer,
                              .provider = foreign_provider,
                              .flags = PERSISTENT,
                              .weight = 0x8000,
                              .name = L"Contoso Firewall"};
    struct wfp_filter filter = {.id = ++tables->last_filter,
                                .key = foreign_filter,
                                .provider = foreign_provider,
                                .sublayer = foreign_sublayer,
                                .layer = WFP_CONNECT_V4,
                                .flags = PERSISTENT,
                                .action = FWP_ACTION_BLOCK,
                                .weight_type = FWP_UINT8,
                                .weight = 8,
                                .condition_count = 1,
                                .conditions = {{.field = WFP_IP_REMOTE_PORT,
                                                .match = FWP_MATCH_EQUAL,
                                                .type = FWP_UINT16,
                                                .low = 25}},
                                .name = L"No mail"};
    filter.effective_weight = wfp_effective_weight(&filter);
    tables->filters[tables->filter_count++] = filter;
}

/* A transaction of the driver, to which no faults apply. */
static struct wfp_tables *begin_without_faults(struct wfp *wfp, struct wfp *driver)
{
    static struct machine machine = {.driver = true};
    *driver = *wfp;
    driver->machine = &machine;
    return wfp_begin(driver, INFINITE);
}

void wfp_reboot(struct wfp *wfp)
{
    struct wfp driver;
    struct wfp_tables *tables = begin_without_faults(wfp, &driver);
    tables->session_count = 0;
    KEEP_ROWS(tables->filters, tables->filter_count, .flags & PERSISTENT);
    KEEP_ROWS(tables->sublayers, tables->sublayer_count, .flags & PERSISTENT);
    KEEP_ROWS(tables->providers, tables->provider_count, .flags & PERSISTENT);
    wfp_commit(&driver);
}

void wfp_populate(struct wfp *wfp)
{
    struct wfp driver;
    struct wfp_tables *tables = begin_without_faults(wfp, &driver);
    tables->provider_count = tables->sublayer_count = tables->filter_count = 0;
    tables->sublayers[tables->sublayer_count++] =
        (struct wfp_sublayer){.key = wfp_universal_sublayer,
                              .flags = PERSISTENT,
                              .weight = 0xFFF4,
                              .name = L"Universal sublayer"};
    add_foreign_objects(tables);
    wfp_commit(&driver);
}

/* SPDX-License-Identifier: MIT */
#include "model.h"

#include "arbitration.h"
#include "faults.h"

#include <fwptypes.h>
#include <stddef.h>
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

/* What a file of another layout has in it is not to be taken for rows. */
static void forget_everything(struct wfp_image *image)
{
    image->writer = image->step = image->access = 0;
    image->current = 0;
    memset(image->flows, 0, sizeof(image->flows));
    for (size_t i = 0; i < ARRAYSIZE(image->tables); i++)
        memset(&image->tables[i], 0, offsetof(struct wfp_tables, sessions));
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
        forget_everything(wfp->image);
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

bool wfp_session_is_known(const struct wfp_tables *tables, uint64_t id)
{
    return find_session(tables, id);
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
    to->phase = from->phase;
    to->last_session = from->last_session;
    to->last_filter = from->last_filter;
    COPY_ROWS(to, from, sessions, session_count);
    COPY_ROWS(to, from, providers, provider_count);
    COPY_ROWS(to, from, sublayers, sublayer_count);
    COPY_ROWS(to, from, filters, filter_count);
}

/* Nobody reads the other copy: the commit that replaced it has waited for its readers. Needs the
 * locks `writer` and `step`. */
static struct wfp_tables *spare_tables(struct wfp_image *image)
{
    struct wfp_tables *tables = &image->tables[!image->current];
    copy_tables(tables, &image->tables[image->current]);
    remove_dead_sessions(tables);
    return tables;
}

/* The same locks. */
static void make_current(struct wfp_image *image)
{
    machine_lock_word(&image->access);
    InterlockedExchange((LONG *)&image->current, !image->current);
    machine_unlock_word(&image->access);
}

bool wfp_step(struct wfp *wfp, const struct wfp_transaction *transaction)
{
    machine_lock_word(&wfp->image->step);
    if (wfp->image->aborts == transaction->aborts)
        return true;
    machine_unlock_word(&wfp->image->step);
    return false;
}

void wfp_step_end(struct wfp *wfp)
{
    machine_unlock_word(&wfp->image->step);
}

bool wfp_begin(struct wfp *wfp, uint32_t milliseconds, struct wfp_transaction *transaction)
{
    struct wfp_image *image = wfp->image;
    if (!machine_lock_word_within(&image->writer, milliseconds))
        return false;
    machine_lock_word(&image->step);
    *transaction = (struct wfp_transaction){spare_tables(image), image->aborts};
    machine_unlock_word(&image->step);
    return true;
}

bool wfp_commit(struct wfp *wfp, const struct wfp_transaction *transaction)
{
    struct fault fault = {0};
    if (!wfp->machine->driver)
        fault_enter(wfp->machine, CALL_Commit, &fault);
    bool is_open = wfp_step(wfp, transaction);
    if (is_open) {
        make_current(wfp->image);
        machine_unlock_word(&wfp->image->writer);
        wfp_step_end(wfp);
    }
    if (!wfp->machine->driver)
        fault_leave(wfp->machine, &fault);
    return is_open;
}

void wfp_abort(struct wfp *wfp, const struct wfp_transaction *transaction)
{
    if (!wfp_step(wfp, transaction))
        return;
    machine_unlock_word(&wfp->image->writer);
    wfp_step_end(wfp);
}

/* ---- opening and closing sessions ---- */

/* Sessions are opened and closed while another one has a transaction open: in its copy of the
 * tables, too. Needs the lock `step`. NULL: nobody has. */
static struct wfp_tables *tables_of_writer(struct wfp_image *image)
{
    return image->writer ? &image->tables[!image->current] : NULL;
}

static void drop_session(struct wfp_tables *tables, uint64_t id)
{
    uint32_t at = 0;
    while (at < tables->session_count && tables->sessions[at].id != id)
        at++;
    if (at == tables->session_count)
        return;
    tables->sessions[at] = tables->sessions[tables->session_count - 1];
    tables->session_count--;
}

/* Those that have no objects. */
static void drop_dead_sessions(struct wfp_tables *tables)
{
    for (uint32_t i = tables->session_count; i > 0; i--)
        if (!tables->sessions[i - 1].dynamic &&
            machine_process_is_dead(tables->sessions[i - 1].owner))
            drop_session(tables, tables->sessions[i - 1].id);
}

static uint32_t add_session(struct wfp_tables *tables, const struct wfp_session *row)
{
    if (tables->session_count == WFP_SESSIONS)
        drop_dead_sessions(tables);
    if (tables->session_count == WFP_SESSIONS)
        return ERROR_NOT_ENOUGH_MEMORY;
    tables->sessions[tables->session_count] = *row;
    tables->session_count++;
    tables->last_session = row->id;
    return 0;
}

uint32_t wfp_open_session(struct wfp *wfp, struct wfp_session *row)
{
    struct wfp_image *image = wfp->image;
    machine_lock_word(&image->step);
    machine_lock_word(&image->access);
    struct wfp_tables *current = &image->tables[image->current];
    struct wfp_tables *others = tables_of_writer(image);
    row->id = current->last_session + 1;
    uint32_t error =
        current->phase == WFP_RUNNING ? add_session(current, row) : EPT_S_NOT_REGISTERED;
    if (!error && others)
        error = add_session(others, row);
    machine_unlock_word(&image->access);
    machine_unlock_word(&image->step);
    return error;
}

void wfp_close_session(struct wfp *wfp, uint64_t id)
{
    struct wfp_image *image = wfp->image;
    machine_lock_word(&image->step);
    machine_lock_word(&image->access);
    struct wfp_tables *others = tables_of_writer(image);
    drop_session(&image->tables[image->current], id);
    if (others)
        drop_session(others, id);
    machine_unlock_word(&image->access);
    machine_unlock_word(&image->step);
}

/* ---- what happens to BFE ---- */

/* Whoever has a transaction open has none any more: between two of its calls he holds `writer`
 * only. No faults apply here. */
static struct wfp_tables *begin_instead(struct wfp *wfp)
{
    struct wfp_image *image = wfp->image;
    machine_lock_word(&image->step);
    InterlockedIncrement((LONG *)&image->aborts);
    InterlockedExchange64(&image->writer, machine_process_mark());
    return spare_tables(image);
}

static void commit_instead(struct wfp *wfp)
{
    make_current(wfp->image);
    machine_unlock_word(&wfp->image->writer);
    machine_unlock_word(&wfp->image->step);
}

void wfp_stop(struct wfp *wfp, enum wfp_phase phase)
{
    struct wfp_tables *tables = begin_instead(wfp);
    tables->phase = (uint32_t)phase;
    tables->session_count = 0;
    KEEP_ROWS(tables->filters, tables->filter_count,
              .flags & (WFP_PERSISTENT | WFP_FILTER_BOOTTIME));
    KEEP_ROWS(tables->sublayers, tables->sublayer_count, .flags & WFP_PERSISTENT);
    KEEP_ROWS(tables->providers, tables->provider_count, .flags & WFP_PERSISTENT);
    commit_instead(wfp);
}

/* Filters for the boot are not among what BFE adds. Whether Windows asks for the service of their
 * provider is not documented; the kernel, which reads them, cannot. */
static void disable_filters(struct wfp_tables *tables, const struct wfp_provider *provider)
{
    for (uint32_t i = 0; i < tables->filter_count; i++)
        if (tables->filters[i].flags & WFP_PERSISTENT &&
            wfp_guid_equal(&tables->filters[i].provider, &provider->key))
            tables->filters[i].flags |= WFP_FILTER_DISABLED;
}

void wfp_start(struct wfp *wfp, bool (*is_automatic)(const wchar_t *service))
{
    struct wfp_tables *tables = begin_instead(wfp);
    tables->phase = WFP_RUNNING;
    for (uint32_t i = 0; i < tables->filter_count; i++)
        tables->filters[i].flags &= ~(uint32_t)WFP_FILTER_DISABLED;
    for (uint32_t i = 0; i < tables->provider_count; i++) {
        struct wfp_provider *provider = &tables->providers[i];
        provider->flags &= ~(uint32_t)WFP_PROVIDER_DISABLED;
        if (!provider->service[0] || is_automatic(provider->service))
            continue;
        provider->flags |= WFP_PROVIDER_DISABLED;
        disable_filters(tables, provider);
    }
    commit_instead(wfp);
}

void wfp_abort_open(struct wfp *wfp)
{
    begin_instead(wfp);
    machine_unlock_word(&wfp->image->writer);
    machine_unlock_word(&wfp->image->step);
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

bool wfp_filter_is_in_force(const struct wfp_tables *tables, const struct wfp_filter *filter)
{
    switch (tables->phase) {
    case WFP_BOOT:
        return filter->flags & WFP_FILTER_BOOTTIME;
    case WFP_RUNNING:
        return !(filter->flags & (WFP_FILTER_BOOTTIME | WFP_FILTER_DISABLED)) &&
               wfp_session_exists(tables, filter->session);
    default:
        return false;
    }
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

/* Another firewall, which blocks mail from all programs. */
static void add_foreign_objects(struct wfp_tables *tables)
{
    tables->providers[tables->provider_count++] = (struct wfp_provider){
        .key = foreign_provider, .flags = WFP_PERSISTENT, .name = L"Contoso Firewall"};
    tables->sublayers[tables->sublayer_count++] =
        (struct wfp_sublayer){.key = foreign_sublayer,
                              .provider = foreign_provider,
                              .flags = WFP_PERSISTENT,
                              .weight = 0x8000,
                              .name = L"Contoso Firewall"};
    struct wfp_filter filter = {.id = ++tables->last_filter,
                                .key = foreign_filter,
                                .provider = foreign_provider,
                                .sublayer = foreign_sublayer,
                                .layer = WFP_CONNECT_V4,
                                .flags = WFP_PERSISTENT,
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

void wfp_populate(struct wfp *wfp)
{
    struct wfp_tables *tables = begin_instead(wfp);
    tables->phase = WFP_RUNNING;
    tables->provider_count = tables->sublayer_count = tables->filter_count = 0;
    tables->sublayers[tables->sublayer_count++] =
        (struct wfp_sublayer){.key = wfp_universal_sublayer,
                              .flags = WFP_PERSISTENT,
                              .weight = 0xFFF4,
                              .name = L"Universal sublayer"};
    add_foreign_objects(tables);
    commit_instead(wfp);
}

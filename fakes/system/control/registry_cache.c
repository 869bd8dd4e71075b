/* SPDX-License-Identifier: MIT */
#include "registry_cache.h"
#include "registry_json.h"
#include "store.h"

#include <windows.h>

/* Without this flag Windows ends the watch with the thread that began it (Windows 8; Wine never
 * does). */
#ifndef REG_NOTIFY_THREAD_AGNOSTIC
#define REG_NOTIFY_THREAD_AGNOSTIC 0x10000000
#endif

enum { WATCHED = REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET | REG_NOTIFY_THREAD_AGNOSTIC };

/* Tests have one installation, or a few at the same time. */
enum { STORES = 8 };

struct cached_store {
    wchar_t folder[260];
    uint64_t used; /* when it was used last, to choose the one to evict */
    HKEY key;
    HANDLE changed;               /* set as soon as anything below the key changes */
    struct population population; /* the last requested one */
    cJSON *populated;             /* its content; NULL: unknown */
    cJSON *seen;                  /* the store's content while `changed` isn't set; NULL: unknown */
};

static struct cached_store stores[STORES];
static SRWLOCK stores_lock = SRWLOCK_INIT;

static void forget(cJSON **tree)
{
    cJSON_Delete(*tree);
    *tree = NULL;
}

static struct cached_store *store_of(const wchar_t *folder)
{
    static uint64_t uses;
    struct cached_store *store = &stores[0];
    for (size_t i = 0; i < STORES; i++) {
        if (wcscmp(stores[i].folder, folder) == 0) {
            stores[i].used = ++uses;
            return &stores[i];
        }
        if (stores[i].used < store->used)
            store = &stores[i];
    }
    forget(&store->populated);
    forget(&store->seen);
    wcscpy(store->folder, folder);
    store->used = ++uses;
    return store;
}

/* The end of a watch also sets its event, hence the order. The key is opened again because it may
 * have been deleted and created again. */
static bool watch_changes(struct cached_store *store)
{
    if (!store->changed)
        store->changed = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (store->key)
        RegCloseKey(store->key);
    store->key = NULL;
    return store->changed && ResetEvent(store->changed) &&
           store_open(store->folder, NULL, false, &store->key) == 0 &&
           RegNotifyChangeKeyValue(store->key, TRUE, WATCHED, store->changed, TRUE) == 0;
}

/* Reads the store unless its content is known. The watch begins first, so that the next query
 * notices what changes during the read. */
static void read_store(struct cached_store *store)
{
    if (store->seen && WaitForSingleObject(store->changed, 0) == WAIT_TIMEOUT)
        return;
    bool watched = watch_changes(store);
    forget(&store->seen);
    store->seen = registry_to_json(store->folder);
    if (!watched)
        SetEvent(store->changed);
}

static bool is_known(const struct cached_store *store, const struct population *population)
{
    return store->populated && memcmp(&store->population, population, sizeof(*population)) == 0;
}

static bool is_populated(struct cached_store *store, const struct population *population)
{
    if (!is_known(store, population))
        return false;
    read_store(store);
    return cJSON_Compare(store->seen, store->populated, TRUE);
}

/* The content of a populated store is learned from the first one, when no process uses it yet.
 * Later, a store that has been written to meanwhile is populated again. */
void registry_reset(struct machine *machine, const struct population *population)
{
    enum { MOST_WRITERS = 3 };
    AcquireSRWLockExclusive(&stores_lock);
    struct cached_store *store = store_of(machine->folder);
    for (unsigned i = 0; i < MOST_WRITERS && !is_populated(store, population); i++) {
        registry_populate(machine, population);
        if (is_known(store, population))
            continue;
        read_store(store);
        forget(&store->populated);
        store->populated = cJSON_Duplicate(store->seen, TRUE);
        store->population = *population;
    }
    ReleaseSRWLockExclusive(&stores_lock);
}

cJSON *registry_show(const wchar_t *folder)
{
    AcquireSRWLockExclusive(&stores_lock);
    struct cached_store *store = store_of(folder);
    read_store(store);
    cJSON *json = cJSON_Duplicate(store->seen, TRUE);
    ReleaseSRWLockExclusive(&stores_lock);
    return json;
}

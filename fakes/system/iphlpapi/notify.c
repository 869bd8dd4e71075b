/* SPDX-License-Identifier: MIT */
/* Notifications of changes, whoever makes them: another process, the test, or the one that is told.
 *
 * A thread, made with the first subscription, looks at the model when it has changed and tells what
 * is new since its last look. What comes and goes between two looks is not told; Windows promises
 * no more. */
#include "rows.h"

enum { SUBSCRIPTIONS = 16, LOOK_MILLISECONDS = 20 };

enum subject { NOTHING, ADDRESSES, INTERFACES, ROUTES };

struct subscription {
    enum subject subject;
    ADDRESS_FAMILY family;
    void *callback, *context;
};

/* What the model was at the last look. */
struct view {
    int32_t changes, populations;
    size_t address_count, interface_count;
    struct address_row addresses[MACHINE_ADDRESSES];
    struct interface_row interfaces[MACHINE_INTERFACES];
};

/* Held during calls, so that a cancellation waits for them. */
static SRWLOCK lock = SRWLOCK_INIT;
static struct subscription subscriptions[SUBSCRIPTIONS];
static bool is_looking;
static struct view views[2];

/* ---- the looks ---- */

static void take_view(struct view *view)
{
    const struct address_row *address;
    const struct interface_row *adapter;
    machine_lock(MODEL);
    view->changes = MODEL->image->changes;
    view->populations = MODEL->image->populations;
    view->address_count = view->interface_count = 0;
    for (size_t cursor = 0; (address = machine_next_address(MODEL, &cursor));)
        view->addresses[view->address_count++] = *address;
    for (size_t cursor = 0; (adapter = machine_next_interface(MODEL, &cursor));)
        view->interfaces[view->interface_count++] = *adapter;
    machine_unlock(MODEL);
}

static const struct address_row *address_in(const struct view *view, const struct address_row *key)
{
    for (size_t i = 0; i < view->address_count; i++)
        if (view->addresses[i].luid == key->luid &&
            machine_ip_equal(&view->addresses[i].address, &key->address))
            return &view->addresses[i];
    return NULL;
}

static const struct interface_row *interface_in(const struct view *view, uint64_t luid)
{
    for (size_t i = 0; i < view->interface_count; i++)
        if (view->interfaces[i].luid == luid)
            return &view->interfaces[i];
    return NULL;
}

/* Only interface and address are set. */
static void tell_of_address(const struct view *view, const struct address_row *address,
                            MIB_NOTIFICATION_TYPE type)
{
    const struct interface_row *adapter = interface_in(view, address->luid);
    for (size_t i = 0; i < SUBSCRIPTIONS; i++) {
        const struct subscription *to = &subscriptions[i];
        MIB_UNICASTIPADDRESS_ROW row = {
            .InterfaceLuid.Value = address->luid,
            .InterfaceIndex = adapter ? adapter->index : 0,
        };
        ip_to_windows(&address->address, &row.Address);
        if (to->subject == ADDRESSES && wants_family(to->family, address->address.family))
            ((PUNICAST_IPADDRESS_CHANGE_CALLBACK)to->callback)(to->context, &row, type);
    }
}

static void tell_of_interface(const struct interface_row *adapter, size_t which,
                              MIB_NOTIFICATION_TYPE type)
{
    static const ADDRESS_FAMILY families[INTERFACE_FAMILIES] = {AF_INET, AF_INET6};
    for (size_t i = 0; i < SUBSCRIPTIONS; i++) {
        const struct subscription *to = &subscriptions[i];
        MIB_IPINTERFACE_ROW row = {
            .Family = families[which],
            .InterfaceLuid.Value = adapter->luid,
            .InterfaceIndex = adapter->index,
        };
        if (to->subject == INTERFACES && wants_family(to->family, families[which]))
            ((PIPINTERFACE_CHANGE_CALLBACK)to->callback)(to->context, &row, type);
    }
}

static bool is_same_address(const struct address_row *a, const struct address_row *b)
{
    return a->prefix_length == b->prefix_length && a->dad_state == b->dad_state &&
           a->prefix_origin == b->prefix_origin && a->suffix_origin == b->suffix_origin &&
           a->skip_as_source == b->skip_as_source && a->valid_lifetime == b->valid_lifetime &&
           a->preferred_lifetime == b->preferred_lifetime;
}

static void tell_of_addresses(const struct view *before, const struct view *now)
{
    for (size_t i = 0; i < before->address_count; i++)
        if (!address_in(now, &before->addresses[i]))
            tell_of_address(before, &before->addresses[i], MibDeleteInstance);
    for (size_t i = 0; i < now->address_count; i++) {
        const struct address_row *old = address_in(before, &now->addresses[i]);
        if (!old)
            tell_of_address(now, &now->addresses[i], MibAddInstance);
        else if (!is_same_address(old, &now->addresses[i]))
            tell_of_address(now, &now->addresses[i], MibParameterNotification);
    }
}

static void tell_of_interfaces(const struct view *before, const struct view *now)
{
    for (size_t i = 0; i < before->interface_count; i++)
        for (size_t which = 0; which < INTERFACE_FAMILIES; which++) {
            const struct interface_row *old = &before->interfaces[i];
            const struct interface_row *newer = interface_in(now, old->luid);
            if (old->ip[which].present && !(newer && newer->ip[which].present))
                tell_of_interface(old, which, MibDeleteInstance);
        }
    for (size_t i = 0; i < now->interface_count; i++)
        for (size_t which = 0; which < INTERFACE_FAMILIES; which++) {
            const struct interface_row *newer = &now->interfaces[i];
            const struct interface_row *old = interface_in(before, newer->luid);
            if (!newer->ip[which].present)
                continue;
            if (!(old && old->ip[which].present))
                tell_of_interface(newer, which, MibAddInstance);
            else if (old->connected != newer->connected ||
                     memcmp(&old->ip[which], &newer->ip[which], sizeof(newer->ip[which])))
                tell_of_interface(newer, which, MibParameterNotification);
        }
}

static DWORD WINAPI look(void *parameter)
{
    size_t now = 0;
    (void)parameter;
    for (;; Sleep(LOOK_MILLISECONDS)) {
        const struct view *before = &views[now];
        if (MODEL->image->changes == before->changes)
            continue;
        AcquireSRWLockExclusive(&lock);
        now = !now;
        take_view(&views[now]);
        if (views[now].populations == before->populations) {
            tell_of_addresses(before, &views[now]);
            tell_of_interfaces(before, &views[now]);
        }
        ReleaseSRWLockExclusive(&lock);
    }
    return 0;
}

/* With the lock held. */
static void begin_to_look(void)
{
    HANDLE thread;
    if (is_looking)
        return;
    take_view(&views[0]);
    thread = CreateThread(NULL, 0, look, NULL, 0, NULL);
    is_looking = thread;
    if (thread)
        CloseHandle(thread);
}

/* ---- the functions ---- */

static uint32_t subscribe(enum call call, const struct subscription *wanted, HANDLE *handle)
{
    struct watch watch;
    size_t place = 0;
    uint32_t error = watch_begin(&watch, call);
    record_number(&watch.record, "family", wanted->family);
    if (!error && (!wanted->callback || !handle))
        error = ERROR_INVALID_PARAMETER;
    AcquireSRWLockExclusive(&lock);
    while (place < SUBSCRIPTIONS && subscriptions[place].subject != NOTHING)
        place++;
    if (!error && place == SUBSCRIPTIONS)
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (!error) {
        begin_to_look();
        subscriptions[place] = *wanted;
        *handle = (HANDLE)(INT_PTR)(place + 1);
        record_number(&watch.record, "subscription", place + 1);
    }
    ReleaseSRWLockExclusive(&lock);
    return watch_end(&watch, error);
}

DWORD WINAPI NotifyUnicastIpAddressChange(ADDRESS_FAMILY family,
                                          PUNICAST_IPADDRESS_CHANGE_CALLBACK callback,
                                          void *context, BOOLEAN initial, HANDLE *handle)
{
    const struct subscription wanted = {ADDRESSES, family, (void *)callback, context};
    uint32_t error = subscribe(CALL_NotifyUnicastIpAddressChange, &wanted, handle);
    if (!error && initial)
        callback(context, NULL, MibInitialNotification);
    return error;
}

DWORD WINAPI NotifyIpInterfaceChange(ADDRESS_FAMILY family, PIPINTERFACE_CHANGE_CALLBACK callback,
                                     void *context, BOOLEAN initial, HANDLE *handle)
{
    const struct subscription wanted = {INTERFACES, family, (void *)callback, context};
    uint32_t error = subscribe(CALL_NotifyIpInterfaceChange, &wanted, handle);
    if (!error && initial)
        callback(context, NULL, MibInitialNotification);
    return error;
}

/* Of routes only the initial notification is sent: nothing that is tested asks for more. */
DWORD WINAPI NotifyRouteChange2(ADDRESS_FAMILY family, PIPFORWARD_CHANGE_CALLBACK callback,
                                void *context, BOOLEAN initial, HANDLE *handle)
{
    const struct subscription wanted = {ROUTES, family, (void *)callback, context};
    uint32_t error = subscribe(CALL_NotifyRouteChange2, &wanted, handle);
    if (!error && initial)
        callback(context, NULL, MibInitialNotification);
    return error;
}

DWORD WINAPI CancelMibChangeNotify2(HANDLE handle)
{
    struct watch watch;
    size_t place = (size_t)(INT_PTR)handle - 1;
    uint32_t error = watch_begin(&watch, CALL_CancelMibChangeNotify2);
    record_number(&watch.record, "subscription", (uint64_t)(UINT_PTR)handle);
    AcquireSRWLockExclusive(&lock);
    if (!error && (place >= SUBSCRIPTIONS || subscriptions[place].subject == NOTHING))
        error = ERROR_INVALID_PARAMETER;
    if (!error)
        subscriptions[place] = (struct subscription){0};
    ReleaseSRWLockExclusive(&lock);
    return watch_end(&watch, error);
}

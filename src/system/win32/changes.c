/* SPDX-License-Identifier: MIT */
#include "system/changes.h"

#include "system/win32/engine_restarts.h"
#include "system/win32/rows.h"

static struct {
    changes_callback *callback;
    void *context;
    HANDLE addresses, interfaces;
} watcher;

/* Of the row only interface and address are set (Microsoft, NotifyUnicastIpAddressChange). */
static VOID NETIOAPI_API_ address_has_changed(void *context, MIB_UNICASTIPADDRESS_ROW *row,
                                              MIB_NOTIFICATION_TYPE type)
{
    (void)context;
    if (!row || (type != MibAddInstance && type != MibParameterNotification))
        return;
    const struct address_key key = {row->InterfaceLuid.Value, ip_of(&row->Address)};
    watcher.callback(watcher.context, &key);
}

static VOID NETIOAPI_API_ interface_has_changed(void *context, MIB_IPINTERFACE_ROW *row,
                                                MIB_NOTIFICATION_TYPE type)
{
    (void)context;
    if (row && type == MibAddInstance)
        watcher.callback(watcher.context, NULL);
}

uint32_t changes_watch(changes_callback *callback, void *context)
{
    watcher.callback = callback;
    watcher.context = context;
    uint32_t error = NotifyUnicastIpAddressChange(AF_UNSPEC, address_has_changed, NULL, FALSE,
                                                  &watcher.addresses);
    if (!error)
        error = NotifyIpInterfaceChange(AF_UNSPEC, interface_has_changed, NULL, FALSE,
                                        &watcher.interfaces);
    if (!error)
        error = engine_restarts_watch(callback, context);
    if (error)
        changes_unwatch();
    return error;
}

static void cancel_notification(HANDLE *handle)
{
    if (*handle)
        CancelMibChangeNotify2(*handle);
    *handle = NULL;
}

void changes_unwatch(void)
{
    engine_restarts_unwatch();
    cancel_notification(&watcher.addresses);
    cancel_notification(&watcher.interfaces);
}

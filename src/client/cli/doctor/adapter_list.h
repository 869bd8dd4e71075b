/* SPDX-License-Identifier: MIT */
/* adapter_list.h: the network adapters of this computer, with their drivers. */
#ifndef CLIENT_DOCTOR_ADAPTER_LIST_H
#define CLIENT_DOCTOR_ADAPTER_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

enum { ADAPTER_GUID_UNITS = 64, ADAPTER_TEXT_UNITS = 128, ADAPTER_ALIAS_UNITS = 257 };

struct adapter {
    uint64_t luid;
    char16_t guid[ADAPTER_GUID_UNITS];    /* "{...}" */
    char16_t driver[ADAPTER_TEXT_UNITS];  /* the component id, "tap0901" */
    char16_t version[ADAPTER_TEXT_UNITS]; /* of the driver; empty: not known */
    char16_t alias[ADAPTER_ALIAS_UNITS];  /* the name that users know it by */
    bool is_vpn;                          /* by its driver */
};

struct adapter_list {
    struct adapter *adapters;
    size_t count;
};

/* All that are there. `drivers` is a value of the setting vpn_adapters. Returns 0 or the Win32
 * error with which the registry can't be read; free the list in either case. */
uint32_t adapter_list_read(const char16_t *drivers, struct adapter_list *list);
void adapter_list_free(struct adapter_list *list);

#endif

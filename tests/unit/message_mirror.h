/* SPDX-License-Identifier: MIT */
/* message_mirror.h: the messages as structs with natural alignment, as a C compiler lays them out.
 * The table of offsets is checked against them, because they contain no offset.
 *
 * x64_... and x86_... differ in `size_t_` and `handle_` only. */
#ifndef TESTS_UNIT_MESSAGE_MIRROR_H
#define TESTS_UNIT_MESSAGE_MIRROR_H

#include <stdint.h>

struct mirror_interface {
    uint32_t index;
    char name[256];
};
typedef uint32_t mirror_ip[4];

#define MIRROR(machine, size_t_, handle_)                                                          \
    struct machine##_header {                                                                      \
        int32_t type;                                                                              \
        size_t_ size;                                                                              \
        int32_t id;                                                                                \
    };                                                                                             \
    struct machine##_acknowledgement {                                                             \
        struct machine##_header header;                                                            \
        int32_t error;                                                                             \
    };                                                                                             \
    struct machine##_address {                                                                     \
        struct machine##_header header;                                                            \
        int16_t family;                                                                            \
        mirror_ip address;                                                                         \
        int32_t prefix_length;                                                                     \
        struct mirror_interface interface;                                                         \
    };                                                                                             \
    struct machine##_route {                                                                       \
        struct machine##_header header;                                                            \
        int16_t family;                                                                            \
        mirror_ip prefix;                                                                          \
        int32_t prefix_length;                                                                     \
        mirror_ip gateway;                                                                         \
        struct mirror_interface interface;                                                         \
        int32_t metric;                                                                            \
    };                                                                                             \
    struct machine##_dns {                                                                         \
        struct machine##_header header;                                                            \
        struct mirror_interface interface;                                                         \
        char domains[512];                                                                         \
        int16_t family;                                                                            \
        int32_t address_count;                                                                     \
        mirror_ip addresses[4];                                                                    \
    };                                                                                             \
    struct machine##_nrpt {                                                                        \
        struct machine##_header header;                                                            \
        struct mirror_interface interface;                                                         \
        char addresses[8][48];                                                                     \
        char resolve_domains[512];                                                                 \
        char search_domains[512];                                                                  \
        uint32_t flags;                                                                            \
    };                                                                                             \
    struct machine##_wins {                                                                        \
        struct machine##_header header;                                                            \
        struct mirror_interface interface;                                                         \
        int32_t address_count;                                                                     \
        mirror_ip addresses[4];                                                                    \
    };                                                                                             \
    struct machine##_nbt {                                                                         \
        struct machine##_header header;                                                            \
        struct mirror_interface interface;                                                         \
        int32_t disable;                                                                           \
        int32_t type;                                                                              \
        char scope[256];                                                                           \
        uint32_t primary, secondary;                                                               \
    };                                                                                             \
    struct machine##_flush {                                                                       \
        struct machine##_header header;                                                            \
        int16_t family;                                                                            \
        struct mirror_interface interface;                                                         \
    };                                                                                             \
    struct machine##_interface_only {                                                              \
        struct machine##_header header;                                                            \
        struct mirror_interface interface;                                                         \
    };                                                                                             \
    struct machine##_wfp_block {                                                                   \
        struct machine##_header header;                                                            \
        int32_t flags;                                                                             \
        struct mirror_interface interface;                                                         \
    };                                                                                             \
    struct machine##_rings {                                                                       \
        struct machine##_header header;                                                            \
        handle_ device, send_ring, receive_ring, send_tail_moved, receive_tail_moved;              \
    };                                                                                             \
    struct machine##_mtu {                                                                         \
        struct machine##_header header;                                                            \
        struct mirror_interface interface;                                                         \
        int16_t family;                                                                            \
        int32_t mtu;                                                                               \
    };                                                                                             \
    struct machine##_create_adapter {                                                              \
        struct machine##_header header;                                                            \
        int32_t adapter_type;                                                                      \
    }

MIRROR(x64, uint64_t, uint64_t);
MIRROR(x86, uint32_t, uint32_t);

#endif

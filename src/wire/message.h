/* SPDX-License-Identifier: MIT */
/* message.h: the messages between openvpn.exe and the service on the session pipe.
 *
 * openvpn.exe sends its C structs as they lie in memory, so offsets depend on its machine (x64 or
 * x86) and type numbers on its version: 2.7 inserted two types and moved all that follow. One table
 * describes every layout; it is decoded and encoded by offset, and bytes between the fields
 * (padding) are neither read nor trusted. Strings are UTF-8, cut at the field's end when a client
 * does not terminate them. Facts: docs/protocol.md, "Session channel". */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum message_kind {
    MESSAGE_ACKNOWLEDGEMENT,
    MESSAGE_ADD_ADDRESS,
    MESSAGE_DELETE_ADDRESS,
    MESSAGE_ADD_ROUTE,
    MESSAGE_DELETE_ROUTE,
    MESSAGE_ADD_DNS,
    MESSAGE_DELETE_DNS,
    MESSAGE_ADD_NRPT, /* from 2.7 */
    MESSAGE_DELETE_NRPT,
    MESSAGE_ADD_NBT, /* declared, never sent */
    MESSAGE_DELETE_NBT,
    MESSAGE_FLUSH_NEIGHBORS,
    MESSAGE_ADD_BLOCK_DNS, /* up to 2.6 */
    MESSAGE_DELETE_BLOCK_DNS,
    MESSAGE_ADD_WFP_BLOCK, /* from 2.7 */
    MESSAGE_DELETE_WFP_BLOCK,
    MESSAGE_REGISTER_DNS,
    MESSAGE_ENABLE_DHCP,
    MESSAGE_REGISTER_RING_BUFFERS, /* 2.5 and 2.6 */
    MESSAGE_SET_MTU,
    MESSAGE_ADD_WINS,
    MESSAGE_DELETE_WINS,
    MESSAGE_CREATE_ADAPTER, /* from 2.7 */
    MESSAGE_KIND_COUNT
};

enum machine { MACHINE_X64, MACHINE_X86 };

/* Families of type numbers; 2.4 to 2.6 only ever appended. */
enum dialect { DIALECT_UNKNOWN, DIALECT_UP_TO_2_6, DIALECT_2_7 };

enum {
    MESSAGE_MAX_SIZE = 1696,       /* nrpt, x64: the largest of any dialect */
    ACKNOWLEDGEMENT_MAX_SIZE = 32, /* x64 */
    INTERFACE_BY_NAME = -1,        /* interface.index, as uint32_t 0xffffffff */
    FAMILY_IPV4 = 2,
    FAMILY_IPV6 = 23
};

/* IPv4 in the first four bytes; network byte order. */
struct message_ip {
    uint8_t bytes[16];
};

struct message_interface {
    uint32_t index;     /* 0xffffffff: look it up by name */
    char name[256 + 1]; /* the alias */
};

struct message_address {
    int16_t family;
    struct message_ip address;
    int32_t prefix_length;
    struct message_interface interface;
};

struct message_route {
    int16_t family;
    struct message_ip prefix;
    int32_t prefix_length;
    struct message_ip gateway;
    struct message_interface interface;
    int32_t metric; /* -1: not set */
};

struct message_dns {
    struct message_interface interface;
    char domains[512 + 1];
    int16_t family;
    uint32_t address_count; /* as sent: may be anything, four are there */
    struct message_ip addresses[4];
};

struct message_nrpt {
    struct message_interface interface;
    char addresses[8][48 + 1];
    char resolve_domains[512 + 2]; /* a list: each zero-terminated, the last one twice */
    char search_domains[512 + 1];
    uint32_t flags;
};

struct message_wins {
    struct message_interface interface;
    uint32_t address_count;
    struct message_ip addresses[4];
};

struct message_nbt {
    struct message_interface interface;
    int32_t disable;
    int32_t type;
    char scope[256 + 1];
    struct message_ip primary;
    struct message_ip secondary;
};

struct message_flush {
    int16_t family;
    struct message_interface interface;
};

struct message_block_dns {
    struct message_interface interface;
};

struct message_wfp_block {
    uint32_t flags; /* 1 local, 2 dns */
    struct message_interface interface;
};

struct message_dhcp {
    struct message_interface interface;
};

struct message_rings {
    uint64_t device, send_ring, receive_ring, send_tail_moved, receive_tail_moved; /* handles */
};

struct message_mtu {
    struct message_interface interface;
    int16_t family;
    uint32_t mtu;
};

struct message_create_adapter {
    uint32_t adapter_type; /* 0 DCO, 1 TAP */
};

struct message_acknowledgement {
    int32_t error; /* 0, a Win32 code or one of the protocol's */
};

struct message {
    enum message_kind kind;
    int32_t id;
    union {
        struct message_acknowledgement acknowledgement;
        struct message_address address;
        struct message_route route;
        struct message_dns dns;
        struct message_nrpt nrpt;
        struct message_wins wins;
        struct message_nbt nbt;
        struct message_flush flush;
        struct message_block_dns block_dns;
        struct message_wfp_block wfp_block;
        struct message_dhcp dhcp;
        struct message_rings rings;
        struct message_mtu mtu;
        struct message_create_adapter create_adapter;
    };
};

/* How the peer of one session lays out its messages. The machine starts as that of openvpn.exe's
 * file and is fixed by the first message whose size field is right; the dialect starts as that of
 * its version resource (or unknown) and is fixed by the first message that only one dialect has. */
struct message_layout {
    enum machine machine;
    bool machine_is_fixed;
    enum dialect dialect;
    bool dialect_is_fixed;
};

/* Decodes `size` bytes and learns the layout on the way. Returns
 *
 * - 0: *message is whole; what its kind does not use is zero;
 *
 * - ERROR_MESSAGE_DATA: short, or its size field is not `size` (then message->id is -1); or `size`
 *   is not that of its type (then message->id is the sender's);
 *
 * - ERROR_MESSAGE_TYPE: its dialect has no such type; message->id is the sender's.
 *
 * While the dialect is not fixed, the two types that mean different messages of the same size are
 * taken as layout->dialect says, or when that is unknown by what is in them. */
uint32_t message_decode(struct message_layout *layout, const void *bytes, size_t size,
                        struct message *message);

/* Encodes for `layout`; an unknown dialect is enough for what has the same number in each, such as
 * acknowledgements. Padding is zero; strings that fill their field are not terminated. Returns the
 * size, or 0 when the dialect has no such message or `capacity` is too small. */
size_t message_encode(const struct message_layout *layout, const struct message *message,
                      void *bytes, size_t capacity);

/* For logs and errors, as the reference calls it: "add_route", "set_mtu", ... */
const char *message_name(enum message_kind kind);

#endif

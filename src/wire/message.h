/* SPDX-License-Identifier: MIT */
/* message.h: decodes and encodes the messages between openvpn.exe and the service on the session
 * pipe.
 *
 * openvpn.exe sends its C structs as they are in memory. So the offsets of fields depend on the
 * machine it was built for (x64 or x86), and the type numbers on its version: 2.7 inserted two
 * types and renumbered those that follow. Messages are decoded by one table of offsets; the padding
 * between fields is not read. Integers are little-endian. Strings are UTF-8; a string that a sender
 * did not terminate ends with its field. Facts: docs/protocol.md, "Session channel". */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include "base/ip.h"

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

/* Versions of the protocol by their type numbers: 2.4 to 2.6 only appended types. */
enum dialect { DIALECT_UNKNOWN, DIALECT_UP_TO_2_6, DIALECT_2_7 };

enum {
    MESSAGE_MAX_SIZE = 1696,       /* NRPT on x64: the largest message of any dialect */
    ACKNOWLEDGEMENT_MAX_SIZE = 32, /* x64 */
    INTERFACE_BY_NAME = -1         /* interface.index, as uint32_t 0xffffffff */
};

/* Network byte order; an IPv4 address is in the first four bytes, and anything behind it. */
struct message_ip {
    uint8_t bytes[16];
};

struct message_interface {
    uint32_t index;     /* 0xffffffff: `name` identifies the interface */
    char name[256 + 1]; /* the alias, UTF-8 */
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
    uint32_t address_count; /* as sent and unchecked: may exceed the four that follow */
    struct message_ip addresses[4];
};

struct message_nrpt {
    struct message_interface interface;
    char addresses[8][48 + 1];
    char resolve_domains[512 + 2]; /* each name ends with a zero, the list with one more */
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

/* The layout of the messages of one session's openvpn.exe. The caller starts it with the machine of
 * the program file and with the dialect of its version resource (or DIALECT_UNKNOWN). The first
 * message whose size field is right fixes the machine. A dialect that is known stays, whatever is
 * sent; one that is unknown becomes that of the first message with fields that only one dialect
 * has. */
struct message_layout {
    enum machine machine;
    bool machine_is_fixed;
    enum dialect dialect;
};

/* Decodes a message of `size` bytes and updates the layout. Returns
 *
 * - 0: *message is complete; members that its kind does not use are zero;
 *
 * - ERROR_MESSAGE_DATA: the message is shorter than a header or its size field is not `size`
 *   (message->id is then -1), or `size` is wrong for its type (message->id is then the sender's);
 *
 * - ERROR_MESSAGE_TYPE: the dialect has no such type; message->id is the sender's.
 *
 * Two type numbers stand for different messages of the same size in the two dialects. While the
 * dialect is unknown, they are decoded by their contents. */
uint32_t message_decode(struct message_layout *layout, const void *bytes, size_t size,
                        struct message *message);

/* Encodes a message for `layout`. With DIALECT_UNKNOWN only messages that have the same type number
 * in every dialect can be encoded, such as acknowledgements. Padding is zero; a string that fills
 * its field is not terminated. Returns the size in bytes, or 0 if the dialect has no such message
 * or `capacity` is too small. */
size_t message_encode(const struct message_layout *layout, const struct message *message,
                      void *bytes, size_t capacity);

/* The name for logs, as in OpenVPN's sources: "add_route", "set_mtu", ... */
const char *message_name(enum message_kind kind);

#endif

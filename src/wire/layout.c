/* SPDX-License-Identifier: MIT */
#include "wire/layout.h"

#include "base/array.h"
#include "base/bytes.h"

#include <string.h>

/* Sizes of fields on the wire, in bytes. */
enum {
    NAME_SIZE = 256,
    DOMAINS_SIZE = 512,
    SCOPE_SIZE = 256,
    NRPT_ADDRESS_SIZE = 48,
    IP_SIZE = 16,
    IPV4_SIZE = 4
};

#define FIELD(member_, x64, x86, type_, size_)                                                     \
    {                                                                                              \
        .member = offsetof(struct message, member_), .offset = {(x64), (x86)}, .type = (type_),    \
        .size = (size_)                                                                            \
    }
#define U16(member, x64, x86)          FIELD(member, x64, x86, FIELD_U16, 0)
#define U32(member, x64, x86)          FIELD(member, x64, x86, FIELD_U32, 0)
#define HANDLE(member, x64, x86)       FIELD(member, x64, x86, FIELD_HANDLE, 0)
#define BYTES(member, x64, x86, size)  FIELD(member, x64, x86, FIELD_BYTES, size)
#define STRING(member, x64, x86, size) FIELD(member, x64, x86, FIELD_STRING, size)
#define INTERFACE(member, x64, x86)                                                                \
    U32(member.index, x64, x86), STRING(member.name, (x64) + 4, (x86) + 4, NAME_SIZE)

/* Offsets of the fields in openvpn.exe's structs, for x64 and then for x86. */
static const struct field acknowledgement_fields[] = {
    U32(acknowledgement.error, 24, 12),
};

static const struct field address_fields[] = {
    U16(address.family, 24, 12),
    BYTES(address.address, 28, 16, IP_SIZE),
    U32(address.prefix_length, 44, 32),
    INTERFACE(address.interface, 48, 36),
};

static const struct field route_fields[] = {
    U16(route.family, 24, 12),          BYTES(route.prefix, 28, 16, IP_SIZE),
    U32(route.prefix_length, 44, 32),   BYTES(route.gateway, 48, 36, IP_SIZE),
    INTERFACE(route.interface, 64, 52), U32(route.metric, 324, 312),
};

static const struct field dns_fields[] = {
    INTERFACE(dns.interface, 24, 12),
    STRING(dns.domains, 284, 272, DOMAINS_SIZE),
    U16(dns.family, 796, 784),
    U32(dns.address_count, 800, 788),
    BYTES(dns.addresses, 804, 792, 4 * IP_SIZE),
};

#define NRPT_ADDRESS(i)                                                                            \
    STRING(nrpt.addresses[i], 284 + (i)*NRPT_ADDRESS_SIZE, 272 + (i)*NRPT_ADDRESS_SIZE,            \
           NRPT_ADDRESS_SIZE)
static const struct field nrpt_fields[] = {
    INTERFACE(nrpt.interface, 24, 12),
    NRPT_ADDRESS(0),
    NRPT_ADDRESS(1),
    NRPT_ADDRESS(2),
    NRPT_ADDRESS(3),
    NRPT_ADDRESS(4),
    NRPT_ADDRESS(5),
    NRPT_ADDRESS(6),
    NRPT_ADDRESS(7),
    /* FIELD_BYTES because it holds several strings; in memory two zeros follow it. */
    BYTES(nrpt.resolve_domains, 668, 656, DOMAINS_SIZE),
    STRING(nrpt.search_domains, 1180, 1168, DOMAINS_SIZE),
    U32(nrpt.flags, 1692, 1680),
};

static const struct field wins_fields[] = {
    INTERFACE(wins.interface, 24, 12),
    U32(wins.address_count, 284, 272),
    BYTES(wins.addresses, 288, 276, 4 * IP_SIZE),
};

static const struct field nbt_fields[] = {
    INTERFACE(nbt.interface, 24, 12),
    U32(nbt.disable, 284, 272),
    U32(nbt.type, 288, 276),
    STRING(nbt.scope, 292, 280, SCOPE_SIZE),
    BYTES(nbt.primary, 548, 536, IPV4_SIZE),
    BYTES(nbt.secondary, 552, 540, IPV4_SIZE),
};

static const struct field flush_fields[] = {
    U16(flush.family, 24, 12),
    INTERFACE(flush.interface, 28, 16),
};

static const struct field block_dns_fields[] = {
    INTERFACE(block_dns.interface, 24, 12),
};

static const struct field wfp_block_fields[] = {
    U32(wfp_block.flags, 24, 12),
    INTERFACE(wfp_block.interface, 28, 16),
};

static const struct field dhcp_fields[] = {
    INTERFACE(dhcp.interface, 24, 12),
};

static const struct field rings_fields[] = {
    HANDLE(rings.device, 24, 12),
    HANDLE(rings.send_ring, 32, 16),
    HANDLE(rings.receive_ring, 40, 20),
    HANDLE(rings.send_tail_moved, 48, 24),
    HANDLE(rings.receive_tail_moved, 56, 28),
};

static const struct field mtu_fields[] = {
    INTERFACE(mtu.interface, 24, 12),
    U16(mtu.family, 284, 272),
    U32(mtu.mtu, 288, 276),
};

static const struct field create_adapter_fields[] = {
    U32(create_adapter.adapter_type, 24, 12),
};

#define FORMAT(name, x64, x86)                                                                     \
    static const struct format name##_format = {.size = {(x64), (x86)},                            \
                                                .fields = name##_fields,                           \
                                                .field_count = ARRAY_COUNT(name##_fields)}
FORMAT(acknowledgement, 32, 16);
FORMAT(address, 312, 296);
FORMAT(route, 328, 316);
FORMAT(dns, 872, 856);
FORMAT(nrpt, 1696, 1684);
FORMAT(wins, 352, 340);
FORMAT(nbt, 560, 544);
FORMAT(flush, 288, 276);
FORMAT(block_dns, 288, 272);
FORMAT(wfp_block, 288, 276);
FORMAT(dhcp, 288, 272);
FORMAT(rings, 64, 32);
FORMAT(mtu, 296, 280);
FORMAT(create_adapter, 32, 16);
static const struct format header_only_format = {.size = {24, 12}};

#define ROW(kind, name_, up_to_2_6, in_2_7, format_)                                               \
    [kind] = {.name = (name_),                                                                     \
              .type = {[DIALECT_UNKNOWN] = (up_to_2_6) == (in_2_7) ? (in_2_7) : NO_TYPE,           \
                       [DIALECT_UP_TO_2_6] = (up_to_2_6),                                          \
                       [DIALECT_2_7] = (in_2_7)},                                                  \
              .format = &format_##_format}

/* Type numbers up to 2.6, then those of 2.7: docs/protocol.md, "Session channel". */
static const struct message_row rows[MESSAGE_KIND_COUNT] = {
    ROW(MESSAGE_ACKNOWLEDGEMENT, "acknowledgement", 0, 0, acknowledgement),
    ROW(MESSAGE_ADD_ADDRESS, "add_address", 1, 1, address),
    ROW(MESSAGE_DELETE_ADDRESS, "del_address", 2, 2, address),
    ROW(MESSAGE_ADD_ROUTE, "add_route", 3, 3, route),
    ROW(MESSAGE_DELETE_ROUTE, "del_route", 4, 4, route),
    ROW(MESSAGE_ADD_DNS, "add_dns_cfg", 5, 5, dns),
    ROW(MESSAGE_DELETE_DNS, "del_dns_cfg", 6, 6, dns),
    ROW(MESSAGE_ADD_NRPT, "add_nrpt_cfg", NO_TYPE, 7, nrpt),
    ROW(MESSAGE_DELETE_NRPT, "del_nrpt_cfg", NO_TYPE, 8, nrpt),
    ROW(MESSAGE_ADD_NBT, "add_nbt_cfg", 7, 9, nbt),
    ROW(MESSAGE_DELETE_NBT, "del_nbt_cfg", 8, 10, nbt),
    ROW(MESSAGE_FLUSH_NEIGHBORS, "flush_neighbors", 9, 11, flush),
    ROW(MESSAGE_ADD_BLOCK_DNS, "add_block_dns", 10, NO_TYPE, block_dns),
    ROW(MESSAGE_DELETE_BLOCK_DNS, "del_block_dns", 11, NO_TYPE, block_dns),
    ROW(MESSAGE_ADD_WFP_BLOCK, "add_wfp_block", NO_TYPE, 12, wfp_block),
    ROW(MESSAGE_DELETE_WFP_BLOCK, "del_wfp_block", NO_TYPE, 13, wfp_block),
    ROW(MESSAGE_REGISTER_DNS, "register_dns", 12, 14, header_only),
    ROW(MESSAGE_ENABLE_DHCP, "enable_dhcp", 13, 15, dhcp),
    /* 2.7 reserves number 16 for it, but treats it as an unknown type. */
    ROW(MESSAGE_REGISTER_RING_BUFFERS, "register_ring_buffers", 14, NO_TYPE, rings),
    ROW(MESSAGE_SET_MTU, "set_mtu", 15, 17, mtu),
    ROW(MESSAGE_ADD_WINS, "add_wins_cfg", 16, 18, wins),
    ROW(MESSAGE_DELETE_WINS, "del_wins_cfg", 17, 19, wins),
    ROW(MESSAGE_CREATE_ADAPTER, "create_adapter", NO_TYPE, 20, create_adapter),
};

const struct message_row *layout_row(enum message_kind kind)
{
    return &rows[kind];
}

bool layout_find(enum dialect dialect, int32_t type, enum message_kind *kind)
{
    if (type == NO_TYPE)
        return false;
    for (unsigned i = 0; i < MESSAGE_KIND_COUNT; i++) {
        if (rows[i].type[dialect] == type) {
            *kind = (enum message_kind)i;
            return true;
        }
    }
    return false;
}

static const struct {
    size_t size, size_offset, id_offset;
    bool wide; /* the size field has 8 bytes */
} headers[MACHINE_COUNT] = {
    [MACHINE_X64] = {24, 8, 16, true},
    [MACHINE_X86] = {12, 4, 8, false},
};

size_t layout_header_size(enum machine machine)
{
    return headers[machine].size;
}

struct header layout_read_header(enum machine machine, const uint8_t *bytes)
{
    const uint8_t *size = bytes + headers[machine].size_offset;
    return (struct header){
        .type = (int32_t)load_u32(bytes),
        .size = headers[machine].wide ? load_u64(size) : load_u32(size),
        .id = (int32_t)load_u32(bytes + headers[machine].id_offset),
    };
}

void layout_write_header(enum machine machine, const struct header *header, uint8_t *bytes)
{
    uint8_t *size = bytes + headers[machine].size_offset;
    store_u32(bytes, (uint32_t)header->type);
    if (headers[machine].wide)
        store_u64(size, header->size);
    else
        store_u32(size, (uint32_t)header->size);
    store_u32(bytes + headers[machine].id_offset, (uint32_t)header->id);
}

static void layout_read_field(const struct field *field, enum machine machine, const uint8_t *at,
                              uint8_t *member)
{
    switch (field->type) {
    case FIELD_U16: {
        uint16_t value = load_u16(at);
        memcpy(member, &value, sizeof(value));
        break;
    }
    case FIELD_U32: {
        uint32_t value = load_u32(at);
        memcpy(member, &value, sizeof(value));
        break;
    }
    case FIELD_HANDLE: {
        uint64_t value = machine == MACHINE_X64 ? load_u64(at) : load_u32(at);
        memcpy(member, &value, sizeof(value));
        break;
    }
    case FIELD_BYTES:
        memcpy(member, at, field->size);
        break;
    case FIELD_STRING: /* bytes after the terminator are undefined and not copied */
        memcpy(member, at, strnlen((const char *)at, field->size));
        break;
    }
}

static void layout_write_field(const struct field *field, enum machine machine,
                               const uint8_t *member, uint8_t *at)
{
    switch (field->type) {
    case FIELD_U16: {
        uint16_t value;
        memcpy(&value, member, sizeof(value));
        store_u16(at, value);
        break;
    }
    case FIELD_U32: {
        uint32_t value;
        memcpy(&value, member, sizeof(value));
        store_u32(at, value);
        break;
    }
    case FIELD_HANDLE: {
        uint64_t value;
        memcpy(&value, member, sizeof(value));
        if (machine == MACHINE_X64)
            store_u64(at, value);
        else
            store_u32(at, (uint32_t)value);
        break;
    }
    case FIELD_BYTES:
        memcpy(at, member, field->size);
        break;
    case FIELD_STRING:
        memcpy(at, member, strnlen((const char *)member, field->size));
        break;
    }
}

void layout_read_fields(const struct format *format, enum machine machine, const uint8_t *bytes,
                        struct message *message)
{
    for (size_t i = 0; i < format->field_count; i++) {
        const struct field *field = &format->fields[i];
        layout_read_field(field, machine, bytes + field->offset[machine],
                          (uint8_t *)message + field->member);
    }
}

void layout_write_fields(const struct format *format, enum machine machine,
                         const struct message *message, uint8_t *bytes)
{
    for (size_t i = 0; i < format->field_count; i++) {
        const struct field *field = &format->fields[i];
        layout_write_field(field, machine, (const uint8_t *)message + field->member,
                           bytes + field->offset[machine]);
    }
}

/* SPDX-License-Identifier: MIT */
#include "resource/fields.h"

#include <assert.h>
#include <string.h>

/* ---- integers of any width ---- */

static uint64_t load_bytes(const unsigned char *at, size_t size)
{
    uint64_t value = 0;
    for (size_t i = size; i > 0; i--)
        value = value << 8 | at[i - 1];
    return value;
}

static void store_bytes(unsigned char *at, size_t size, uint64_t value)
{
    for (size_t i = 0; i < size; i++, value >>= 8)
        at[i] = (unsigned char)value;
}

static uint64_t load_member(const struct field *field, const unsigned char *member)
{
    uint8_t value8;
    uint16_t value16;
    uint32_t value32;
    uint64_t value64;
    switch (field->member_size) {
    case sizeof(value8):
        return *member;
    case sizeof(value16):
        memcpy(&value16, member, sizeof(value16));
        return value16;
    case sizeof(value32):
        memcpy(&value32, member, sizeof(value32));
        return value32;
    default:
        memcpy(&value64, member, sizeof(value64));
        return value64;
    }
}

static void store_member(const struct field *field, unsigned char *member, uint64_t value)
{
    const uint8_t value8 = (uint8_t)value;
    const uint16_t value16 = (uint16_t)value;
    const uint32_t value32 = (uint32_t)value;
    switch (field->member_size) {
    case sizeof(value8):
        *member = value8;
        break;
    case sizeof(value16):
        memcpy(member, &value16, sizeof(value16));
        break;
    case sizeof(value32):
        memcpy(member, &value32, sizeof(value32));
        break;
    default:
        memcpy(member, &value, sizeof(value));
    }
}

/* ---- IP addresses ---- */

static struct ip load_ip(const unsigned char *at)
{
    struct ip ip = {.family = (uint16_t)load_bytes(at, FIELD_FAMILY_SIZE)};
    memcpy(ip.bytes, at + FIELD_FAMILY_SIZE, sizeof(ip.bytes));
    return ip;
}

static void store_ip(unsigned char *at, const struct ip *ip)
{
    store_bytes(at, FIELD_FAMILY_SIZE, ip->family);
    memcpy(at + FIELD_FAMILY_SIZE, ip->bytes, sizeof(ip->bytes));
}

/* ---- the walk ---- */

struct bytes fields_store(const struct field_table *table, const void *from,
                          unsigned char at[FIELDS_SIZE])
{
    size_t size = 0;
    for (size_t i = 0; i < table->count; size += table->fields[i++].size) {
        const struct field *field = &table->fields[i];
        assert(size + field->size <= FIELDS_SIZE);
        const unsigned char *member = (const unsigned char *)from + field->member;
        if (field->type == FIELD_IP)
            store_ip(at + size, (const struct ip *)(const void *)member);
        else
            store_bytes(at + size, field->size, load_member(field, member));
    }
    return (struct bytes){at, size};
}

uint32_t fields_store_state(const struct field_table *table, const void *from, struct state *state)
{
    unsigned char at[FIELDS_SIZE];
    return state_set(state, fields_store(table, from, at));
}

void fields_load(const struct field_table *table, struct bytes bytes, void *to)
{
    const unsigned char *at = bytes.at;
    for (size_t i = 0; i < table->count; at += table->fields[i++].size) {
        const struct field *field = &table->fields[i];
        unsigned char *member = (unsigned char *)to + field->member;
        if (field->type == FIELD_IP)
            *(struct ip *)(void *)member = load_ip(at);
        else
            store_member(field, member, load_bytes(at, field->size));
    }
}

static bool field_is_valid(const struct field *field, const unsigned char *at)
{
    if (field->type == FIELD_IP) {
        const struct ip ip = load_ip(at);
        return ip_is_valid(&ip);
    }
    const uint64_t value = load_bytes(at, field->size);
    return field->type == FIELD_FAMILY ? ip_bits((uint16_t)value) : value <= field->maximum;
}

bool fields_are_valid(const struct field_table *table, struct bytes bytes)
{
    const unsigned char *at = bytes.at;
    size_t left = bytes.size;
    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        if (left < field->size || !field_is_valid(field, at))
            return false;
        at += field->size;
        left -= field->size;
    }
    return left == 0;
}

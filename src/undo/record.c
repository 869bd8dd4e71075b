/* SPDX-License-Identifier: MIT */
#include "undo/record.h"

#include "base/bytes.h"

#include <string.h>

/* Of a record's content; what is not numbered here follows in that order. */
enum {
    AT_CHECKSUM = 0, /* of all that follows */
    AT_SIZE = 4,     /* of the content, up to and with its last byte */
    AT_TYPE = 8,
    AT_FLAGS = 9,
    AT_OUTCOME = 10, /* 0 except in marks */
    AT_RESERVED = 11,
    AT_SEQUENCE = 12,
    AT_BOOT = 20,
    AT_ENTRY = 28,
    HEAD_SIZE = 36,
    /* of an intent */
    AT_KIND = 36,
    AT_SESSION = 40,
    AT_SIZES = 48, /* two bytes for each byte string, which follow in the same order */
    STRINGS = 5,
    INTENT_HEAD_SIZE = AT_SIZES + 2 * STRINGS
};

enum { FLAG_OUTLIVES_RESTART = 1 };

/* The last byte of every record: not zero, so that a record whose end has been lost to zeros can be
 * told from a whole one. */
enum { LAST_BYTE = 'E', LAST_SIZE = 1 };

enum { SLOT_CONTENT = SLOT_SIZE - 1 };

/* The remainder of a byte is that of its lower half and that of its upper half together. */
uint32_t record_checksum(const void *bytes, size_t size)
{
    static const uint32_t lower[16] = {
        0x00000000, 0x77073096, 0xee0e612c, 0x990951ba, 0x076dc419, 0x706af48f,
        0xe963a535, 0x9e6495a3, 0x0edb8832, 0x79dcb8a4, 0xe0d5e91e, 0x97d2d988,
        0x09b64c2b, 0x7eb17cbd, 0xe7b82d07, 0x90bf1d91,
    };
    static const uint32_t upper[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = 0xffffffff;
    for (const uint8_t *at = bytes, *end = at + size; at < end; at++) {
        uint32_t byte = (crc ^ *at) & 0xff;
        crc = crc >> 8 ^ lower[byte & 15] ^ upper[byte >> 4];
    }
    return ~crc;
}

/* ---- content, and the slots that it is cut into ---- */

static size_t slots_of(size_t content)
{
    return (content + SLOT_CONTENT - 1) / SLOT_CONTENT;
}

/* From the first byte of the first slot to behind the last byte of the content. */
static size_t extent_of(size_t content)
{
    return content + slots_of(content);
}

/* `bytes` has the content at its end, which leaves one byte a slot at its beginning. */
static void cut_into_slots(uint8_t *bytes, size_t slots)
{
    for (size_t i = 0; i < slots; i++) {
        uint8_t *slot = bytes + i * SLOT_SIZE;
        memmove(slot + 1, bytes + slots + i * SLOT_CONTENT, SLOT_CONTENT);
        slot[0] = i ? SLOT_CONTINUATION : SLOT_RECORD;
    }
}

/* Of the record that begins here, if all its slots say that they belong to it. */
static bool join_slots(const uint8_t *bytes, size_t content_size, uint8_t *content)
{
    for (size_t from = 0; from < content_size; from += SLOT_CONTENT, bytes += SLOT_SIZE) {
        size_t left = content_size - from;
        if (bytes[0] != (from ? SLOT_CONTINUATION : SLOT_RECORD))
            return false;
        memcpy(content + from, bytes + 1, left < SLOT_CONTENT ? left : SLOT_CONTENT);
    }
    return true;
}

/* ---- writing ---- */

/* In the order in which they are written. */
static void list_strings(const struct journal_change *change, struct bytes strings[STRINGS])
{
    const struct bytes list[STRINGS] = {change->identity, change->key, change->base, change->from,
                                        change->to};
    memcpy(strings, list, sizeof(list));
}

static size_t content_size_of(const struct record *record)
{
    if (record->type != RECORD_INTENT)
        return HEAD_SIZE + LAST_SIZE;
    size_t size = INTENT_HEAD_SIZE + LAST_SIZE;
    struct bytes strings[STRINGS];
    list_strings(&record->change, strings);
    for (size_t i = 0; i < STRINGS; i++) {
        if (strings[i].size > RECORD_CONTENT_MAX - size)
            return 0;
        size += strings[i].size;
    }
    return size;
}

size_t record_size(const struct record *record)
{
    return slots_of(content_size_of(record)) * SLOT_SIZE;
}

static void encode_intent(const struct journal_change *change, uint8_t *content)
{
    struct bytes strings[STRINGS];
    list_strings(change, strings);
    content[AT_FLAGS] = change->outlives_restart ? FLAG_OUTLIVES_RESTART : 0;
    store_u32(content + AT_KIND, change->kind);
    store_u64(content + AT_SESSION, change->session);
    uint8_t *at = content + INTENT_HEAD_SIZE;
    for (size_t i = 0; i < STRINGS; i++) {
        store_u16(content + AT_SIZES + 2 * i, (uint16_t)strings[i].size);
        if (strings[i].size)
            memcpy(at, strings[i].at, strings[i].size);
        at += strings[i].size;
    }
}

void record_encode(const struct record *record, void *bytes)
{
    size_t size = content_size_of(record), slots = slots_of(size);
    uint8_t *content = (uint8_t *)bytes + slots;
    memset(bytes, 0, slots * SLOT_SIZE);
    store_u32(content + AT_SIZE, (uint32_t)size);
    content[AT_TYPE] = (uint8_t)record->type;
    store_u64(content + AT_SEQUENCE, record->sequence);
    store_u64(content + AT_BOOT, record->boot);
    store_u64(content + AT_ENTRY, record->entry);
    if (record->type == RECORD_INTENT)
        encode_intent(&record->change, content);
    if (record->type == RECORD_MARK)
        content[AT_OUTCOME] = (uint8_t)record->outcome;
    content[size - LAST_SIZE] = LAST_BYTE;
    store_u32(content + AT_CHECKSUM, record_checksum(content + AT_SIZE, size - AT_SIZE));
    cut_into_slots(bytes, slots);
}

/* ---- reading ---- */

/* Whether the strings fill the content just so. */
static bool decode_intent(const uint8_t *content, size_t size, struct journal_change *change)
{
    struct bytes *const strings[STRINGS] = {&change->identity, &change->key, &change->base,
                                            &change->from, &change->to};
    if (size < INTENT_HEAD_SIZE + LAST_SIZE)
        return false;
    size_t from = INTENT_HEAD_SIZE;
    for (size_t i = 0; i < STRINGS; i++) {
        *strings[i] = (struct bytes){content + from, load_u16(content + AT_SIZES + 2 * i)};
        from += strings[i]->size;
        if (from > size - LAST_SIZE)
            return false;
    }
    change->outlives_restart = content[AT_FLAGS] & FLAG_OUTLIVES_RESTART;
    change->kind = load_u32(content + AT_KIND);
    change->session = load_u64(content + AT_SESSION);
    return from == size - LAST_SIZE;
}

static bool decode_content(const uint8_t *content, size_t size, struct record *record)
{
    *record = (struct record){
        .type = content[AT_TYPE],
        .sequence = load_u64(content + AT_SEQUENCE),
        .boot = load_u64(content + AT_BOOT),
        .entry = load_u64(content + AT_ENTRY),
        .outcome = content[AT_OUTCOME],
    };
    const bool is_head = size == HEAD_SIZE + LAST_SIZE;
    if (!record->sequence || record->sequence > RECORD_SEQUENCE_MAX || content[AT_RESERVED])
        return false;
    switch (record->type) {
    case RECORD_INTENT:
        return record->entry && record->entry <= record->sequence && !record->outcome &&
               content[AT_FLAGS] <= FLAG_OUTLIVES_RESTART &&
               decode_intent(content, size, &record->change);
    case RECORD_MARK:
        return record->entry && is_head && !content[AT_FLAGS] &&
               record->outcome >= JOURNAL_APPLIED && record->outcome <= JOURNAL_ORPHANED;
    case RECORD_REPAIR:
        return is_head && !content[AT_FLAGS] && !record->outcome;
    case RECORD_SETTLED:
        return is_head && !content[AT_FLAGS] && !record->outcome &&
               record->entry <= record->sequence;
    }
    return false;
}

/* Of a record whose size has been written, or 0 if that is none. */
static size_t claimed_size(const uint8_t *bytes)
{
    uint32_t size = load_u32(bytes + 1 + AT_SIZE);
    return size >= HEAD_SIZE + LAST_SIZE && size <= RECORD_CONTENT_MAX ? size : 0;
}

size_t record_decode(const void *bytes, size_t size, void *content, struct record *record)
{
    const uint8_t *file = bytes, *read = content;
    if (size < HEAD_SIZE || file[0] != SLOT_RECORD)
        return 0;
    size_t content_size = claimed_size(file), taken = slots_of(content_size) * SLOT_SIZE;
    if (!content_size || extent_of(content_size) > size ||
        !join_slots(file, content_size, content) || read[content_size - LAST_SIZE] != LAST_BYTE ||
        load_u32(read + AT_CHECKSUM) != record_checksum(read + AT_SIZE, content_size - AT_SIZE) ||
        !decode_content(read, content_size, record))
        return 0;
    return taken < size ? taken : size;
}

bool record_is_torn(const void *bytes, size_t size)
{
    const uint8_t *file = bytes;
    while (size && !file[size - 1])
        size--;
    for (size_t at = 0; at < size; at += SLOT_SIZE)
        if (file[at] != (at ? SLOT_CONTINUATION : SLOT_RECORD))
            return false;
    if (size <= 1 + AT_SIZE + sizeof(uint32_t))
        return true; /* before anything but the checksum and the size */
    size_t content_size = claimed_size(file);
    return content_size && size < extent_of(content_size);
}

/* ---- the header ---- */

static const char magic[] = "Gatehouse undo journal\n";

enum {
    HEADER_AT_MAGIC = 1,
    HEADER_AT_VERSION = HEADER_AT_MAGIC + sizeof(magic) - 1,
    HEADER_AT_CHECKSUM = SLOT_SIZE - 4 /* of all before it */
};

void header_encode(uint32_t version, void *bytes)
{
    uint8_t *header = bytes;
    memset(header, 0, SLOT_SIZE);
    header[0] = SLOT_HEADER;
    memcpy(header + HEADER_AT_MAGIC, magic, sizeof(magic) - 1);
    store_u32(header + HEADER_AT_VERSION, version);
    store_u32(header + HEADER_AT_CHECKSUM, record_checksum(header, HEADER_AT_CHECKSUM));
}

static bool header_is_torn(const uint8_t *bytes, size_t size)
{
    uint8_t whole[SLOT_SIZE];
    header_encode(JOURNAL_VERSION, whole);
    while (size && !bytes[size - 1])
        size--;
    return size < SLOT_SIZE && (!size || memcmp(bytes, whole, size) == 0);
}

enum header_state header_decode(const void *bytes, size_t size)
{
    const uint8_t *header = bytes;
    if (size >= SLOT_SIZE && header[0] == SLOT_HEADER &&
        memcmp(header + HEADER_AT_MAGIC, magic, sizeof(magic) - 1) == 0 &&
        load_u32(header + HEADER_AT_CHECKSUM) == record_checksum(header, HEADER_AT_CHECKSUM)) {
        uint32_t version = load_u32(header + HEADER_AT_VERSION);
        if (version >= JOURNAL_VERSION)
            return version == JOURNAL_VERSION ? HEADER_VALID : HEADER_NEWER;
    }
    return header_is_torn(header, size) ? HEADER_TORN : HEADER_DAMAGED;
}

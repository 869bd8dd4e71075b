/* SPDX-License-Identifier: MIT */
#include "wire/dialect.h"

#include "base/array.h"
#include "base/errors.h"

/* True, with the kind of the message, if the dialect has one of this type and size. */
static bool dialect_has_message(enum dialect dialect, enum machine machine, int32_t type,
                                size_t size, enum message_kind *kind)
{
    return layout_find(dialect, type, kind) && layout_row(*kind)->format->size[machine] == size;
}

/* True if the bytes begin with a header of this machine whose size field equals `size`. */
static bool dialect_has_header(enum machine machine, const uint8_t *bytes, size_t size)
{
    return size >= layout_header_size(machine) && layout_read_header(machine, bytes).size == size;
}

static bool any_dialect_has_message(enum machine machine, const uint8_t *bytes, size_t size)
{
    enum message_kind kind;
    int32_t type = layout_read_header(machine, bytes).type;
    return dialect_has_message(DIALECT_UP_TO_2_6, machine, type, size, &kind) ||
           dialect_has_message(DIALECT_2_7, machine, type, size, &kind);
}

bool dialect_learn_machine(struct message_layout *layout, const uint8_t *bytes, size_t size)
{
    enum machine expected = layout->machine;
    enum machine other = expected == MACHINE_X64 ? MACHINE_X86 : MACHINE_X64;
    if (layout->machine_is_fixed)
        return dialect_has_header(expected, bytes, size);
    bool is_expected = dialect_has_header(expected, bytes, size);
    bool is_other = dialect_has_header(other, bytes, size);
    if (!is_expected && !is_other)
        return false;
    /* Both can match by chance: where x86 has its size field, x64 has 4 bytes of padding with
     * undefined contents, and an x86 sender may choose an id that looks like an x64 size. No type
     * has the same size on both machines, so a valid message is valid for one of them only. */
    if (is_expected && is_other)
        is_expected = any_dialect_has_message(expected, bytes, size) ||
                      !any_dialect_has_message(other, bytes, size);
    layout->machine = is_expected ? expected : other;
    layout->machine_is_fixed = true;
    return true;
}

static bool is_plausible_flush(const struct message *message)
{
    const struct message_flush *flush = &message->flush;
    return (flush->family == FAMILY_IPV4 || flush->family == FAMILY_IPV6) &&
           flush->interface.index != 0;
}

static bool is_plausible_wfp_block(const struct message *message)
{
    const struct message_wfp_block *block = &message->wfp_block;
    return block->flags >= 1 && block->flags <= 3 && block->interface.index != 0;
}

/* The two type numbers that stand for different messages of the same size in the two dialects (on
 * x64 only). Up to 2.6 both messages hold an interface index and a name that is always empty; 2.7
 * has its index where that name is. */
static const struct {
    enum message_kind in_2_7;
    bool (*is_plausible)(const struct message *message);
} ambiguous[] = {
    {MESSAGE_FLUSH_NEIGHBORS, is_plausible_flush},     /* or del_block_dns */
    {MESSAGE_DELETE_WFP_BLOCK, is_plausible_wfp_block} /* or enable_dhcp */
};

static bool looks_like_2_7(enum message_kind in_2_7, enum machine machine, const uint8_t *bytes)
{
    struct message message = {.kind = in_2_7};
    layout_read_fields(layout_row(in_2_7)->format, machine, bytes, &message);
    for (size_t i = 0; i < ARRAY_COUNT(ambiguous); i++)
        if (ambiguous[i].in_2_7 == in_2_7)
            return ambiguous[i].is_plausible(&message);
    return true;
}

/* The error for a message that no possible dialect has: a wrong size or an unknown type. Programs
 * made from 2.4, which had no ring buffers, may have a message of their own under that number: of
 * another size it is unknown. */
static uint32_t dialect_refusal(enum dialect dialect, int32_t type)
{
    enum message_kind kind;
    bool known = dialect == DIALECT_UNKNOWN ? layout_find(DIALECT_2_7, type, &kind) ||
                                                  layout_find(DIALECT_UP_TO_2_6, type, &kind)
                                            : layout_find(dialect, type, &kind);
    return known && kind != MESSAGE_REGISTER_RING_BUFFERS ? ERROR_MESSAGE_DATA : ERROR_MESSAGE_TYPE;
}

/* Without fields nothing in a message confirms that it means what its number stands for. */
static bool has_fields(enum message_kind kind)
{
    return layout_row(kind)->format->field_count > 0;
}

uint32_t dialect_learn_kind(struct message_layout *layout, const uint8_t *bytes, size_t size,
                            enum message_kind *kind)
{
    enum machine machine = layout->machine;
    int32_t type = layout_read_header(machine, bytes).type;
    enum message_kind old_kind, new_kind;
    if (layout->dialect != DIALECT_UNKNOWN)
        return dialect_has_message(layout->dialect, machine, type, size, kind)
                   ? 0
                   : dialect_refusal(layout->dialect, type);

    bool is_old = dialect_has_message(DIALECT_UP_TO_2_6, machine, type, size, &old_kind);
    bool is_new = dialect_has_message(DIALECT_2_7, machine, type, size, &new_kind);
    if (!is_old && !is_new)
        return dialect_refusal(layout->dialect, type);
    if (is_old && is_new) {
        is_new = old_kind == new_kind || looks_like_2_7(new_kind, machine, bytes);
        *kind = is_new ? new_kind : old_kind;
        return 0;
    }
    *kind = is_new ? new_kind : old_kind;
    if (has_fields(*kind))
        layout->dialect = is_new ? DIALECT_2_7 : DIALECT_UP_TO_2_6;
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Any bytes as a journal: it is opened, continued, and opened again.
 *
 * The first byte of the input says how much is corrected before, because hardly any input would
 * pass the checksums. The rest is the file. */
#include "base/bytes.h"
#include "base/errors.h"
#include "fakes/memory/journal_file.h"
#include "tests/fuzz/fuzz.h"
#include "undo/record.h"

enum { RIGHT_HEADER = 1, RIGHT_CHECKSUMS = 2, NEXT_BOOT = 4, LOSE_POWER = 8 };

enum { BOOT = 1, FOUND_MAX = 1024 };

/* Gives each record a valid checksum and last byte, and a sequence number with room for more. */
static void correct_records(uint8_t *file, size_t size)
{
    static uint8_t content[RECORD_SIZE_MAX];
    for (size_t at = SLOT_SIZE; at < size; at += SLOT_SIZE) {
        size_t joined = 0, end = at;
        if (file[at] != SLOT_RECORD || size - at < SLOT_SIZE)
            continue;
        uint32_t claimed = load_u32(file + at + 5);
        file[at + 20] &= 0x3f;
        do {
            size_t piece = size - end < SLOT_SIZE ? size - end : SLOT_SIZE;
            memcpy(content + joined, file + end + 1, piece - 1);
            joined += piece - 1;
            end += SLOT_SIZE;
        } while (end < size && file[end] == SLOT_CONTINUATION && joined < claimed);
        if (claimed <= 8 || claimed > joined)
            continue;
        content[claimed - 1] = 'E';
        file[at + (claimed - 1) / 63 * SLOT_SIZE + 1 + (claimed - 1) % 63] = 'E';
        store_u32(file + at + 1, record_checksum(content + 4, claimed - 4));
    }
}

static struct journal *open_journal(struct fake_file *file, uint64_t boot)
{
    const struct journal_options options = {.file = fake_file_open(file), .boot = boot};
    const size_t size = fake_file_content(file).size;
    struct journal_report report;
    struct journal *journal;
    FUZZ_REQUIRE(journal_open(&options, &journal, &report) == 0);
    FUZZ_REQUIRE(report.size == size && report.damaged + report.torn <= size);
    FUZZ_REQUIRE(journal_size(journal) == fake_file_content(file).size);
    return journal;
}

static uint32_t sum;

/* So that the sanitizer sees every byte that is returned. */
static void read_all(struct bytes bytes)
{
    if (bytes.size)
        sum ^= record_checksum(bytes.at, bytes.size);
}

static bool look_at(void *context, const struct journal_entry *entry)
{
    size_t *seen = context;
    read_all(entry->identity);
    read_all(entry->key);
    read_all(entry->base);
    read_all(entry->ours);
    read_all(entry->other);
    FUZZ_REQUIRE(entry->number);
    FUZZ_REQUIRE(entry->is_of_this_boot || entry->outlives_restart);
    FUZZ_REQUIRE(entry->is_undecided || !entry->other.size);
    ++*seen;
    return true;
}

/* As recovery does: some entries are undone, some fail, some are left. */
static void continue_entries(struct journal *journal, size_t *open)
{
    uint64_t numbers[FOUND_MAX];
    size_t count, looked_at = 0;
    const struct journal_entry *found = journal_found(journal, &count);
    FUZZ_REQUIRE(journal_open_count(journal) == count && count <= FOUND_MAX);
    for (size_t i = 0; i < count; i++) {
        look_at(&looked_at, &found[i]);
        FUZZ_REQUIRE(i == 0 || found[i].number > found[i - 1].number);
        const struct journal_change change = {.kind = found[i].kind,
                                              .outlives_restart = found[i].outlives_restart,
                                              .identity = found[i].identity,
                                              .key = found[i].key,
                                              .base = found[i].base,
                                              .from = found[i].ours,
                                              .to = found[i].base};
        numbers[i] = found[i].number;
        uint32_t error = journal_intend(journal, &change, &numbers[i]);
        FUZZ_REQUIRE(numbers[i] == found[i].number && (!error || error == ERROR_BAD_LENGTH));
    }
    journal_forget_found(journal);
    *open = count;
    for (size_t i = 0; i < count; i++) {
        journal_mark(journal, numbers[i], 1 + (enum journal_outcome)(i % 4), false);
        *open -= i % 4 == 2;
    }
    FUZZ_REQUIRE(journal_open_count(journal) == *open);
    const struct journal_change fresh = {.kind = UINT32_MAX, .key = {"fresh", 5}, .to = {"x", 1}};
    uint64_t entry = 0;
    FUZZ_REQUIRE(journal_intend(journal, &fresh, &entry) == 0 && entry);
    journal_truncate(journal);
}

/* The new entry may be about the resource of an entry that was found. */
static void check_again(struct fake_file *file, uint64_t boot, size_t open)
{
    struct journal *journal = open_journal(file, boot);
    size_t count, visited = 0;
    const struct journal_entry *found = journal_found(journal, &count);
    FUZZ_REQUIRE(count == open || count == open + 1);
    FUZZ_REQUIRE(found[count - 1].key.size == 5 &&
                 memcmp(found[count - 1].key.at, "fresh", 5) == 0);
    const struct bytes content = fake_file_content(file);
    FUZZ_REQUIRE(journal_visit(content.at, content.size, boot, look_at, &visited) == 0);
    FUZZ_REQUIRE(visited == count);
    journal_close(journal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    uint8_t how = input_byte(&input);
    struct fake_file *file = fake_file_create();
    CLEANUP_FREE uint8_t *bytes = malloc(input.left + 1);
    size_t open, visited = 0;
    FUZZ_REQUIRE(bytes);
    memcpy(bytes, input.at, input.left);
    if (how & RIGHT_HEADER && input.left >= SLOT_SIZE)
        header_encode(JOURNAL_VERSION, bytes);
    if (how & RIGHT_CHECKSUMS)
        correct_records(bytes, input.left);
    fake_file_set(file, bytes, input.left);
    journal_visit(bytes, input.left, BOOT, look_at, &visited);

    uint64_t boot = how & NEXT_BOOT ? BOOT + 1 : BOOT;
    struct journal *journal = open_journal(file, boot);
    continue_entries(journal, &open);
    journal_close(journal);
    check_again(file, boot, open);
    if (how & LOSE_POWER) {
        fake_file_lose_power(file, how);
        journal_close(open_journal(file, boot + 1));
    }
    fake_file_destroy(file);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Any bytes as key and state of a resource, as a journal may hold them: what its kind takes for
 * valid can be described, probed, made and unmade.
 *
 * The input: the kind's index, the sizes of the key and of the first state (16 bits each), the key,
 * that state, and another one. */
#include "base/bytes.h"
#include "fakes/memory/machine.h"
#include "resource/kinds.h"
#include "tests/fuzz/fuzz.h"

static const struct bytes absent = {NULL, 0};

/* A copy of its exact size at an odd address, so that the sanitizers see every byte too many. */
struct piece {
    unsigned char *memory;
    struct bytes bytes;
};

static struct piece take_piece(struct input *input, size_t size)
{
    struct piece piece;
    size = size < input->left ? size : input->left;
    piece.memory = malloc(size + 1);
    FUZZ_REQUIRE(piece.memory);
    if (size)
        memcpy(piece.memory + 1, input->at, size);
    input->at += size;
    input->left -= size;
    piece.bytes = (struct bytes){piece.memory + 1, size};
    return piece;
}

static void piece_free(struct piece *piece)
{
    free(piece->memory);
}
#define CLEANUP_PIECE CLEANUP(piece_free)

static size_t take_size(struct input *input)
{
    size_t low = input_byte(input);
    return low | (size_t)input_byte(input) << 8;
}

static void check_description(const struct kind *kind, struct bytes key)
{
    char text[80];
    memset(text, 'x', sizeof(text));
    kind->describe(key, text, sizeof(text));
    FUZZ_REQUIRE(memchr(text, 0, sizeof(text)));
    for (const char *at = text; *at; at++)
        FUZZ_REQUIRE((unsigned char)*at >= 0x20);
}

/* There and back: the machine is as it was. What several steps make (netsh, registry) can't always
 * be a state that no session has made. */
static void check_change(const struct kind *kind, struct network *network, struct bytes key,
                         struct bytes wanted)
{
    CLEANUP_STATE struct state before = {0}, found = {0}, after = {0};
    if (kind->probe(network, key, &before))
        return;
    const struct bytes from = state_bytes(&before);
    FUZZ_REQUIRE(kind->is_valid(key, from));
    if ((!from.size && !wanted.size) || kind->change(network, key, from, wanted))
        return;
    FUZZ_REQUIRE(kind->probe(network, key, &found) == 0);
    FUZZ_REQUIRE(kind->is_valid(key, state_bytes(&found)));
    if (kind->is_in_steps)
        return;
    FUZZ_REQUIRE(wanted.size ? kind->satisfies(state_bytes(&found), wanted) : !found.size);
    if ((!from.size && !found.size) || kind->change(network, key, state_bytes(&found), from))
        return;
    FUZZ_REQUIRE(kind->probe(network, key, &after) == 0);
    FUZZ_REQUIRE(from.size ? kind->satisfies(state_bytes(&after), from) : !after.size);
}

/* A share more and a share less. */
static void check_shares(const struct kind *kind, struct network *network, struct bytes key,
                         struct bytes now, struct bytes share)
{
    CLEANUP_STATE struct state with = {0}, without = {0}, found = {0};
    const struct kind_of_shares *shares = kind->shares;
    const struct bytes others[] = {share};
    if (shares->combine(network, key, now, share, true, NULL, 0, &with) == 0) {
        FUZZ_REQUIRE(kind->is_valid(key, state_bytes(&with)));
        FUZZ_REQUIRE(shares->combine(network, key, state_bytes(&with), share, false, NULL, 0,
                                     &without) == 0);
        FUZZ_REQUIRE(kind->is_valid(key, state_bytes(&without)));
    }
    shares->combine(network, key, now, share, false, others, 1, &without);
    if (shares->find(network, key, share, others, 1, &found) == 0)
        FUZZ_REQUIRE(kind->is_valid(key, state_bytes(&found)));
}

static void use_states(const struct kind *kind, struct fake_machine *machine, struct bytes key,
                       struct bytes first, struct bytes second)
{
    struct network *network = machine_network(machine);
    CLEANUP_STATE struct state found = {0};
    unsigned char identity[KIND_IDENTITY_SIZE];
    size_t size = 0;
    if (kind->identify && kind->identify(network, key, identity, &size) == 0)
        FUZZ_REQUIRE(size && size <= sizeof(identity));
    if (kind->is_away)
        kind->is_away(network, key, (struct bytes){identity, size});
    FUZZ_REQUIRE(!first.size || kind->satisfies(first, first));
    if (kind->probe_interrupted && (first.size || second.size))
        kind->probe_interrupted(network, key, first, second, &found);
    if (kind->shares && first.size && second.size)
        check_shares(kind, network, key, first, second);
    check_change(kind, network, key, first);
    if (first.size || second.size)
        kind->change(network, key, first, second); /* from what may not be there */
    check_change(kind, network, key, second);
}

static struct fake_machine *populated;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    const struct kind *kind = resource_kinds[input_byte(&input) % RESOURCE_KINDS];
    size_t key_size = take_size(&input), first_size = take_size(&input);
    CLEANUP_PIECE struct piece key = take_piece(&input, key_size);
    CLEANUP_PIECE struct piece first = take_piece(&input, first_size);
    CLEANUP_PIECE struct piece second = take_piece(&input, input.left);
    if (!kind->is_valid(key.bytes, absent))
        return 0;
    check_description(kind, key.bytes);
    bool is_valid = kind->is_valid(key.bytes, first.bytes);
    if (!kind->is_valid(key.bytes, second.bytes) || !is_valid)
        return 0;
    if (!populated)
        machine_populate(populated = machine_create());
    struct fake_machine *machine = machine_snapshot(populated);
    use_states(kind, machine, key.bytes, first.bytes, second.bytes);
    machine_destroy(machine);
    return 0;
}

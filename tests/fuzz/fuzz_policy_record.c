/* SPDX-License-Identifier: MIT */
/* Records of the kill switch's policy: what is read is written as the same bytes, and is usable. */
#include "firewall/policy_record.h"
#include "firewall/kill_switch.h"
#include "tests/fuzz/fuzz.h"

static void check_record(const struct policy_record *record)
{
    FUZZ_REQUIRE(record->gateways.count <= GATEWAYS_MAX);
    FUZZ_REQUIRE(record->owner_size <= POLICY_OWNER_SIZE);
    for (size_t i = 0; i < record->gateways.count; i++) {
        const struct gateway *gateway = &record->gateways.items[i];
        FUZZ_REQUIRE(ip_is_valid(&gateway->ip));
        FUZZ_REQUIRE(!gateway->protocol || gateway->port);
    }
}

static void check_plan(const struct policy_record *record)
{
    static struct kill_switch_plan plan;
    const struct kill_switch_policy policy = {
        .is_up = true, .allow_lan = record->allow_lan, .gateways = record->gateways};
    kill_switch_plan_make(&policy, &plan);
    FUZZ_REQUIRE(plan.count <= KILL_SWITCH_FILTERS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy_record record;
    unsigned char bytes[POLICY_RECORD_SIZE];
    if (policy_record_decode(data, size, &record)) {
        check_record(&record);
        check_plan(&record);
        FUZZ_REQUIRE(policy_record_encode(&record, bytes) == size);
        FUZZ_REQUIRE(memcmp(bytes, data, size) == 0);
    } else {
        FUZZ_REQUIRE(!record.owner_size && !record.gateways.count && !record.allow_lan);
    }
    return 0;
}

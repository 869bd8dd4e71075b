/* SPDX-License-Identifier: MIT */
/* The settings of an interface for an IP family. */
#include "fakes/memory/rows.h"

#include "base/errors.h"

/* The smallest MTU that Windows accepts. */
enum { MINIMUM_MTU_4 = 576, MINIMUM_MTU_6 = 1280 };

/* The largest that an adapter's driver can: Windows may take more and keep this. That no document
 * says; tests/hardware asks. */
enum { MAXIMUM_MTU = 9000 };

static uint32_t enter_interface(struct network *self, enum operation operation, uint64_t luid,
                                uint16_t family, struct interface_ip **ip)
{
    struct fake_machine *machine = (struct fake_machine *)self;
    uint32_t error = enter(machine, operation);
    if (error)
        return error;
    if (family != FAMILY_4 && family != FAMILY_6)
        return ERROR_INVALID_PARAMETER;
    struct interface_row *row = find_interface(machine, luid);
    if (!row)
        return ERROR_FILE_NOT_FOUND;
    *ip = &row->ip[family == FAMILY_6];
    return (*ip)->is_absent ? ERROR_NOT_FOUND : 0;
}

static uint32_t machine_get_metric(struct network *self, uint64_t luid, uint16_t family,
                                   struct interface_metric *metric)
{
    struct fake_machine *machine = (struct fake_machine *)self;
    struct interface_ip *ip;
    HOLD(machine);
    uint32_t error = enter_interface(self, GET_METRIC, luid, family, &ip);
    if (!error)
        *metric = ip->metric;
    return error;
}

static uint32_t machine_set_metric(struct network *self, uint64_t luid, uint16_t family,
                                   const struct interface_metric *metric)
{
    struct fake_machine *machine = (struct fake_machine *)self;
    struct interface_ip *ip;
    HOLD(machine);
    uint32_t error = enter_interface(self, SET_METRIC, luid, family, &ip);
    if (!error)
        error = step(machine, SET_METRIC);
    if (error)
        return error;
    ip->metric = *metric;
    if (metric->automatic)
        ip->metric.metric = AUTOMATIC_METRIC;
    return step(machine, SET_METRIC);
}

static uint32_t machine_get_mtu(struct network *self, uint64_t luid, uint16_t family, uint32_t *mtu)
{
    struct fake_machine *machine = (struct fake_machine *)self;
    struct interface_ip *ip;
    HOLD(machine);
    uint32_t error = enter_interface(self, GET_MTU, luid, family, &ip);
    if (!error)
        *mtu = ip->mtu;
    return error;
}

static uint32_t machine_set_mtu(struct network *self, uint64_t luid, uint16_t family, uint32_t mtu)
{
    struct fake_machine *machine = (struct fake_machine *)self;
    struct interface_ip *ip;
    HOLD(machine);
    uint32_t error = enter_interface(self, SET_MTU, luid, family, &ip);
    if (!error && mtu < (family == FAMILY_4 ? MINIMUM_MTU_4 : MINIMUM_MTU_6))
        error = ERROR_INVALID_PARAMETER;
    if (!error)
        error = step(machine, SET_MTU);
    if (error)
        return error;
    ip->mtu = mtu < MAXIMUM_MTU ? mtu : MAXIMUM_MTU;
    return step(machine, SET_MTU);
}

/* This machine has no neighbours to flush. */
static uint32_t machine_flush_neighbors(struct network *self, uint64_t luid, uint16_t family)
{
    struct fake_machine *machine = (struct fake_machine *)self;
    struct interface_ip *ip;
    HOLD(machine);
    uint32_t error = enter_interface(self, FLUSH_NEIGHBORS, luid, family, &ip);
    return error ? error : step(machine, FLUSH_NEIGHBORS);
}

void interface_settings_open(struct network *network)
{
    network->get_metric = machine_get_metric;
    network->set_metric = machine_set_metric;
    network->get_mtu = machine_get_mtu;
    network->set_mtu = machine_set_mtu;
    network->flush_neighbors = machine_flush_neighbors;
}

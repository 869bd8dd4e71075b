/* SPDX-License-Identifier: MIT */
/* firewall_requests.h: what tests ask of the packet filters (control.h). The machine's lock must be
 * held. */
#ifndef FAKES_CONTROL_FIREWALL_REQUESTS_H
#define FAKES_CONTROL_FIREWALL_REQUESTS_H

#include "machine.h"

#include <cJSON.h>

/* Parts of "reset" and "reboot". */
cJSON *firewall_reset(struct machine *machine);
cJSON *firewall_reboot(struct machine *machine, bool with_bfe);

cJSON *firewall_change(struct machine *machine, const cJSON *request);
cJSON *firewall_show(struct machine *machine, const cJSON *request);
cJSON *firewall_verdict(struct machine *machine, const cJSON *request);
cJSON *firewall_flow(struct machine *machine, const cJSON *request);
cJSON *firewall_stop_bfe(struct machine *machine, const cJSON *request);
cJSON *firewall_start_bfe(struct machine *machine, const cJSON *request);
cJSON *firewall_restart_bfe(struct machine *machine, const cJSON *request);
cJSON *firewall_abort_transaction(struct machine *machine, const cJSON *request);

#endif

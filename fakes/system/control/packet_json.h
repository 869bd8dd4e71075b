/* SPDX-License-Identifier: MIT */
/* packet_json.h: packets as tests describe them (control.h, "verdict"). */
#ifndef FAKES_CONTROL_PACKET_JSON_H
#define FAKES_CONTROL_PACKET_JSON_H

#include "packet.h"

#include <cJSON.h>

/* False: that is no packet. The machine's lock must be held. */
bool packet_from_json(struct machine *machine, const cJSON *json, struct wfp_packet *packet);

#endif

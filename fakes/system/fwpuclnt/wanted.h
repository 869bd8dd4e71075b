/* SPDX-License-Identifier: MIT */
/* wanted.h: a filter as the caller of FwpmFilterAdd0() describes it. */
#ifndef FAKES_FWPUCLNT_WANTED_H
#define FAKES_FWPUCLNT_WANTED_H

#include "engine.h"

/* Makes a row of it, as far as that does not need the tables: without session, id and a key of its
 * own. On an error the row has what came before. */
uint32_t take_filter(const FWPM_FILTER0 *wanted, struct wfp_filter *row);

#endif

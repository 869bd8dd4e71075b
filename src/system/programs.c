/* SPDX-License-Identifier: MIT */
#include "system/programs.h"

const struct program_step register_dns_steps[REGISTER_DNS_STEPS] = {
    {PROGRAM_IPCONFIG, u"/flushdns", 600000},
    {PROGRAM_IPCONFIG, u"/registerdns", 600000},
};

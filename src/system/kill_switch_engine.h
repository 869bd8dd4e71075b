/* SPDX-License-Identifier: MIT */
/* kill_switch_engine.h: the kill switch's objects in the filtering platform, which keeps them when
 * this process ends: the interface between the portable core and the Windows Filtering Platform.
 *
 * What the platform has is the truth: nobody remembers it elsewhere. All objects belong to one
 * provider; it has the policy's record with it (firewall/policy_record.h), and where it is, the
 * kill switch is up. win32/ implements this over fwpuclnt, fakes/memory over a list. Every
 * operation returns 0, a Win32 error code, or one of the filtering platform (0x8032....) unchanged:
 *
 *     EPT_S_NOT_REGISTERED   the filtering platform (BFE) does not run
 *     0x80320012             another program has held its lock all the time that there was
 *
 * On an error nothing has changed. */
#ifndef SYSTEM_KILL_SWITCH_ENGINE_H
#define SYSTEM_KILL_SWITCH_ENGINE_H

#include "firewall/kill_switch.h"
#include "firewall/policy_record.h"

enum { KILL_SWITCH_ABOVE_UNITS = 256 };

/* A policy as bytes (firewall/policy_record.h), or what another version has written. */
struct kill_switch_record {
    size_t size;
    unsigned char bytes[POLICY_RECORD_SIZE];
};

enum kill_switch_wish {
    KILL_SWITCH_START, /* a user wants it */
    KILL_SWITCH_KEEP   /* it is up: another program may remove it at any moment */
};

struct kill_switch_found {
    bool is_up;
    bool is_disabled; /* Windows has put it out of force: at its start no service of ours was there
                       */
    struct kill_switch_record record; /* empty: it is longer than any that there is */
};

/* What is there, compared with what should be. */
struct kill_switch_comparison {
    bool is_whole; /* the objects are there and in force, with exactly these filters */
    /* The names of what other programs have put above ours, with ", " between them; empty: nothing.
     * What they permit for good is not blocked by ours. */
    char16_t above[KILL_SWITCH_ABOVE_UNITS];
};

/* The table of operations. `self` is the table, which an implementation embeds as first member.
 * Thread-safe. */
struct kill_switch_engine {
    uint32_t (*read)(struct kill_switch_engine *self, struct kill_switch_found *found);

    uint32_t (*compare)(struct kill_switch_engine *self, const struct kill_switch_plan *plan,
                        struct kill_switch_comparison *comparison);

    /* In one step: removes all objects, other versions' too, and adds those of this plan. With
     * KILL_SWITCH_KEEP only if it is still up; ERROR_NOT_FOUND: it is not. */
    uint32_t (*replace)(struct kill_switch_engine *self, const struct kill_switch_plan *plan,
                        const struct kill_switch_record *record, enum kill_switch_wish wish);

    /* In one step: removes all objects, other versions' too; and has seen that none is left. */
    uint32_t (*remove)(struct kill_switch_engine *self);

    /* Whether openvpn.exe is there. Without it no plan with gateways can be put in force. */
    bool (*has_openvpn)(struct kill_switch_engine *self);
};

#ifdef _WIN32
/* All texts must stay valid. */
struct kill_switch_engine_options {
    struct firewall_owner owner;
    const char16_t *name;                          /* of all objects, for people */
    const char16_t *service;                       /* ours: see kill_switch_engine.c */
    const char16_t *openvpn;                       /* the path of openvpn.exe */
    const char16_t *further[KILL_SWITCH_PROGRAMS]; /* paths; those behind the last one are NULL */
};

/* Returns the implementation for Windows: one object for the process, shared by all threads. The
 * first call sets the options. */
struct kill_switch_engine *
kill_switch_engine_win32(const struct kill_switch_engine_options *options);
#endif

#endif

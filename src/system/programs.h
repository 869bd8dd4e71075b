/* SPDX-License-Identifier: MIT */
/* programs.h: runs the programs of Windows and of the VPN's installation for tasks that have no
 * documented API or registry value, and identifies processes: the interface between the portable
 * core and the system.
 *
 * Arguments are fixed words, numbers and addresses; they never contain text of a client. */
#ifndef SYSTEM_PROGRAMS_H
#define SYSTEM_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>

enum program {
    PROGRAM_NETSH,    /* in the system directory */
    PROGRAM_IPCONFIG, /* likewise */
    PROGRAM_TAPCTL    /* in the folder of the setting bin_dir */
};

enum { PROGRAM_ARGUMENTS = 256 }; /* units of the longest argument text, terminator included */

/* The table of operations. `self` is the table, which an implementation embeds as first member.
 * Thread-safe. */
struct programs {
    /* Runs a program without a shell, a window or inherited handles, and waits for its end. Returns
     * the program's exit code, the error of starting it, or WAIT_TIMEOUT if it was terminated
     * because it ran for longer than `milliseconds`. Writes one log line for each run. */
    uint32_t (*run)(struct programs *self, enum program program, const char16_t *arguments,
                    uint32_t milliseconds);

    /* Runs ipconfig /flushdns and then /registerdns in the background, and returns at once. All
     * calls that are made while they run are answered by one further run. */
    uint32_t (*register_dns)(struct programs *self);

    /* True if the process with this id is an openvpn.exe that runs, or cannot be identified. */
    bool (*is_openvpn)(struct programs *self, uint32_t process_id);
};

/* The steps of register_dns(), for its implementations. */
struct program_step {
    enum program program;
    const char16_t *arguments;
    uint32_t milliseconds;
};
enum { REGISTER_DNS_STEPS = 2 };
extern const struct program_step register_dns_steps[REGISTER_DNS_STEPS];

/* Returns the implementation for Windows: one static object, shared by all threads. tapctl.exe is
 * run from `bin_dir`, and only if no user can change it, unless `trusts_users`; `openvpn` is the
 * path of openvpn.exe. Both texts must stay valid. */
struct programs *programs_win32(const char16_t *bin_dir, const char16_t *openvpn,
                                bool trusts_users);

/* Terminates what runs in the background and waits, at most some seconds, until it has ended. */
void programs_win32_stop(void);

#endif

/* SPDX-License-Identifier: MIT */
/* programs.h: the few programs of Windows and of the VPN's installation that do what Windows
 * documents no API or registry value for, and what the service must know of other processes: the
 * seam between the portable core and the system.
 *
 * Arguments are words and numbers of our own choice; no text of a client ever gets there. */
#ifndef SYSTEM_PROGRAMS_H
#define SYSTEM_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>

enum program {
    PROGRAM_NETSH,    /* of the system directory */
    PROGRAM_IPCONFIG, /* likewise */
    PROGRAM_TAPCTL    /* of the settings' bin_dir */
};

enum { PROGRAM_ARGUMENTS = 256 }; /* units of the longest argument text, terminator included */

/* The table of operations. `self` is the table itself: an implementation embeds it. Thread-safe. */
struct programs {
    /* Runs the program to its end, without a shell, a window, or anything to inherit; what takes
     * longer than `milliseconds` is ended and returns WAIT_TIMEOUT. Otherwise returns the
     * program's exit code, or the error that kept it from running. Each run is a line in the log.
     */
    uint32_t (*run)(struct programs *self, enum program program, const char16_t *arguments,
                    uint32_t milliseconds);

    /* Has ipconfig flush and register, in this order, in the background, and returns at once.
     * However many ask meanwhile, it is done once more at most: it is the same for all. */
    uint32_t (*register_dns)(struct programs *self);

    /* Whether the process with this id is an openvpn.exe. */
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

/* The real one (win32/), for the tapctl.exe of `bin_dir` and processes of the file `openvpn`, both
 * of which must stay where they are. One static object, shared by all threads. */
struct programs *programs_win32(const char16_t *bin_dir, const char16_t *openvpn);

/* Ends what runs in the background, and waits for that. */
void programs_win32_stop(void);

#endif

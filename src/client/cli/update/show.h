/* SPDX-License-Identifier: MIT */
/* show.h: the output of `gatehouse update`: sentences, or with --json one object a line. */
#ifndef CLIENT_UPDATE_SHOW_H
#define CLIENT_UPDATE_SHOW_H

#include "client/cli/report.h"
#include "update/manifest.h"

/* What the server has. `package` is NULL if it is nothing newer. */
void show_release(const struct report *report, const struct update_manifest *manifest,
                  const struct update_package *package, const char16_t *installed);

/* How far a download is: in a window a line that is written over, with --json an object a second.
 */
struct show_progress {
    const struct report *report;
    uint64_t size;  /* bytes */
    uint64_t shown; /* GetTickCount64() */
    bool is_window;
};
struct show_progress show_progress_begin(const struct report *report, uint64_t size);
void show_progress(void *progress, uint64_t done);
void show_progress_end(struct show_progress *progress);

/* The service has the update, and installs it now or later. */
void show_taken(const struct report *report, const char16_t *version, bool is_waiting);

/* The user does not wait for the end of the installation. */
void show_left(const struct report *report);

/* What became of it, with the exit code. A failure is reported as an error. */
enum exit_code show_result(const struct report *report, const struct gatehouse_update *update);

/* The same as one object about all that the service says, or as sentences, for --result. */
enum exit_code show_known(const struct report *report, const struct gatehouse_update *update);

#endif

/* SPDX-License-Identifier: MIT */
/* model.h: the state of a machine's packet filters, in the file firewall.dat next to machine.dat.
 *
 * Sessions, providers, sublayers and filters, as the Base Filtering Engine keeps them: outside the
 * process that adds them. There are two copies of the tables. A transaction changes the copy that
 * is not current, and one store makes it the current one: it is applied completely or not at all,
 * whenever its process dies. Objects of a dynamic session are gone as soon as the session's handle
 * is closed or its process has ended, even if no process is there to remove them. */
#ifndef FAKES_WFP_MODEL_H
#define FAKES_WFP_MODEL_H

#include "machine.h"
#include "names.h"

enum {
    WFP_SESSIONS = 1024,
    WFP_PROVIDERS = 32,
    WFP_SUBLAYERS = 32,
    WFP_FILTERS = 4096,
    WFP_CONDITIONS = 8,
    WFP_NAME_UNITS = 64,
    WFP_BLOB_BYTES = 600 /* the application id of a path of 260 units, and more */
};

/* Every row begins with the session with which it ends; 0: it stays. */
struct wfp_session {
    uint64_t id;
    int64_t owner; /* machine_process_mark() */
    uint32_t dynamic;
    uint32_t zero;
};

struct wfp_provider {
    uint64_t session;
    GUID key;
    uint32_t flags;
    wchar_t name[WFP_NAME_UNITS];
    wchar_t description[WFP_NAME_UNITS];
};

struct wfp_sublayer {
    uint64_t session;
    GUID key;
    GUID provider; /* zero: none */
    uint32_t flags;
    uint32_t weight;
    wchar_t name[WFP_NAME_UNITS];
    wchar_t description[WFP_NAME_UNITS];
};

/* Numbers in host byte order; an IPv4 address is a number. */
struct wfp_condition {
    uint32_t field; /* enum wfp_field */
    uint32_t match; /* FWP_MATCH_TYPE */
    uint32_t type;  /* FWP_DATA_TYPE */
    uint32_t bound; /* of a range: the data type of its ends */
    uint64_t low;   /* the value; the lower end of a range */
    uint64_t high;  /* the upper end of a range; an IPv4 mask or an IPv6 prefix length */
    uint8_t address[16];
    uint32_t blob_offset, blob_size; /* within the filter */
};

struct wfp_filter {
    uint64_t session;
    uint64_t id;
    GUID key;
    GUID provider; /* zero: none */
    GUID sublayer;
    uint32_t layer; /* enum wfp_layer */
    uint32_t flags;
    uint32_t action;
    uint32_t weight_type; /* FWP_EMPTY, FWP_UINT8 or FWP_UINT64 */
    uint64_t weight;
    uint64_t effective_weight;
    uint32_t condition_count;
    uint32_t blob_size;
    struct wfp_condition conditions[WFP_CONDITIONS];
    uint8_t blob[WFP_BLOB_BYTES];
    wchar_t name[WFP_NAME_UNITS];
    wchar_t description[WFP_NAME_UNITS];
};

struct wfp_tables {
    uint64_t last_session, last_filter; /* ids are never reused */
    uint32_t session_count, provider_count, sublayer_count, filter_count;
    struct wfp_session sessions[WFP_SESSIONS];
    struct wfp_provider providers[WFP_PROVIDERS];
    struct wfp_sublayer sublayers[WFP_SUBLAYERS];
    struct wfp_filter filters[WFP_FILTERS];
};

struct wfp_image {
    uint64_t magic;
    int64_t opening; /* the lock of a populating process */
    int64_t writer;  /* the lock of the process with a transaction */
    int64_t access;  /* the lock of readers, and of the committing store */
    int32_t current;
    int32_t zero;
    struct wfp_tables tables[2];
};

struct wfp {
    struct machine *machine; /* whose faults apply to a commit */
    struct wfp_image *image;
};

/* Maps the filters of the machine's folder, populating them when they are new. */
uint32_t wfp_open(struct wfp *wfp, struct machine *machine);
void wfp_close(struct wfp *wfp);

/* Resets the filters to those of another program, without those of any session. Sessions stay. */
void wfp_populate(struct wfp *wfp);
/* Restarts the filtering platform (BFE), as a reboot of the machine does: only persistent objects
 * are left, and no session. */
void wfp_reboot(struct wfp *wfp);

/* The current tables, until wfp_read_end(). Rows of dead sessions may still be there. */
const struct wfp_tables *wfp_read(struct wfp *wfp);
void wfp_read_end(struct wfp *wfp);

/* Tables to change, without rows of dead sessions; NULL when another process holds them for longer
 * than that. Until wfp_commit() or wfp_abort() no other process can change them. */
struct wfp_tables *wfp_begin(struct wfp *wfp, uint32_t milliseconds);
void wfp_commit(struct wfp *wfp);
void wfp_abort(struct wfp *wfp);

/* Whether the session's objects still exist; true for 0. */
bool wfp_session_exists(const struct wfp_tables *tables, uint64_t session);
/* Removes the session with all its objects. */
void wfp_remove_session(struct wfp_tables *tables, uint64_t session);

/* NULL when there is none, or its session has ended. */
const struct wfp_provider *wfp_provider(const struct wfp_tables *tables, const GUID *key);
const struct wfp_sublayer *wfp_sublayer(const struct wfp_tables *tables, const GUID *key);
/* By id, or by key when the id is 0. */
const struct wfp_filter *wfp_filter(const struct wfp_tables *tables, uint64_t id, const GUID *key);

/* The name of a program in a condition: \device\harddiskvolume3\folder\program.exe in lower case.
 * Returns the number of units without the terminator, or 0 when it is too long. The file need not
 * exist. */
enum { WFP_APP_ID_UNITS = WFP_BLOB_BYTES / 2 };
size_t wfp_app_id(const wchar_t *path, wchar_t id[WFP_APP_ID_UNITS]);

#endif

/* SPDX-License-Identifier: MIT */
/* model.h: the state of a machine's packet filters, in the file firewall.dat next to machine.dat.
 *
 * Sessions, providers, sublayers and filters, as the Base Filtering Engine (BFE) keeps them:
 * outside the process that adds them. There are two copies of the tables. A transaction changes the
 * copy that is not current, and one store makes it the current one: it is applied completely or not
 * at all, whenever its process dies. Objects of a dynamic session are gone as soon as the session's
 * handle is closed or its process has ended, even if no process is there to remove them.
 *
 * Lifetimes (Microsoft, "Object Management" and "WFP Operation"): dynamic objects end with their
 * session, static ones with BFE; persistent ones stay until they are deleted, and so do filters for
 * the boot, which count from the start of TCP/IP until BFE runs and never else. When BFE starts,
 * persistent objects of a provider that names a Windows service are disabled unless that starts
 * automatically. */
#ifndef FAKES_WFP_MODEL_H
#define FAKES_WFP_MODEL_H

#include "packet.h"

enum {
    WFP_SESSIONS = 1024,
    WFP_PROVIDERS = 32,
    WFP_SUBLAYERS = 32,
    WFP_FILTERS = 4096,
    WFP_CONDITIONS = 24,
    WFP_NAME_UNITS = 128,
    WFP_SERVICE_UNITS = 257,
    WFP_BLOB_BYTES = 4096, /* of a filter: the application ids of its programs */
    WFP_PROVIDER_BYTES = 16384,
    WFP_FLOWS = 32
};

/* Flags of the rows, which the Windows SDK's fwpmtypes.h has and MinGW's has not. */
enum {
    WFP_PERSISTENT = 0x1, /* of filters, sublayers and providers alike */
    WFP_FILTER_BOOTTIME = 0x2,
    WFP_FILTER_HAS_PROVIDER_CONTEXT = 0x4,
    WFP_FILTER_CLEAR_ACTION_RIGHT = 0x8,
    WFP_FILTER_PERMIT_IF_CALLOUT_UNREGISTERED = 0x10,
    WFP_FILTER_DISABLED = 0x20,
    WFP_FILTER_INDEXED = 0x40,
    WFP_PROVIDER_DISABLED = 0x10
};

/* What of the machine runs, as far as filters depend on it. */
enum wfp_phase {
    WFP_BOOT,    /* TCP/IP has started, BFE not yet */
    WFP_STOPPED, /* BFE has been stopped */
    WFP_RUNNING
};

/* Every row begins with the session with which it ends; 0: it stays. */
struct wfp_session {
    uint64_t id;
    int64_t owner; /* machine_process_mark() */
    uint32_t dynamic;
    uint32_t wait_milliseconds;
    GUID key;
    wchar_t name[WFP_NAME_UNITS];
    wchar_t description[WFP_NAME_UNITS];
};

struct wfp_provider {
    uint64_t session;
    GUID key;
    uint32_t flags;
    uint32_t data_size;
    wchar_t name[WFP_NAME_UNITS];
    wchar_t description[WFP_NAME_UNITS];
    wchar_t service[WFP_SERVICE_UNITS]; /* empty: none */
    uint8_t data[WFP_PROVIDER_BYTES];
};

struct wfp_sublayer {
    uint64_t session;
    GUID key;
    GUID provider; /* zero: none */
    uint32_t flags;
    uint32_t weight; /* of no other sublayer */
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
    uint32_t phase; /* enum wfp_phase */
    uint32_t zero;
    uint64_t last_session, last_filter; /* ids are never reused */
    uint32_t session_count, provider_count, sublayer_count, filter_count;
    struct wfp_session sessions[WFP_SESSIONS];
    struct wfp_provider providers[WFP_PROVIDERS];
    struct wfp_sublayer sublayers[WFP_SUBLAYERS];
    struct wfp_filter filters[WFP_FILTERS];
};

/* See flows.h. */
struct wfp_flow {
    char name[32]; /* empty: no flow */
    uint64_t policy;
    uint32_t passes;
    uint32_t zero;
    struct wfp_packet packet; /* the first one */
};

struct wfp_image {
    uint64_t magic;
    int64_t opening; /* the lock of a populating process */
    int64_t writer;  /* the lock of the process with a transaction */
    int64_t step;    /* the lock of a call in a transaction, and of what aborts transactions */
    int64_t access;  /* the lock of readers, and of the committing store */
    int32_t current;
    int32_t aborts; /* how often an open transaction has been aborted, if there was one */
    struct wfp_flow flows[WFP_FLOWS];
    struct wfp_tables tables[2];
};

struct wfp {
    struct machine *machine; /* whose faults apply to a commit */
    struct wfp_image *image;
};

/* Maps the filters of the machine's folder, populating them when they are new. */
uint32_t wfp_open(struct wfp *wfp, struct machine *machine);
void wfp_close(struct wfp *wfp);

/* Resets the filters to those of another program, without those of any session. Sessions stay. BFE
 * runs. */
void wfp_populate(struct wfp *wfp);

/* BFE ends, alone or with the machine: what is open is aborted, and only persistent objects and
 * filters for the boot are left, and no session. `phase` is what begins: WFP_STOPPED or
 * WFP_BOOT. */
void wfp_stop(struct wfp *wfp, enum wfp_phase phase);
/* BFE starts. `is_automatic` tells whether Windows starts the service of that name by itself. */
void wfp_start(struct wfp *wfp, bool (*is_automatic)(const wchar_t *service));
/* Aborts the open transaction, if there is one, as BFE does after an hour. */
void wfp_abort_open(struct wfp *wfp);

/* The current tables, until wfp_read_end(). Rows of dead sessions may still be there. */
const struct wfp_tables *wfp_read(struct wfp *wfp);
void wfp_read_end(struct wfp *wfp);

/* An open transaction. No other process can change the tables until it is committed or aborted,
 * here or, whatever its owner does, by BFE's end. */
struct wfp_transaction {
    struct wfp_tables *tables; /* to change; without rows of dead sessions */
    int32_t aborts;            /* those before it */
};

/* False: another process holds the tables for longer than that. */
bool wfp_begin(struct wfp *wfp, uint32_t milliseconds, struct wfp_transaction *transaction);
/* The tables may be used from here to wfp_step_end(), which may not take long. False: it has been
 * aborted, and there is nothing to end. */
bool wfp_step(struct wfp *wfp, const struct wfp_transaction *transaction);
void wfp_step_end(struct wfp *wfp);
/* False: it had been aborted before, and nothing has changed. */
bool wfp_commit(struct wfp *wfp, const struct wfp_transaction *transaction);
void wfp_abort(struct wfp *wfp, const struct wfp_transaction *transaction);

/* Adds a session, also while another one has a transaction open, and sets the row's id.
 * EPT_S_NOT_REGISTERED: BFE does not run. ERROR_NOT_ENOUGH_MEMORY: there are too many. */
uint32_t wfp_open_session(struct wfp *wfp, struct wfp_session *row);
/* Removes one that has no objects and no transaction, likewise. */
void wfp_close_session(struct wfp *wfp, uint64_t id);

/* Whether the session's objects still exist; true for 0. */
bool wfp_session_exists(const struct wfp_tables *tables, uint64_t session);
/* The same for a session of this process, which lives: takes no time. */
bool wfp_session_is_known(const struct wfp_tables *tables, uint64_t session);
/* Removes the session with all its objects. */
void wfp_remove_session(struct wfp_tables *tables, uint64_t session);

/* NULL when there is none, or its session has ended. */
const struct wfp_provider *wfp_provider(const struct wfp_tables *tables, const GUID *key);
const struct wfp_sublayer *wfp_sublayer(const struct wfp_tables *tables, const GUID *key);
/* By id, or by key when the id is 0. */
const struct wfp_filter *wfp_filter(const struct wfp_tables *tables, uint64_t id, const GUID *key);

/* Whether the filter counts in the tables' phase; false in WFP_STOPPED, about which nothing is
 * documented. */
bool wfp_filter_is_in_force(const struct wfp_tables *tables, const struct wfp_filter *filter);

/* The name of a program in a condition: \device\harddiskvolume3\folder\program.exe in lower case.
 * Returns the number of units without the terminator, or 0 when it is too long. The file need not
 * exist. */
size_t wfp_app_id(const wchar_t *path, wchar_t id[WFP_APP_ID_UNITS]);

#endif

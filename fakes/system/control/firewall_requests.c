/* SPDX-License-Identifier: MIT */
#include "firewall_requests.h"

#include "firewall_edit.h"
#include "firewall_json.h"
#include "flows.h"
#include "packet_json.h"

#include <stdio.h>
#include <string.h>

static cJSON *refuse(const char *why)
{
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "error", why);
    return answer;
}

/* Answers a request with the filters open. */
typedef cJSON *answer_function(struct wfp *wfp, const cJSON *request);

static cJSON *with_firewall(struct machine *machine, const cJSON *request, answer_function *answer)
{
    struct wfp wfp;
    cJSON *result =
        wfp_open(&wfp, machine) ? refuse("firewall.dat can't be opened") : answer(&wfp, request);
    wfp_close(&wfp);
    return result;
}

/* ---- what happens to BFE ---- */

/* In the registry, where the service control manager keeps it. */
static bool starts_by_itself(const wchar_t *service)
{
    wchar_t key[64 + WFP_SERVICE_UNITS];
    DWORD start = 0, deleted = 0, size = sizeof(start);
    _snwprintf(key, ARRAYSIZE(key), L"SYSTEM\\CurrentControlSet\\Services\\%ls", service);
    if (RegGetValueW(HKEY_LOCAL_MACHINE, key, L"Start", RRF_RT_REG_DWORD, NULL, &start, &size))
        return false;
    size = sizeof(deleted);
    RegGetValueW(HKEY_LOCAL_MACHINE, key, L"DeleteFlag", RRF_RT_REG_DWORD, NULL, &deleted, &size);
    return start == SERVICE_AUTO_START && !deleted;
}

static void stop(struct wfp *wfp, enum wfp_phase phase)
{
    struct machine_image *image = wfp->machine->image;
    wfp_stop(wfp, phase);
    image->engine_is_stopped = 1;
    InterlockedIncrement((volatile LONG *)&image->engine_stops);
}

static void start(struct wfp *wfp)
{
    wfp_start(wfp, starts_by_itself);
    wfp->machine->image->engine_is_stopped = 0;
}

static cJSON *reset(struct wfp *wfp, const cJSON *request)
{
    (void)request;
    wfp_flows_end(wfp);
    wfp_populate(wfp);
    return cJSON_CreateObject();
}

cJSON *firewall_reset(struct machine *machine)
{
    return with_firewall(machine, NULL, reset);
}

static cJSON *reboot(struct wfp *wfp, const cJSON *request)
{
    (void)request;
    wfp_flows_end(wfp);
    stop(wfp, WFP_BOOT);
    return cJSON_CreateObject();
}

cJSON *firewall_reboot(struct machine *machine, bool with_bfe)
{
    cJSON *answer = with_firewall(machine, NULL, reboot);
    if (answer->child || !with_bfe)
        return answer;
    cJSON_Delete(answer);
    return firewall_start_bfe(machine, NULL);
}

static cJSON *stop_bfe(struct wfp *wfp, const cJSON *request)
{
    (void)request;
    if (wfp->machine->image->engine_is_stopped)
        return refuse("BFE does not run");
    stop(wfp, WFP_STOPPED);
    return cJSON_CreateObject();
}

cJSON *firewall_stop_bfe(struct machine *machine, const cJSON *request)
{
    return with_firewall(machine, request, stop_bfe);
}

static cJSON *start_bfe(struct wfp *wfp, const cJSON *request)
{
    (void)request;
    if (!wfp->machine->image->engine_is_stopped)
        return refuse("BFE runs");
    start(wfp);
    return cJSON_CreateObject();
}

cJSON *firewall_start_bfe(struct machine *machine, const cJSON *request)
{
    return with_firewall(machine, request, start_bfe);
}

static cJSON *restart_bfe(struct wfp *wfp, const cJSON *request)
{
    (void)request;
    stop(wfp, WFP_STOPPED);
    start(wfp);
    return cJSON_CreateObject();
}

cJSON *firewall_restart_bfe(struct machine *machine, const cJSON *request)
{
    return with_firewall(machine, request, restart_bfe);
}

static cJSON *abort_transaction(struct wfp *wfp, const cJSON *request)
{
    (void)request;
    wfp_abort_open(wfp);
    return cJSON_CreateObject();
}

cJSON *firewall_abort_transaction(struct machine *machine, const cJSON *request)
{
    return with_firewall(machine, request, abort_transaction);
}

static cJSON *edit(struct wfp *wfp, const cJSON *request)
{
    return firewall_edit_as_other(wfp, request) ? cJSON_CreateObject() : refuse("cannot be done");
}

cJSON *firewall_change(struct machine *machine, const cJSON *request)
{
    return with_firewall(machine, request, edit);
}

static cJSON *show(struct wfp *wfp, const cJSON *request)
{
    (void)request;
    return firewall_to_json(wfp);
}

cJSON *firewall_show(struct machine *machine, const cJSON *request)
{
    return with_firewall(machine, request, show);
}

/* ---- verdicts ---- */

static cJSON *answer_verdict(const struct wfp_tables *tables, const struct wfp_verdict *verdict)
{
    if (verdict->opponent)
        return refuse("tie: two filters of the same weight disagree");
    cJSON *answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "action", verdict->permitted ? "permit" : "block");
    cJSON_AddItemToObject(answer, "filter",
                          verdict->filter ? firewall_filter_to_json(tables, verdict->filter)
                                          : cJSON_CreateNull());
    return answer;
}

typedef cJSON *judge_function(struct wfp *wfp, const struct wfp_tables *tables,
                              const cJSON *request);

static cJSON *with_tables(struct wfp *wfp, judge_function *judge, const cJSON *request)
{
    const struct wfp_tables *tables = wfp_read(wfp);
    cJSON *answer = tables->phase == WFP_STOPPED
                        ? refuse("BFE is stopped: which filters count then is not documented")
                        : judge(wfp, tables, request);
    wfp_read_end(wfp);
    return answer;
}

static cJSON *judge_packet(struct wfp *wfp, const struct wfp_tables *tables, const cJSON *request)
{
    struct wfp_packet packet;
    if (!packet_from_json(wfp->machine, request, &packet))
        return refuse("bad packet");
    const struct wfp_verdict verdict = wfp_decide(tables, &packet);
    return answer_verdict(tables, &verdict);
}

static cJSON *answer_packet(struct wfp *wfp, const cJSON *request)
{
    return with_tables(wfp, judge_packet, request);
}

cJSON *firewall_verdict(struct machine *machine, const cJSON *request)
{
    return with_firewall(machine, request, answer_packet);
}

static cJSON *judge_first(struct wfp *wfp, const struct wfp_tables *tables, const cJSON *request,
                          const char *name)
{
    struct wfp_packet packet;
    struct wfp_verdict verdict;
    if (!packet_from_json(wfp->machine, request, &packet))
        return refuse("bad packet");
    return wfp_flow_open(wfp, tables, name, &packet, &verdict) ? answer_verdict(tables, &verdict)
                                                               : refuse("too many flows");
}

static cJSON *judge_next(struct wfp *wfp, const struct wfp_tables *tables, const char *name)
{
    struct wfp_verdict verdict;
    bool is_judged_again;
    if (!wfp_flow_packet(wfp, tables, name, &verdict, &is_judged_again))
        return refuse("no such flow");
    cJSON *answer = answer_verdict(tables, &verdict);
    cJSON_AddBoolToObject(answer, "judged_again", is_judged_again);
    return answer;
}

static cJSON *judge_flow(struct wfp *wfp, const struct wfp_tables *tables, const cJSON *request)
{
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(request, "name"));
    if (!name)
        return refuse("a flow needs a name");
    return cJSON_HasObjectItem(request, "interface") ? judge_first(wfp, tables, request, name)
                                                     : judge_next(wfp, tables, name);
}

static cJSON *answer_flow(struct wfp *wfp, const cJSON *request)
{
    return with_tables(wfp, judge_flow, request);
}

cJSON *firewall_flow(struct machine *machine, const cJSON *request)
{
    return with_firewall(machine, request, answer_flow);
}

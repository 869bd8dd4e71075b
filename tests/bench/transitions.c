/* SPDX-License-Identifier: MIT */
/* bench-transitions.exe <control pipe> <openvpn.exe>: changes of the kill switch with 64 gateways
 * and two tunnels, and the least that such a change could be.
 *
 * A command is a line on stdin, its answer a line on stdout, or "error <number> <function>" when it
 * fails. The program ends with its stdin.
 *
 * "replace <n>" changes n times from these filters to the same, by the code of the service
 * (kill_switch_engine.h), but under names of its own: "ok", how many filters they are, and the
 * microseconds of each change. None is left.
 *
 * "bare <n>" makes n transactions, each of which deletes the filters, sublayer and provider that
 * the one before has added, by their keys, and adds the same ones again: likewise, from the
 * beginning to the end of each transaction. The session is open before.
 *
 * "ask <n>" asks the service n times to start the kill switch with these gateways: "ok", 0 and the
 * microseconds from each request to its reply. "stop" asks it to stop: "ok" and 0. */
#include "base/array.h"
#include "base/text.h"
#include "system/kill_switch_engine.h"
#include "system/win32/wfp_session.h"

#include <stdio.h>

enum { MOST = 1000, TUNNELS = 2, REQUEST_UNITS = 4096, REPLY_UNITS = 32768 };

static struct {
    const wchar_t *pipe, *openvpn;
    const char *function; /* that failed */
    double microseconds[MOST];
    struct gateways gateways;
    struct kill_switch_plan plan;
    struct kill_switch_record record;
    struct wfp_programs programs;
    HANDLE engine;
    GUID provider, sublayer, filters[KILL_SWITCH_FILTERS];
} bench;

static uint32_t failed(const char *function, uint32_t error)
{
    bench.function = function;
    return error;
}

static double now(void)
{
    static LARGE_INTEGER frequency;
    LARGE_INTEGER ticks;
    if (!frequency.QuadPart)
        QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&ticks);
    return (double)ticks.QuadPart * 1e6 / (double)frequency.QuadPart;
}

/* Half of them of each family. */
static void make_gateways(void)
{
    while (bench.gateways.count < GATEWAYS_MAX) {
        const size_t nth = bench.gateways.count;
        struct gateway gateway = {.port = 1194, .protocol = PROTOCOL_UDP};
        if (nth % 2)
            gateway.ip = (struct ip){FAMILY_IPV6, {0x20, 0x01, 0x0D, 0xB8, [15] = (uint8_t)nth}};
        else
            gateway.ip = (struct ip){FAMILY_IPV4, {198, 51, 100, (uint8_t)(nth + 1)}};
        bench.gateways.items[bench.gateways.count++] = gateway;
    }
}

/* ---- asking the service ---- */

static uint32_t open_control(HANDLE *pipe)
{
    DWORD mode = PIPE_READMODE_MESSAGE;
    do
        *pipe =
            CreateFileW(bench.pipe, GENERIC_READ | FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES, 0, NULL,
                        OPEN_EXISTING, SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, NULL);
    while (*pipe == INVALID_HANDLE_VALUE && GetLastError() == ERROR_PIPE_BUSY &&
           WaitNamedPipeW(bench.pipe, 5000));
    if (*pipe == INVALID_HANDLE_VALUE)
        return failed("CreateFile", GetLastError());
    return SetNamedPipeHandleState(*pipe, &mode, NULL, NULL)
               ? 0
               : failed("SetPipeState", GetLastError());
}

/* A reply begins with its code, "0x00000000" in UTF-16. */
static uint32_t exchange(HANDLE pipe, const struct text *request)
{
    static wchar_t reply[REPLY_UNITS + 1];
    DWORD size;
    if (!WriteFile(pipe, request->units, (DWORD)(request->length * sizeof(*request->units)), &size,
                   NULL) ||
        !ReadFile(pipe, reply, REPLY_UNITS * sizeof(*reply), &size, NULL))
        return failed("request", GetLastError());
    reply[size / sizeof(*reply)] = 0;
    const unsigned long code = wcstoul(reply, NULL, 16);
    return code ? failed("firewall", code) : 0;
}

/* Words of a request end with a zero. */
static void append_word(struct text *request, const char16_t *word)
{
    text_append(request, word);
    text_append_unit(request, 0);
}

static void append_gateways(struct text *request)
{
    for (size_t i = 0; i < bench.gateways.count; i++) {
        gateway_append(request, &bench.gateways.items[i]);
        text_append_unit(request, 0);
    }
}

static uint32_t ask_to_start(HANDLE pipe, unsigned count)
{
    static char16_t units[REQUEST_UNITS];
    struct text request = TEXT_ON(units);
    uint32_t error = 0;
    append_word(&request, u"firewall");
    append_word(&request, u"start");
    append_gateways(&request);
    for (unsigned i = 0; i < count && !error; i++) {
        const double began = now();
        error = exchange(pipe, &request);
        bench.microseconds[i] = now() - began;
    }
    return error;
}

static uint32_t ask_to_stop(HANDLE pipe)
{
    char16_t units[32];
    struct text request = TEXT_ON(units);
    append_word(&request, u"firewall");
    append_word(&request, u"stop");
    return exchange(pipe, &request);
}

/* ---- by the service's code ---- */

static void make_plan(void)
{
    const struct policy_record record = {.gateways = bench.gateways};
    const struct kill_switch_policy policy = {
        .is_up = true,
        .gateways = bench.gateways,
        .tunnel_count = TUNNELS,
        .tunnels = {0x0035000000000000, 0x0035000001000000},
    };
    kill_switch_plan_make(&policy, &bench.plan);
    bench.record.size = policy_record_encode(&record, bench.record.bytes);
}

static uint32_t replace(unsigned count)
{
    const struct kill_switch_engine_options options = {
        .owner = {.space = {{0xBE, 1}}, .instance = u""},
        .name = u"bench",
        .service = u"bench",
        .openvpn = bench.openvpn,
    };
    struct kill_switch_engine *engine = kill_switch_engine_win32(&options);
    uint32_t error = engine->replace(engine, &bench.plan, &bench.record, KILL_SWITCH_START);
    for (unsigned i = 0; i < count && !error; i++) {
        const double began = now();
        error = engine->replace(engine, &bench.plan, &bench.record, KILL_SWITCH_START);
        bench.microseconds[i] = now() - began;
    }
    if (!error)
        error = engine->remove(engine);
    return error ? failed("replace", error) : 0;
}

/* ---- the bare one ---- */

static GUID bare_key(enum filter_role role, uint32_t index)
{
    const struct firewall_owner owner = {.space = {{0xBE, 2}}, .instance = u""};
    const struct uuid uuid = role_key(&owner, role, index);
    GUID guid;
    memcpy(&guid, uuid.bytes, sizeof(guid));
    return guid;
}

static uint32_t prepare_bare(void)
{
    char16_t svchost[MAX_PATH + 16];
    bench.provider = bare_key(ROLE_PROVIDER, 0);
    bench.sublayer = bare_key(ROLE_SUBLAYER, 0);
    for (size_t i = 0; i < bench.plan.count; i++)
        bench.filters[i] = bare_key(bench.plan.filters[i].role, bench.plan.filters[i].index);
    const UINT length = GetSystemDirectoryW(svchost, MAX_PATH);
    wcscpy(svchost + length, L"\\svchost.exe");
    uint32_t error = wfp_programs_find(&bench.programs, PROGRAM_SVCHOST, svchost);
    if (!error)
        error = wfp_programs_find(&bench.programs, PROGRAM_OPENVPN, bench.openvpn);
    return error ? failed("FwpmGetAppIdFromFileName0", error) : 0;
}

static uint32_t remove_all(void)
{
    uint32_t error = 0;
    for (size_t i = 0; i < bench.plan.count && !error; i++)
        error = FwpmFilterDeleteByKey0(bench.engine, &bench.filters[i]);
    if (!error)
        error = FwpmSubLayerDeleteByKey0(bench.engine, &bench.sublayer);
    if (!error)
        error = FwpmProviderDeleteByKey0(bench.engine, &bench.provider);
    return error ? failed("FwpmFilterDeleteByKey0", error) : 0;
}

static uint32_t add_filter(const struct kill_switch_filter *filter, const GUID *key)
{
    static const UINT32 flags[FILTER_LIFETIMES] = {
        [FILTER_PERSISTENT] = FWPM_FILTER_FLAG_PERSISTENT,
        [FILTER_BOOT] = FWPM_FILTER_FLAG_BOOTTIME,
    };
    const struct wfp_place place = {
        .key = *key,
        .provider = &bench.provider,
        .sublayer = bench.sublayer,
        .flags = flags[filter->lifetime],
        .name = L"bench",
    };
    return wfp_filter_add(bench.engine, &filter->filter, &place, &bench.programs, NULL);
}

static uint32_t add_all(void)
{
    const FWPM_PROVIDER0 provider = {
        .providerKey = bench.provider,
        .displayData.name = (wchar_t *)L"bench",
        .flags = FWPM_PROVIDER_FLAG_PERSISTENT,
        .providerData = {.size = (UINT32)bench.record.size, .data = bench.record.bytes},
    };
    const FWPM_SUBLAYER0 sublayer = {
        .subLayerKey = bench.sublayer,
        .displayData.name = (wchar_t *)L"bench",
        .flags = FWPM_SUBLAYER_FLAG_PERSISTENT,
        .providerKey = &bench.provider,
        .weight = 0xFFF0,
    };
    uint32_t error = FwpmProviderAdd0(bench.engine, &provider, NULL);
    if (!error)
        error = FwpmSubLayerAdd0(bench.engine, &sublayer, NULL);
    for (size_t i = 0; i < bench.plan.count && !error; i++)
        error = add_filter(&bench.plan.filters[i], &bench.filters[i]);
    return error ? failed("FwpmFilterAdd0", error) : 0;
}

/* One transaction; what is not asked for is left out. */
static uint32_t transact(bool removes, bool adds)
{
    uint32_t error = FwpmTransactionBegin0(bench.engine, 0);
    if (error)
        return failed("FwpmTransactionBegin0", error);
    if (removes)
        error = remove_all();
    if (!error && adds)
        error = add_all();
    if (error) {
        FwpmTransactionAbort0(bench.engine);
        return error;
    }
    error = FwpmTransactionCommit0(bench.engine);
    return error ? failed("FwpmTransactionCommit0", error) : 0;
}

static uint32_t replace_often(unsigned count)
{
    uint32_t error = transact(false, true);
    for (unsigned i = 0; i < count && !error; i++) {
        const double began = now();
        error = transact(true, true);
        bench.microseconds[i] = now() - began;
    }
    return error ? error : transact(true, false);
}

static uint32_t bare(unsigned count)
{
    uint32_t error = bench.programs.ids[PROGRAM_OPENVPN] ? 0 : prepare_bare();
    if (!error)
        error = wfp_open(L"bench", 0, 0, &bench.engine);
    if (error)
        return error;
    error = replace_often(count);
    wfp_close(&bench.engine);
    return error;
}

/* ---- commands ---- */

static uint32_t ask(unsigned count)
{
    HANDLE pipe;
    uint32_t error = open_control(&pipe);
    if (!error)
        error = count ? ask_to_start(pipe, count) : ask_to_stop(pipe);
    if (pipe != INVALID_HANDLE_VALUE)
        CloseHandle(pipe);
    return error;
}

static const struct {
    const char *name;
    uint32_t (*run)(unsigned count);
    bool has_filters; /* of its own */
} commands[] = {
    {"replace", replace, true},
    {"bare", bare, true},
    {"ask", ask, false},
    {"stop", ask, false},
};

static void obey(const char *line)
{
    char name[16];
    unsigned count = 0;
    size_t at = 0;
    const int read = sscanf(line, "%15s %u", name, &count);
    while (at < ARRAY_COUNT(commands) && (read < 1 || strcmp(commands[at].name, name) != 0))
        at++;
    uint32_t error = at < ARRAY_COUNT(commands) && count <= MOST
                         ? commands[at].run(count)
                         : failed("command", ERROR_INVALID_PARAMETER);
    if (error) {
        printf("error %lu %s\n", (unsigned long)error, bench.function);
    } else {
        printf("ok %u", commands[at].has_filters ? (unsigned)bench.plan.count : 0);
        for (unsigned i = 0; i < count; i++)
            printf(" %.1f", bench.microseconds[i]);
        printf("\n");
    }
    fflush(stdout);
}

int wmain(int count, wchar_t **arguments);

int wmain(int count, wchar_t **arguments)
{
    char line[64];
    if (count != 3)
        return 1;
    bench.pipe = arguments[1];
    bench.openvpn = arguments[2];
    make_gateways();
    make_plan();
    while (fgets(line, sizeof(line), stdin))
        obey(line);
    return 0;
}

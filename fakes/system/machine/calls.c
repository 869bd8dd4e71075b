/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include <string.h>

static const struct {
    const char *name;
    enum call_group group;
} calls[] = {
#define CALL(name, group) [CALL_##name] = {#name, group},
    CALLS(CALL)
#undef CALL
};

static const char *const groups[CALL_GROUP_COUNT] = {
    [GROUP_NETWORK] = "network",   [GROUP_QUERY] = "query",       [GROUP_PIPES] = "pipes",
    [GROUP_IDENTITY] = "identity", [GROUP_FILES] = "files",       [GROUP_PROCESS] = "process",
    [GROUP_SERVICE] = "service",   [GROUP_REGISTRY] = "registry", [GROUP_DNS] = "dns",
    [GROUP_PROGRAMS] = "programs", [GROUP_FIREWALL] = "firewall", [GROUP_WRITES] = "writes",
    [GROUP_UNKNOWN] = "unknown",
};

const char *call_name(enum call call)
{
    return calls[call].name;
}

enum call_group call_group(enum call call)
{
    return calls[call].group;
}

enum call call_by_name(const char *name)
{
    enum call call = 0;
    while (call < CALL_COUNT && strcmp(calls[call].name, name) != 0)
        call++;
    return call;
}

enum call_group call_group_by_name(const char *name)
{
    enum call_group group = 0;
    while (group < CALL_GROUP_COUNT && strcmp(groups[group], name) != 0)
        group++;
    return group;
}

/* SPDX-License-Identifier: MIT */
#include "service/stack.h"

#include <windows.h>

/* Windows commits a stack from the top downwards, as it is used; below are a guard page and what is
 * only reserved. Wine commits all of it at the start of the thread. */
static ULONG_PTR lowest_committed(ULONG_PTR low, ULONG_PTR high)
{
    MEMORY_BASIC_INFORMATION region;
    while (low < high && VirtualQuery((const void *)low, &region, sizeof(region)) &&
           (region.State != MEM_COMMIT || region.Protect != PAGE_READWRITE))
        low = (ULONG_PTR)region.BaseAddress + region.RegionSize;
    return low;
}

/* Up to a little below this frame nothing is there but what calls that have returned have left.
 * Where it can't be given back nothing has changed. */
void stack_give_back(void)
{
    enum { PAGE = 4096, KEPT = 4 * PAGE };
    ULONG_PTR high = ((ULONG_PTR)__builtin_frame_address(0) - KEPT) & ~(ULONG_PTR)(PAGE - 1);
    ULONG_PTR low, top;
    GetCurrentThreadStackLimits(&low, &top);
    low = lowest_committed(low, high);
    if (low >= high)
        return;
    /* cppcheck-suppress leakReturnValNotUsed ; allocates nothing */
    VirtualAlloc((void *)low, high - low, MEM_RESET, PAGE_READWRITE);
}

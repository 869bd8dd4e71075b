/* SPDX-License-Identifier: MIT */
#include "system/win32/wfp_sublayers.h"

#include "base/log.h"

enum { SUBLAYER_PAGE = 64 };

static void append_name(struct text *names, const FWPM_SUBLAYER0 *sublayer)
{
    text_append(names, names->length ? u", " : u"");
    text_append(names, sublayer->displayData.name ? sublayer->displayData.name : u"?");
}

static void append_heavier(struct text *names, FWPM_SUBLAYER0 *const *page, UINT32 count,
                           UINT16 weight)
{
    for (UINT32 i = 0; i < count; i++)
        if (page[i]->weight > weight)
            append_name(names, page[i]);
}

static uint32_t list_heavier(HANDLE engine, HANDLE list, UINT16 weight, struct text *names)
{
    UINT32 count = SUBLAYER_PAGE;
    while (count == SUBLAYER_PAGE) {
        FWPM_SUBLAYER0 **page = NULL;
        uint32_t error = FwpmSubLayerEnum0(engine, list, SUBLAYER_PAGE, &page, &count);
        if (error)
            return log_error(error, "FwpmSubLayerEnum0");
        append_heavier(names, page, count, weight);
        if (page)
            FwpmFreeMemory0((void **)&page);
    }
    return 0;
}

static uint32_t read_weight(HANDLE engine, const GUID *key, UINT16 *weight)
{
    FWPM_SUBLAYER0 *sublayer = NULL;
    uint32_t error = FwpmSubLayerGetByKey0(engine, key, &sublayer);
    *weight = UINT16_MAX;
    if (error == (uint32_t)FWP_E_SUBLAYER_NOT_FOUND)
        return 0;
    if (error)
        return log_error(error, "FwpmSubLayerGetByKey0");
    *weight = sublayer->weight;
    FwpmFreeMemory0((void **)&sublayer);
    return 0;
}

uint32_t wfp_sublayers_above(HANDLE engine, const GUID *sublayer, struct text *names)
{
    HANDLE list = NULL;
    UINT16 weight;
    uint32_t error = read_weight(engine, sublayer, &weight);
    if (error || weight == UINT16_MAX)
        return error;
    error = FwpmSubLayerCreateEnumHandle0(engine, NULL, &list);
    if (error)
        return log_error(error, "FwpmSubLayerCreateEnumHandle0");
    error = list_heavier(engine, list, weight, names);
    FwpmSubLayerDestroyEnumHandle0(engine, list);
    return error;
}

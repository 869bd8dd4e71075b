/* SPDX-License-Identifier: MIT */
#include "describe.h"

#include <fwptypes.h>
#include <inttypes.h>
#include <stdio.h>

static const char *const matches[FWP_MATCH_TYPE_MAX] = {
    [FWP_MATCH_EQUAL] = "equal",
    [FWP_MATCH_GREATER] = "greater",
    [FWP_MATCH_LESS] = "less",
    [FWP_MATCH_GREATER_OR_EQUAL] = "greater_or_equal",
    [FWP_MATCH_LESS_OR_EQUAL] = "less_or_equal",
    [FWP_MATCH_RANGE] = "range",
    [FWP_MATCH_FLAGS_ALL_SET] = "all_set",
    [FWP_MATCH_FLAGS_ANY_SET] = "any_set",
    [FWP_MATCH_FLAGS_NONE_SET] = "none_set",
    [FWP_MATCH_EQUAL_CASE_INSENSITIVE] = "equal_case_insensitive",
    [FWP_MATCH_NOT_EQUAL] = "not_equal",
};

static void ip_number_text(uint64_t number, char text[MACHINE_IP_TEXT])
{
    const struct machine_ip ip = {.family = 2,
                                  .bytes = {(uint8_t)(number >> 24), (uint8_t)(number >> 16),
                                            (uint8_t)(number >> 8), (uint8_t)number}};
    machine_ip_print(&ip, text);
}

static void address_text(const struct wfp_condition *condition, char text[WFP_CONDITION_TEXT])
{
    struct machine_ip ip = {.family = 23};
    char address[MACHINE_IP_TEXT], mask[MACHINE_IP_TEXT];
    memcpy(ip.bytes, condition->address, sizeof(ip.bytes));
    machine_ip_print(&ip, address);
    switch (condition->type) {
    case FWP_V4_ADDR_MASK:
        ip_number_text(condition->low, address);
        ip_number_text(condition->high, mask);
        snprintf(text, WFP_CONDITION_TEXT, "%s mask %s", address, mask);
        return;
    case FWP_V6_ADDR_MASK:
        snprintf(text, WFP_CONDITION_TEXT, "%s/%u", address, (unsigned)condition->high);
        return;
    default:
        snprintf(text, WFP_CONDITION_TEXT, "%s", address);
    }
}

static void blob_text(const struct wfp_filter *filter, const struct wfp_condition *condition,
                      char text[WFP_CONDITION_TEXT])
{
    const wchar_t *wide = (const wchar_t *)(const void *)(filter->blob + condition->blob_offset);
    int units = (int)(condition->blob_size / sizeof(wchar_t));
    if (units && !wide[units - 1])
        units--;
    int length =
        WideCharToMultiByte(CP_UTF8, 0, wide, units, text, WFP_CONDITION_TEXT / 2, NULL, NULL);
    text[length] = '\0';
}

static void value_text(const struct wfp_filter *filter, const struct wfp_condition *condition,
                       char text[WFP_CONDITION_TEXT])
{
    switch (condition->type) {
    case FWP_BYTE_BLOB_TYPE:
        blob_text(filter, condition, text);
        return;
    case FWP_V4_ADDR_MASK:
    case FWP_V6_ADDR_MASK:
    case FWP_BYTE_ARRAY16_TYPE:
        address_text(condition, text);
        return;
    case FWP_RANGE_TYPE:
        snprintf(text, WFP_CONDITION_TEXT, "%" PRIu64 "-%" PRIu64, condition->low, condition->high);
        return;
    case FWP_UINT64:
        snprintf(text, WFP_CONDITION_TEXT, "0x%" PRIx64, condition->low);
        return;
    default:
        snprintf(text, WFP_CONDITION_TEXT, "%" PRIu64, condition->low);
    }
}

void wfp_condition_text(const struct wfp_filter *filter, const struct wfp_condition *condition,
                        char text[WFP_CONDITION_TEXT])
{
    char value[WFP_CONDITION_TEXT];
    value_text(filter, condition, value);
    snprintf(text, WFP_CONDITION_TEXT, "%s %s %.*s",
             wfp_field_name((enum wfp_field)condition->field),
             condition->match < FWP_MATCH_TYPE_MAX ? matches[condition->match] : "?",
             WFP_CONDITION_TEXT - 64, value);
}

void wfp_weight_text(const struct wfp_filter *filter, char text[WFP_CONDITION_TEXT])
{
    if (filter->weight_type == FWP_EMPTY)
        snprintf(text, WFP_CONDITION_TEXT, "auto");
    else if (filter->weight_type == FWP_UINT8)
        snprintf(text, WFP_CONDITION_TEXT, "range %" PRIu64, filter->weight);
    else
        snprintf(text, WFP_CONDITION_TEXT, "%" PRIu64, filter->weight);
}

const char *wfp_action_name(uint32_t action)
{
    return action == FWP_ACTION_PERMIT ? "permit" : action == FWP_ACTION_BLOCK ? "block" : "?";
}

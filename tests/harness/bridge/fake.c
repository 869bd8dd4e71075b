/* SPDX-License-Identifier: MIT */
#include "bridge.h"

#include "fakes/system/control/control.h"

/* Passes "request" on to the fake system DLLs in "folder", and returns their answer unchanged. */
static uint32_t fake(struct request *request)
{
    CLEANUP_FREE wchar_t *folder = request_needed_text(request, "folder");
    if (!folder)
        return ERROR_INVALID_PARAMETER;
    cJSON *answer = fake_control(folder, cJSON_GetObjectItem(request->arguments, "request"));
    if (!answer)
        return request_error(request, "fake_control", ERROR_INVALID_PARAMETER);
    cJSON_AddItemToObject(request->result, "answer", answer);
    return 0;
}

const struct operation fake_operations[] = {{"fake", fake}, {NULL, NULL}};

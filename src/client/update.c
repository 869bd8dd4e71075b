/* SPDX-License-Identifier: MIT */
/* What a reply says of updates. */
#include "client/gatehouse.h"

#include "client/values.h"

void gatehouse_update_read(const struct gatehouse_reply *reply, struct gatehouse_update *update)
{
    *update = (struct gatehouse_update){
        .state = value_text(reply, 0, L"state"),
        .version = value_text(reply, 0, L"version"),
        .code = value_count(reply, 0, L"code"),
        .reason = value_text(reply, 0, L"reason"),
        .since = value_number(reply, 0, L"since"),
        .installed = value_text(reply, 0, L"installed"),
        .root = value_number(reply, 0, L"root"),
        .manifest = value_number(reply, 0, L"manifest"),
        .channel = value_text(reply, 0, L"channel"),
        .url = value_text(reply, 0, L"update_url"),
        .updates = value_text(reply, 0, L"updates"),
    };
}

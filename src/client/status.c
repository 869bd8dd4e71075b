/* SPDX-License-Identifier: MIT */
/* The service and its sessions, page by page. */
#include "client/gatehouse.h"

#include "base/errors.h"
#include "base/text.h"
#include "client/failure.h"
#include "client/reach.h"
#include "client/values.h"

#include <stdlib.h>

/* A page of the status, in whose reply the texts lie. */
struct status_page {
    struct gatehouse_reply *reply;
    struct status_page *next;
};

struct status_list {
    struct gatehouse_status status; /* first, so that it leads back here */
    struct status_page *pages;      /* newest first */
    size_t capacity;                /* of status.sessions */
};

static void read_service(const struct gatehouse_reply *reply, struct gatehouse_status *status)
{
    status->version = value_text(reply, 0, L"version");
    status->instance = value_text(reply, 0, L"instance");
    status->process_id = value_count(reply, 0, L"pid");
    status->uptime = value_number(reply, 0, L"uptime");
    status->open_entries = value_number(reply, 0, L"open_entries");
    status->left = value_number(reply, 0, L"left");
    status->start_undone = value_number(reply, 0, L"start_undone");
    status->start_gone = value_number(reply, 0, L"start_gone");
    status->start_left_alone = value_number(reply, 0, L"start_left_alone");
    status->start_failed = value_number(reply, 0, L"start_failed");
    gatehouse_firewall_read(reply, 0, &status->firewall);
}

static void read_session(const struct gatehouse_reply *reply, size_t record,
                         struct gatehouse_session *session)
{
    *session = (struct gatehouse_session){
        .process_id = value_count(reply, record, L"pid"),
        .client_id = value_count(reply, record, L"client"),
        .is_ending = text_equal(value_text(reply, record, L"state"), L"ending"),
        .since = value_number(reply, record, L"since"),
        .user = value_text(reply, record, L"user"),
        .config = value_text(reply, record, L"config"),
        .adapter = value_text(reply, record, L"adapter"),
        .addresses = value_count(reply, record, L"addresses"),
        .routes = value_count(reply, record, L"routes"),
        .name_servers = value_count(reply, record, L"name_servers"),
        .rules = value_count(reply, record, L"rules"),
        .filters = value_count(reply, record, L"filters"),
    };
}

static bool make_room(struct status_list *list, size_t count)
{
    if (list->status.count + count <= list->capacity)
        return true;
    size_t capacity = 2 * (list->status.count + count);
    struct gatehouse_session *larger =
        realloc(list->status.sessions, capacity * sizeof(*list->status.sessions));
    if (!larger)
        return false;
    list->status.sessions = larger;
    list->capacity = capacity;
    return true;
}

/* Takes the reply over. `*mark` becomes the one at which the next page goes on, or NULL. */
static uint32_t add_page(struct status_list *list, struct gatehouse_reply *reply,
                         const wchar_t **mark)
{
    struct status_page *page = malloc(sizeof(*page));
    const size_t records = gatehouse_reply_records(reply);
    if (!page || !make_room(list, records)) {
        free(page);
        gatehouse_reply_free(reply);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    *page = (struct status_page){reply, list->pages};
    list->pages = page;
    *mark = NULL;
    read_service(reply, &list->status);
    for (size_t i = 1; i < records; i++) {
        if (gatehouse_reply_value(reply, i, L"pid"))
            read_session(reply, i, &list->status.sessions[list->status.count++]);
        else if (gatehouse_reply_value(reply, i, L"mark"))
            *mark = gatehouse_reply_value(reply, i, L"mark");
    }
    return 0;
}

static uint32_t read_pages(struct gatehouse_control *control, uint64_t deadline,
                           struct status_list *list, struct gatehouse_error *error)
{
    const wchar_t *mark = NULL;
    do {
        const wchar_t *const words[] = {L"status", mark};
        struct gatehouse_reply *reply = NULL;
        uint32_t code =
            gatehouse_ask(control, words, mark ? 2 : 1, reach_time_until(deadline), &reply, error);
        if (code)
            return code;
        code = add_page(list, reply, &mark);
        if (code)
            return gatehouse_fail(error, STEP_MEMORY, code, L"", NULL);
    } while (mark);
    return 0;
}

uint32_t gatehouse_status(struct gatehouse_control *control, uint32_t timeout,
                          struct gatehouse_status **status, struct gatehouse_error *error)
{
    struct status_list *list = calloc(1, sizeof(*list));
    if (!list)
        return gatehouse_fail(error, STEP_MEMORY, ERROR_NOT_ENOUGH_MEMORY, L"", NULL);
    uint32_t code = read_pages(control, reach_deadline(timeout), list, error);
    if (code)
        gatehouse_status_free(&list->status);
    else
        *status = &list->status;
    return code;
}

void gatehouse_status_free(struct gatehouse_status *status)
{
    struct status_list *list = (struct status_list *)status;
    if (!list)
        return;
    while (list->pages) {
        struct status_page *page = list->pages;
        list->pages = page->next;
        gatehouse_reply_free(page->reply);
        free(page);
    }
    free(list->status.sessions);
    free(list);
}

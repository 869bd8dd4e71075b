/* SPDX-License-Identifier: MIT */
#include <winsock2.h>

#include "objects.h"

#include "base/lock.h"

#include <aclapi.h>
#include <sddl.h>

/* The list holds one reference to each object, and so does each request that uses it. */
static struct lock lock;
static struct object *objects;
static uint32_t last_number;

static void list_object(struct request *request, HANDLE handle, bool is_socket)
{
    struct object *object = allocate(sizeof(*object));
    object->handle = handle;
    object->is_socket = is_socket;
    object->closing = CreateEventW(NULL, TRUE, FALSE, NULL);
    object->holders = 1;
    lock_acquire(&lock);
    object->number = ++last_number;
    object->next = objects;
    objects = object;
    lock_release(&lock);
    result_number(request, "object", object->number);
}

void object_add(struct request *request, HANDLE handle)
{
    list_object(request, handle, false);
}

void object_add_socket(struct request *request, uintptr_t socket)
{
    list_object(request, (HANDLE)socket, true);
}

static void close_handle_of(const struct object *object)
{
    if (object->is_socket)
        closesocket((SOCKET)object->handle);
    else
        CloseHandle(object->handle);
}

struct object *object_hold(struct request *request)
{
    uint32_t number = request_number(request, "object", 0);
    lock_acquire(&lock);
    struct object *object = objects;
    while (object && object->number != number)
        object = object->next;
    if (object)
        object->holders++;
    lock_release(&lock);
    if (!object)
        request->function = "object";
    return object;
}

void object_release(struct object **object)
{
    if (!*object)
        return;
    lock_acquire(&lock);
    bool last = --(*object)->holders == 0;
    lock_release(&lock);
    if (last) {
        close_handle_of(*object);
        CloseHandle((*object)->closing);
        free(*object);
    }
    *object = NULL;
}

static uint32_t close_object(struct request *request)
{
    CLEANUP_OBJECT struct object *object = object_hold(request);
    if (!object)
        return ERROR_INVALID_HANDLE;
    struct object *listed = NULL;
    lock_acquire(&lock);
    for (struct object **at = &objects; *at; at = &(*at)->next) {
        if (*at == object) {
            listed = object;
            *at = object->next;
            break;
        }
    }
    lock_release(&lock);
    SetEvent(object->closing);
    object_release(&listed);
    return 0;
}

void objects_close_all(void)
{
    lock_acquire(&lock);
    for (struct object *object = objects; object; object = object->next) {
        SetEvent(object->closing);
        close_handle_of(object);
    }
    lock_release(&lock);
}

static void cleanup_local(void *variable)
{
    LocalFree(*(void **)variable);
}

/* Owner and access list as text; the handle needs READ_CONTROL. */
static uint32_t object_security(struct request *request)
{
    enum { WANTED = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION };
    CLEANUP_OBJECT struct object *object = object_hold(request);
    if (!object)
        return ERROR_INVALID_HANDLE;
    CLEANUP(cleanup_local) PSECURITY_DESCRIPTOR descriptor = NULL;
    DWORD error = GetSecurityInfo(object->handle, SE_KERNEL_OBJECT, WANTED, NULL, NULL, NULL, NULL,
                                  &descriptor);
    if (error)
        return request_error(request, "GetSecurityInfo", error);
    CLEANUP(cleanup_local) wchar_t *text = NULL;
    if (!ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, SDDL_REVISION_1, WANTED,
                                                              &text, NULL))
        return request_last_error(request, "ConvertSecurityDescriptorToStringSecurityDescriptor");
    result_text(request, "sddl", text);
    return 0;
}

static uint32_t event_create(struct request *request)
{
    CLEANUP_FREE wchar_t *name = request_text(request, "name");
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, name);
    if (!event)
        return request_last_error(request, "CreateEvent");
    object_add(request, event);
    return 0;
}

static uint32_t event_set(struct request *request)
{
    CLEANUP_OBJECT struct object *object = object_hold(request);
    if (!object)
        return ERROR_INVALID_HANDLE;
    return SetEvent(object->handle) ? 0 : request_last_error(request, "SetEvent");
}

/* Waits until a process ends or an event is set; WAIT_TIMEOUT (258) when neither does
 * in time. */
static uint32_t object_wait(struct request *request)
{
    CLEANUP_OBJECT struct object *object = object_hold(request);
    if (!object)
        return ERROR_INVALID_HANDLE;
    DWORD outcome = WaitForSingleObject(object->handle, request_number(request, "timeout", 0));
    if (outcome == WAIT_FAILED)
        return request_last_error(request, "WaitForSingleObject");
    return request_error(request, "WaitForSingleObject", outcome);
}

const struct operation object_operations[] = {
    {"close", close_object},  {"security", object_security}, {"event_create", event_create},
    {"event_set", event_set}, {"wait", object_wait},         {NULL, NULL},
};

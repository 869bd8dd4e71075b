/* SPDX-License-Identifier: MIT */
#include <winsock2.h>

#include "objects.h"

enum { MOST_BYTES = 65536, SEND_WAIT_MS = 5000 };

static uint32_t prepare(struct request *request)
{
    WSADATA data;
    return request_error(request, "WSAStartup", (uint32_t)WSAStartup(MAKEWORD(2, 2), &data));
}

static uint32_t socket_error(struct request *request, const char *function)
{
    return request_error(request, function, (uint32_t)WSAGetLastError());
}

/* port, of 127.0.0.1. */
static uint32_t socket_listen(struct request *request)
{
    uint32_t error = prepare(request);
    if (error)
        return error;
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons((uint16_t)request_number(request, "port", 0));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    SOCKET listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (listener == INVALID_SOCKET)
        return socket_error(request, "socket");
    if (bind(listener, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(listener, SOMAXCONN) != 0) {
        error = socket_error(request, "bind");
        closesocket(listener);
        return error;
    }
    object_add_socket(request, listener);
    return 0;
}

/* Waits until something has happened on the socket: 0, WAIT_TIMEOUT, or ERROR_OPERATION_ABORTED
 * when the object is being closed. The socket no longer blocks afterwards. */
static uint32_t socket_wait(const struct object *object, long events, DWORD timeout)
{
    HANDLE happened = WSACreateEvent();
    HANDLE both[] = {happened, object->closing};
    SOCKET waited = (SOCKET)object->handle;
    DWORD outcome = WAIT_FAILED;
    if (WSAEventSelect(waited, happened, events) == 0)
        outcome = WaitForMultipleObjects(2, both, FALSE, timeout);
    WSAEventSelect(waited, NULL, 0);
    WSACloseEvent(happened);
    if (outcome == WAIT_OBJECT_0)
        return 0;
    return outcome == WAIT_TIMEOUT ? WAIT_TIMEOUT : ERROR_OPERATION_ABORTED;
}

static uint32_t socket_accept(struct request *request)
{
    CLEANUP_OBJECT struct object *object = object_hold(request);
    if (!object)
        return ERROR_INVALID_HANDLE;
    uint32_t error = socket_wait(object, FD_ACCEPT, request_number(request, "timeout", 5000));
    if (error)
        return request_error(request, "accept", error);
    SOCKET accepted = accept((SOCKET)object->handle, NULL, NULL);
    if (accepted == INVALID_SOCKET)
        return socket_error(request, "accept");
    object_add_socket(request, accepted);
    return 0;
}

/* What has come; no bytes: the other end has closed the connection. */
static uint32_t socket_read(struct request *request)
{
    CLEANUP_OBJECT struct object *object = object_hold(request);
    if (!object)
        return ERROR_INVALID_HANDLE;
    CLEANUP_FREE char *bytes = allocate(MOST_BYTES);
    uint32_t error =
        socket_wait(object, FD_READ | FD_CLOSE, request_number(request, "timeout", 5000));
    if (error)
        return request_error(request, "recv", error);
    int got = recv((SOCKET)object->handle, bytes, MOST_BYTES, 0);
    if (got < 0)
        return socket_error(request, "recv");
    result_bytes(request, "data", bytes, (size_t)got);
    return 0;
}

static uint32_t socket_write(struct request *request)
{
    CLEANUP_OBJECT struct object *object = object_hold(request);
    size_t size = 0;
    CLEANUP_FREE uint8_t *bytes = request_bytes(request, "data", &size);
    if (!object || !bytes)
        return ERROR_INVALID_HANDLE;
    SOCKET to = (SOCKET)object->handle;
    for (size_t at = 0; at < size;) {
        WSAPOLLFD poll = {.fd = to, .events = POLLWRNORM};
        if (WSAPoll(&poll, 1, SEND_WAIT_MS) <= 0)
            return request_error(request, "send", WAIT_TIMEOUT);
        int sent = send(to, (const char *)bytes + at, (int)(size - at), 0);
        if (sent < 0)
            return socket_error(request, "send");
        at += (size_t)sent;
    }
    return 0;
}

const struct operation socket_operations[] = {
    {"socket_listen", socket_listen},
    {"socket_accept", socket_accept},
    {"socket_read", socket_read},
    {"socket_write", socket_write},
    {NULL, NULL},
};

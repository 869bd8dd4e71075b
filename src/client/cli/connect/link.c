/* SPDX-License-Identifier: MIT */
#include "client/cli/connect/link.h"

#include "base/cleanup.h"
#include "base/errors.h"

#include <winsock2.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>

enum { SEND_WAIT = 3000 /* ms */, TABLE_ATTEMPTS = 5 };

uint32_t link_prepare(void)
{
    WSADATA data;
    return (uint32_t)WSAStartup(MAKEWORD(2, 2), &data);
}

static struct sockaddr_in link_loopback(uint16_t port)
{
    struct sockaddr_in address = {0};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

uint32_t link_free_port(uint16_t *port)
{
    struct sockaddr_in address = link_loopback(0);
    int size = sizeof(address);
    uint32_t error = 0;
    SOCKET probe = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (probe == INVALID_SOCKET)
        return (uint32_t)WSAGetLastError();
    if (bind(probe, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        getsockname(probe, (struct sockaddr *)&address, &size) != 0)
        error = (uint32_t)WSAGetLastError();
    closesocket(probe);
    *port = ntohs(address.sin_port);
    return error;
}

static uint32_t link_read_listeners(MIB_TCPTABLE_OWNER_PID **table)
{
    DWORD size = 4096;
    /* The table may grow between asking for its size and reading it. */
    for (int attempt = 0; attempt < TABLE_ATTEMPTS; attempt++) {
        MIB_TCPTABLE_OWNER_PID *larger = realloc(*table, size);
        if (!larger)
            return ERROR_NOT_ENOUGH_MEMORY;
        *table = larger;
        DWORD error =
            GetExtendedTcpTable(larger, &size, FALSE, AF_INET, TCP_TABLE_OWNER_PID_LISTENER, 0);
        if (error != ERROR_INSUFFICIENT_BUFFER)
            return error;
        size += 1024;
    }
    return ERROR_INSUFFICIENT_BUFFER;
}

/* Windows always knows the process of a listener. A process id of 0 (Wine gives it for sockets of
 * other processes) is accepted. */
static uint32_t link_verify_listener(uint16_t port, uint32_t process_id)
{
    CLEANUP_FREE MIB_TCPTABLE_OWNER_PID *table = NULL;
    uint32_t error = link_read_listeners(&table);
    if (error)
        return error;
    bool found = false;
    for (DWORD i = 0; i < table->dwNumEntries; i++) {
        const MIB_TCPROW_OWNER_PID *row = &table->table[i];
        if (ntohs((uint16_t)row->dwLocalPort) != port)
            continue;
        if (row->dwLocalAddr != htonl(INADDR_LOOPBACK) && row->dwLocalAddr != INADDR_ANY)
            continue;
        if (row->dwOwningPid != 0 && row->dwOwningPid != process_id)
            return ERROR_WRONG_TARGET_NAME;
        found = true;
    }
    return found ? 0 : ERROR_NOT_READY;
}

static uint32_t link_connect(struct link *link, uint16_t port)
{
    struct sockaddr_in address = link_loopback(port);
    link->event = WSACreateEvent();
    link->socket = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    link->open = true;
    if (link->event == WSA_INVALID_EVENT || link->socket == INVALID_SOCKET)
        return (uint32_t)WSAGetLastError();
    if (connect(link->socket, (struct sockaddr *)&address, sizeof(address)) != 0) {
        int error = WSAGetLastError();
        return error == WSAECONNREFUSED ? ERROR_NOT_READY : (uint32_t)error;
    }
    if (WSAEventSelect(link->socket, link->event, FD_READ | FD_CLOSE) != 0)
        return (uint32_t)WSAGetLastError();
    return 0;
}

uint32_t link_open(struct link *link, uint16_t port, uint32_t process_id)
{
    uint32_t error = link_verify_listener(port, process_id);
    if (!error)
        error = link_connect(link, port);
    if (!error)
        error = link_verify_listener(port, process_id);
    if (error)
        link_close(link);
    return error;
}

uint32_t link_send(struct link *link, const char *bytes, size_t size)
{
    while (size) {
        int sent = send(link->socket, bytes, (int)size, 0);
        if (sent > 0) {
            bytes += sent;
            size -= (size_t)sent;
            continue;
        }
        if (WSAGetLastError() != WSAEWOULDBLOCK)
            return (uint32_t)WSAGetLastError();
        WSAPOLLFD poll = {link->socket, POLLWRNORM, 0};
        if (WSAPoll(&poll, 1, SEND_WAIT) <= 0)
            return WSAETIMEDOUT;
    }
    return 0;
}

uint32_t link_receive(struct link *link, char *bytes, size_t capacity, size_t *got)
{
    *got = 0;
    /* Resets the event. recv() sets it again if more bytes are left. */
    WSANETWORKEVENTS events;
    WSAEnumNetworkEvents(link->socket, link->event, &events);
    int received = recv(link->socket, bytes, (int)capacity, 0);
    if (received > 0) {
        *got = (size_t)received;
        return 0;
    }
    if (received == 0)
        return ERROR_HANDLE_EOF;
    return WSAGetLastError() == WSAEWOULDBLOCK ? 0 : (uint32_t)WSAGetLastError();
}

void link_close(struct link *link)
{
    if (!link->open)
        return;
    if (link->socket != INVALID_SOCKET)
        closesocket(link->socket);
    if (link->event != WSA_INVALID_EVENT)
        WSACloseEvent(link->event);
    link->open = false;
    link->event = NULL;
}

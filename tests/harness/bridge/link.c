/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <winsock2.h>

#include <windows.h>

static SOCKET driver = INVALID_SOCKET;

uint32_t link_connect(uint16_t port)
{
    WSADATA data;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int error = WSAStartup(MAKEWORD(2, 2), &data);
    if (error)
        return (uint32_t)error;
    driver = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (driver == INVALID_SOCKET ||
        connect(driver, (const struct sockaddr *)&address, sizeof(address)) != 0)
        return (uint32_t)WSAGetLastError();
    return 0;
}

bool link_read(void *bytes, size_t capacity, size_t *got)
{
    DWORD count = 0;
    *got = 0;
    if (driver != INVALID_SOCKET) {
        int received = recv(driver, bytes, (int)capacity, 0);
        *got = received > 0 ? (size_t)received : 0;
    } else if (ReadFile(GetStdHandle(STD_INPUT_HANDLE), bytes, (DWORD)capacity, &count, NULL)) {
        *got = count;
    }
    return *got > 0;
}

static size_t link_write_some(const char *bytes, size_t size)
{
    DWORD written = 0;
    if (driver != INVALID_SOCKET) {
        int sent = send(driver, bytes, (int)size, 0);
        return sent > 0 ? (size_t)sent : 0;
    }
    return WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), bytes, (DWORD)size, &written, NULL) ? written
                                                                                          : 0;
}

void link_write(const void *bytes, size_t size)
{
    const char *from = bytes;
    for (size_t at = 0, written; at < size; at += written) {
        written = link_write_some(from + at, size - at);
        if (!written)
            break;
    }
}

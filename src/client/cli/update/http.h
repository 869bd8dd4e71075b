/* SPDX-License-Identifier: MIT */
/* http.h: gets files of an update server by WinHTTP, with the proxy of the user's settings. One
 * request at a time:
 *
 *     problem = http_begin(http, &request, &response);
 *     while (!problem && !(problem = http_read(http, &bytes, &size)) && size)
 *         ... bytes[0] ... bytes[size - 1] ...
 *     http_end(http);
 *
 * Nothing here is trusted: what comes is checked by its signature or its hash. https keeps others
 * from seeing what is fetched, and from holding it back unnoticed. Each wait ends when the user
 * asks for the end, when the time of the request is over, and when the server is too slow
 * (pace.h). */
#ifndef CLIENT_UPDATE_HTTP_H
#define CLIENT_UPDATE_HTTP_H

#include "client/cli/update/address.h"
#include "client/cli/update/problem.h"
#include "client/cli/update/range.h"

#include <stddef.h>

struct http;

/* `end` (a HANDLE) is an event that is set when the user asks for the end. Returns 0 with *http, or
 * a Win32 code. http_close() allows NULL. */
uint32_t http_open(void *end, struct http **http);
void http_close(struct http *http);

struct http_request {
    const struct address *server;
    const char16_t *name; /* of the file */
    uint64_t first;       /* the byte to begin with; 0: all of it */
    const char16_t *etag; /* with `first`: the file must still be this one */
    uint32_t limit;       /* ms, for all of it */
};

struct http_response {
    bool is_part;       /* `range` of the file and no more, because `first` was asked for */
    struct range range; /* of 206 */
    bool has_length;
    uint64_t length;           /* of the body */
    char16_t etag[ETAG_UNITS]; /* empty: the server has not given a strong one */
};

/* Sends the request and reads the head of the response. PROBLEM_NONE: the body follows. */
enum problem http_begin(struct http *http, const struct http_request *request,
                        struct http_response *response);

/* The next bytes of the body, which are valid until the next call; *size is 0 at its end. Where the
 * body is shorter than the server has said, that may look like its end: compare the sizes. */
enum problem http_read(struct http *http, const void **bytes, size_t *size);

/* Ends the request, finished or not. */
void http_end(struct http *http);

/* What belongs to the problem that was returned last: the status of HTTP, or the code of Windows
 * or WinHTTP. */
uint32_t http_code(const struct http *http);

#endif

/* SPDX-License-Identifier: MIT */
#include "client/cli/update/http.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "client/cli/update/pace.h"
#include "product.h"

#include <wchar.h>
#include <windows.h>
#include <winhttp.h>

enum {
    BUFFER_BYTES = 32768,
    HEAD_LIMIT = 30000, /* ms until the response begins: a proxy may have to be found first */
    CLOSE_LIMIT = 2000, /* ms until WinHTTP has let go of a request that was cancelled */
    FOUND = 200,
    FOUND_PART = 206,
    REDIRECTS_BEGIN = 300,
    REDIRECTS_END = 400,
};

/* Missing in older headers of MinGW-w64: Microsoft's "Option Flags" of WinHTTP. */
#ifndef WINHTTP_AUTOLOGON_SECURITY_LEVEL_PROXY_ONLY
#define WINHTTP_AUTOLOGON_SECURITY_LEVEL_PROXY_ONLY 3
#endif

struct http {
    HINTERNET session, connection, request;
    HANDLE end;    /* not ours */
    HANDLE done;   /* the operation of `request` has ended, with `code` and `size` */
    HANDLE closed; /* WinHTTP will not call back about `request` any more */
    uint64_t deadline, head_deadline;
    struct pace pace;
    bool in_body;
    bool is_stuck; /* WinHTTP has not let go of the last request */
    uint32_t code;
    DWORD size;
    uint8_t bytes[BUFFER_BYTES];
};

static void http_close_handle(HINTERNET *handle)
{
    if (*handle)
        WinHttpCloseHandle(*handle);
    *handle = NULL;
}

/* Called in a thread of WinHTTP's, for `request` only: no other handle has a context. */
static void CALLBACK http_on_event(HINTERNET handle, DWORD_PTR context, DWORD event, void *about,
                                   DWORD size)
{
    struct http *http = (struct http *)context; /* NOLINT(performance-no-int-to-ptr) */
    (void)handle;
    if (!http)
        return;
    switch (event) {
    case WINHTTP_CALLBACK_STATUS_REQUEST_ERROR:
        http->code = ((const WINHTTP_ASYNC_RESULT *)about)->dwError;
        SetEvent(http->done);
        break;
    case WINHTTP_CALLBACK_STATUS_DATA_AVAILABLE:
        http->size = *(const DWORD *)about;
        SetEvent(http->done);
        break;
    case WINHTTP_CALLBACK_STATUS_READ_COMPLETE:
        http->size = size;
        SetEvent(http->done);
        break;
    case WINHTTP_CALLBACK_STATUS_SENDREQUEST_COMPLETE:
    case WINHTTP_CALLBACK_STATUS_HEADERS_AVAILABLE:
        SetEvent(http->done);
        break;
    case WINHTTP_CALLBACK_STATUS_HANDLE_CLOSING:
        SetEvent(http->closed);
        break;
    default:
        break;
    }
}

/* ---- the session ---- */

static bool http_set(HINTERNET handle, DWORD option, DWORD value)
{
    return WinHttpSetOption(handle, option, &value, sizeof(value));
}

/* An update server asks for no login: the user's must not be sent to it, only to a proxy. The
 * first of each that this Windows knows is used. */
static void http_restrict(HINTERNET session)
{
    static const struct {
        DWORD option, best, other;
    } options[] = {
        {WINHTTP_OPTION_SECURE_PROTOCOLS,
         WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2 | WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_3,
         WINHTTP_FLAG_SECURE_PROTOCOL_TLS1_2},
        {WINHTTP_OPTION_AUTOLOGON_POLICY, WINHTTP_AUTOLOGON_SECURITY_LEVEL_PROXY_ONLY,
         WINHTTP_AUTOLOGON_SECURITY_LEVEL_HIGH},
    };
    for (size_t i = 0; i < ARRAY_COUNT(options); i++)
        if (!http_set(session, options[i].option, options[i].best))
            http_set(session, options[i].option, options[i].other);
}

static uint32_t http_prepare(struct http *http)
{
    http->done = CreateEventW(NULL, FALSE, FALSE, NULL);
    http->closed = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!http->done || !http->closed)
        return GetLastError();
    http->session = WinHttpOpen(u"gatehouse/" PRODUCT_VERSION, WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY,
                                WINHTTP_NO_PROXY_NAME, WINHTTP_NO_PROXY_BYPASS, WINHTTP_FLAG_ASYNC);
    if (!http->session)
        return GetLastError();
    if (WinHttpSetStatusCallback(http->session, http_on_event,
                                 WINHTTP_CALLBACK_FLAG_ALL_COMPLETIONS |
                                     WINHTTP_CALLBACK_FLAG_HANDLES,
                                 0) == WINHTTP_INVALID_STATUS_CALLBACK)
        return GetLastError();
    http_restrict(http->session);
    return 0;
}

uint32_t http_open(void *end, struct http **http)
{
    struct http *made = calloc(1, sizeof(*made));
    if (!made)
        return ERROR_NOT_ENOUGH_MEMORY;
    made->end = end;
    uint32_t error = http_prepare(made);
    if (error)
        http_close(made);
    else
        *http = made;
    return error;
}

void http_close(struct http *http)
{
    if (!http)
        return;
    http_end(http);
    http_close_handle(&http->session);
    /* WinHTTP may still write into this memory then; the program ends soon. */
    if (http->is_stuck)
        return;
    close_handle(&http->done);
    close_handle(&http->closed);
    free(http);
}

void http_end(struct http *http)
{
    if (http->request) {
        http_close_handle(&http->request);
        http->is_stuck = WaitForSingleObject(http->closed, CLOSE_LIMIT) != WAIT_OBJECT_0;
    }
    http_close_handle(&http->connection);
}

uint32_t http_code(const struct http *http)
{
    return http->code;
}

/* ---- one operation ---- */

static enum problem http_fail(struct http *http, enum problem problem, uint32_t code)
{
    http->code = code;
    return problem;
}

/* The codes of certificates: what Windows gives, and what Wine gives. */
static enum problem http_problem_of(uint32_t code)
{
    static const struct {
        uint32_t code;
        enum problem problem;
    } rows[] = {
        {0, PROBLEM_NONE},
        {ERROR_WINHTTP_NAME_NOT_RESOLVED, PROBLEM_NAME},
        {ERROR_WINHTTP_REDIRECT_FAILED, PROBLEM_REDIRECT},
        {ERROR_WINHTTP_SECURE_FAILURE, PROBLEM_CERTIFICATE},
        {ERROR_WINHTTP_SECURE_CHANNEL_ERROR, PROBLEM_CERTIFICATE},
        {ERROR_WINHTTP_SECURE_CERT_DATE_INVALID, PROBLEM_CERTIFICATE},
        {ERROR_WINHTTP_SECURE_CERT_CN_INVALID, PROBLEM_CERTIFICATE},
        {ERROR_WINHTTP_SECURE_INVALID_CA, PROBLEM_CERTIFICATE},
        {ERROR_WINHTTP_SECURE_INVALID_CERT, PROBLEM_CERTIFICATE},
        {ERROR_WINHTTP_SECURE_CERT_REVOKED, PROBLEM_CERTIFICATE},
        {ERROR_WINHTTP_SECURE_CERT_REV_FAILED, PROBLEM_CERTIFICATE},
        {ERROR_WINHTTP_SECURE_CERT_WRONG_USAGE, PROBLEM_CERTIFICATE},
        {ERROR_NOT_ENOUGH_MEMORY, PROBLEM_WINDOWS},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        if (rows[i].code == code)
            return rows[i].problem;
    return PROBLEM_NETWORK;
}

static uint64_t http_earliest(const struct http *http, uint64_t now)
{
    const uint64_t next = http->in_body ? now + pace_left(&http->pace, now) : http->head_deadline;
    return next < http->deadline ? next : http->deadline;
}

/* What it means that the earliest of the times is over. */
static enum problem http_over(struct http *http, uint64_t now)
{
    if (now >= http->deadline)
        return http_fail(http, PROBLEM_LIMIT, ERROR_TIMEOUT);
    if (!http->in_body && now >= http->head_deadline)
        return http_fail(http, PROBLEM_SILENT, ERROR_TIMEOUT);
    if (http->in_body && !pace_add(&http->pace, now, 0))
        return http_fail(http, PROBLEM_SLOW, ERROR_TIMEOUT);
    return PROBLEM_NONE;
}

/* Waits for the operation that WinHTTP has begun. */
static enum problem http_wait(struct http *http)
{
    const HANDLE handles[] = {http->end, http->done};
    for (;;) {
        const uint64_t now = GetTickCount64();
        enum problem problem = http_over(http, now);
        if (problem)
            return problem;
        const uint64_t until = http_earliest(http, now);
        switch (
            WaitForMultipleObjects(ARRAY_COUNT(handles), handles, FALSE, (DWORD)(until - now))) {
        case WAIT_OBJECT_0: /* first, for data that never cease must not hide it */
            return http_fail(http, PROBLEM_ENDED, ERROR_CANCELLED);
        case WAIT_OBJECT_0 + 1:
            return http_problem_of(http->code);
        case WAIT_TIMEOUT:
            break;
        default:
            return http_fail(http, PROBLEM_WINDOWS, GetLastError());
        }
    }
}

/* `is_begun` is what a function of WinHTTP has returned that goes on in the background. */
static enum problem http_finish(struct http *http, BOOL is_begun)
{
    const uint32_t error = is_begun ? 0 : GetLastError();
    return error ? http_fail(http, http_problem_of(error), error) : http_wait(http);
}

/* ---- the head ---- */

static bool http_query(HINTERNET request, DWORD what, char16_t *text, size_t units)
{
    DWORD size = (DWORD)(units * sizeof(*text));
    return WinHttpQueryHeaders(request, what, WINHTTP_HEADER_NAME_BY_INDEX, text, &size,
                               WINHTTP_NO_HEADER_INDEX);
}

static void http_read_head(HINTERNET request, struct http_response *response)
{
    enum { VALUE_UNITS = 256 };
    char16_t value[VALUE_UNITS], *end;
    *response = (struct http_response){0};
    if (http_query(request, WINHTTP_QUERY_CONTENT_LENGTH, value, VALUE_UNITS)) {
        response->length = wcstoull(value, &end, 10);
        response->has_length = *value >= u'0' && *value <= u'9' && !*end;
    }
    if (http_query(request, WINHTTP_QUERY_ETAG, value, VALUE_UNITS) && etag_is_strong(value)) {
        struct text etag = TEXT_ON(response->etag);
        text_append(&etag, value);
    }
    response->is_part = http_query(request, WINHTTP_QUERY_CONTENT_RANGE, value, VALUE_UNITS) &&
                        range_read(value, &response->range);
}

/* Whether the body of a response with this status is what was asked for. */
static enum problem http_judge(struct http *http, const struct http_request *request,
                               struct http_response *response)
{
    static const struct {
        uint32_t status;
        enum problem problem;
    } rows[] = {{FOUND, PROBLEM_NONE},
                {404, PROBLEM_NOT_FOUND},
                {407, PROBLEM_PROXY},
                {410, PROBLEM_NOT_FOUND},
                {416, PROBLEM_RANGE}};
    DWORD status = 0, size = sizeof(status);
    if (!WinHttpQueryHeaders(http->request, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER,
                             WINHTTP_HEADER_NAME_BY_INDEX, &status, &size, WINHTTP_NO_HEADER_INDEX))
        return http_fail(http, PROBLEM_NETWORK, GetLastError());
    http->code = status;
    if (status == FOUND_PART)
        return response->is_part && response->range.first == request->first && request->first
                   ? PROBLEM_NONE
                   : PROBLEM_RANGE;
    response->is_part = false;
    if (status >= REDIRECTS_BEGIN && status < REDIRECTS_END)
        return PROBLEM_REDIRECT;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++)
        if (rows[i].status == status)
            return rows[i].problem;
    return PROBLEM_STATUS;
}

/* ---- a request ---- */

static bool http_open_request(struct http *http, const struct http_request *request)
{
    const struct address *server = request->server;
    char16_t path[ADDRESS_PATH_UNITS];
    if (!address_of_file(server, request->name, path)) {
        SetLastError(ERROR_INVALID_NAME);
        return false;
    }
    http->connection = WinHttpConnect(http->session, server->host, server->port, 0);
    if (!http->connection)
        return false;
    const DWORD flags = WINHTTP_FLAG_REFRESH | (server->is_secure ? WINHTTP_FLAG_SECURE : 0);
    http->request = WinHttpOpenRequest(http->connection, L"GET", path, NULL, WINHTTP_NO_REFERER,
                                       WINHTTP_DEFAULT_ACCEPT_TYPES, flags);
    DWORD_PTR context = (DWORD_PTR)http;
    if (!http->request)
        return false;
    ResetEvent(http->closed);
    if (!WinHttpSetOption(http->request, WINHTTP_OPTION_CONTEXT_VALUE, &context, sizeof(context))) {
        const uint32_t error = GetLastError();
        http_close_handle(&http->request); /* nothing calls back about it */
        SetLastError(error);
        return false;
    }
    /* From this computer itself the way leads nowhere else. */
    return http_set(http->request, WINHTTP_OPTION_REDIRECT_POLICY,
                    server->is_secure ? WINHTTP_OPTION_REDIRECT_POLICY_DISALLOW_HTTPS_TO_HTTP
                                      : WINHTTP_OPTION_REDIRECT_POLICY_NEVER) &&
           http_set(http->request, WINHTTP_OPTION_DISABLE_FEATURE, WINHTTP_DISABLE_COOKIES) &&
           WinHttpSetTimeouts(http->request, HEAD_LIMIT, HEAD_LIMIT, HEAD_LIMIT, HEAD_LIMIT);
}

static enum problem http_send(struct http *http, const struct http_request *request)
{
    char16_t lines[ETAG_UNITS + 64];
    struct text headers = TEXT_ON(lines);
    if (request->first) {
        text_append_format(&headers, "Range: bytes=%llu-\r\n", (unsigned long long)request->first);
        text_append(&headers, u"If-Range: ");
        text_append(&headers, request->etag);
        text_append(&headers, u"\r\n");
    }
    return http_finish(
        http,
        WinHttpSendRequest(http->request, headers.length ? lines : WINHTTP_NO_ADDITIONAL_HEADERS,
                           (DWORD)headers.length, WINHTTP_NO_REQUEST_DATA, 0, 0, (DWORD_PTR)http));
}

enum problem http_begin(struct http *http, const struct http_request *request,
                        struct http_response *response)
{
    const uint64_t now = GetTickCount64();
    if (http->is_stuck)
        return http_fail(http, PROBLEM_NETWORK, ERROR_TIMEOUT);
    ResetEvent(http->done);
    http->code = 0;
    http->in_body = false;
    http->deadline = now + request->limit;
    http->head_deadline = now + HEAD_LIMIT;
    if (!http_open_request(http, request))
        return http_fail(http, PROBLEM_WINDOWS, GetLastError());
    enum problem problem = http_send(http, request);
    if (!problem)
        problem = http_finish(http, WinHttpReceiveResponse(http->request, NULL));
    if (problem)
        return problem;
    http_read_head(http->request, response);
    problem = http_judge(http, request, response);
    http->in_body = true;
    http->pace = pace_begin(GetTickCount64());
    return problem;
}

/* What is there already is read at once; what is not is waited for before. */
enum problem http_read(struct http *http, const void **bytes, size_t *size)
{
    http->code = 0;
    http->size = 0;
    enum problem problem = http_finish(http, WinHttpQueryDataAvailable(http->request, NULL));
    const DWORD there = http->size < sizeof(http->bytes) ? http->size : (DWORD)sizeof(http->bytes);
    if (!problem && there)
        problem = http_finish(http, WinHttpReadData(http->request, http->bytes, there, NULL));
    if (problem)
        return problem;
    *bytes = http->bytes;
    *size = http->size;
    if (!pace_add(&http->pace, GetTickCount64(), http->size))
        return http_fail(http, PROBLEM_SLOW, ERROR_TIMEOUT);
    return PROBLEM_NONE;
}

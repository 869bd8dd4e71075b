/* SPDX-License-Identifier: MIT */
#include "client/cli/update/fetch.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "update/package.h"

#include <windows.h>

enum {
    METADATA_LIMIT = 60000,  /* ms */
    PACKAGE_LIMIT = 3600000, /* ms; what has come by then is kept */
    REST_BYTES = 65536
};

/* ---- metadata ---- */

static enum problem fetch_body(struct http *http, struct fetched *metadata)
{
    const void *bytes;
    size_t size;
    for (;;) {
        enum problem problem = http_read(http, &bytes, &size);
        if (problem || !size)
            return problem;
        if (size > sizeof(metadata->bytes) - metadata->size)
            return PROBLEM_TOO_LARGE;
        memcpy(metadata->bytes + metadata->size, bytes, size);
        metadata->size += size;
    }
}

enum problem fetch_metadata(struct fetch *fetch, const char16_t *name, struct fetched *metadata)
{
    const struct http_request request = {
        .server = fetch->server, .name = name, .limit = METADATA_LIMIT};
    struct http_response response;
    metadata->size = 0;
    enum problem problem = http_begin(fetch->http, &request, &response);
    if (!problem && response.has_length && response.length > sizeof(metadata->bytes))
        problem = PROBLEM_TOO_LARGE;
    if (!problem)
        problem = fetch_body(fetch->http, metadata);
    if (!problem && response.has_length && metadata->size < response.length)
        problem = PROBLEM_SHORT;
    fetch->code = http_code(fetch->http);
    http_end(fetch->http);
    return problem;
}

/* ---- the file of a package ---- */

/* A package that is being downloaded. */
struct download {
    const struct fetch_package *wanted;
    HANDLE file;
    char16_t etag[ETAG_UNITS]; /* of the server's file; empty: it can't be gone on with */
    char16_t part_name[FOLDER_NAME_UNITS], etag_name[FOLDER_NAME_UNITS];
    struct update_package_check check;
    uint64_t done; /* bytes of the file that are in `check` */
    uint32_t code; /* of PROBLEM_FILE and PROBLEM_WINDOWS */
};

static enum problem download_fail(struct download *download, enum problem problem, uint32_t code)
{
    download->code = code;
    return problem;
}

static enum problem download_file_fails(struct download *download)
{
    return download_fail(download, PROBLEM_FILE, GetLastError());
}

void fetch_file_stem(const struct update_package *package, char16_t stem[FOLDER_NAME_UNITS])
{
    struct text text = text_on(stem, FOLDER_NAME_UNITS);
    for (size_t i = 0; i < sizeof(package->digest); i++)
        text_append_format(&text, "%02x", package->digest[i]);
}

static void download_name(const struct download *download, const char16_t *end,
                          char16_t name[FOLDER_NAME_UNITS])
{
    fetch_file_stem(download->wanted->package, name);
    struct text text = {name, text_length(name), FOLDER_NAME_UNITS, false};
    text_append(&text, end);
}

/* Reads the tag that came with the beginning of the file; none if there is anything odd. */
static void download_read_etag(struct download *download)
{
    HANDLE opened = NULL;
    DWORD size = 0;
    *download->etag = 0;
    if (folder_open_file(download->wanted->folder, download->etag_name, &opened) != 0)
        return;
    CLEANUP_HANDLE HANDLE file = opened;
    const DWORD most = (ETAG_UNITS - 1) * sizeof(*download->etag);
    const BOOL is_read = ReadFile(file, download->etag, most, &size, NULL);
    download->etag[is_read ? size / sizeof(*download->etag) : 0] = 0;
    if (!etag_is_strong(download->etag))
        *download->etag = 0;
}

static enum problem download_write_etag(struct download *download, const char16_t *etag)
{
    const uint32_t size = (uint32_t)(text_length(etag) * sizeof(*etag));
    uint32_t error = folder_write_file(download->wanted->folder, download->etag_name, etag, size);
    return error ? download_fail(download, PROBLEM_FILE, error) : PROBLEM_NONE;
}

static enum problem download_seek(struct download *download, uint64_t to)
{
    const LARGE_INTEGER offset = {.QuadPart = (LONGLONG)to};
    return SetFilePointerEx(download->file, offset, NULL, FILE_BEGIN)
               ? PROBLEM_NONE
               : download_file_fails(download);
}

/* Begins with an empty file. */
static enum problem download_restart(struct download *download)
{
    struct update_refusal refusal;
    update_package_abandon(&download->check);
    download->done = 0;
    uint32_t error = update_package_begin(&download->check, download->wanted->crypto,
                                          download->wanted->package, &refusal);
    if (error)
        return download_fail(download, PROBLEM_WINDOWS, error);
    enum problem problem = download_seek(download, 0);
    if (!problem && !SetEndOfFile(download->file))
        problem = download_file_fails(download);
    return problem;
}

static enum problem download_add(struct download *download, const void *bytes, size_t size)
{
    struct update_refusal refusal;
    if (size > download->check.left)
        return PROBLEM_TOO_LARGE;
    uint32_t error = update_package_add(&download->check, bytes, size, &refusal);
    if (error)
        return download_fail(download, PROBLEM_WINDOWS, error);
    download->done += size;
    return PROBLEM_NONE;
}

/* Hashes what an earlier download has left, from its first byte. */
static enum problem download_read_rest(struct download *download)
{
    CLEANUP_FREE uint8_t *bytes = malloc(REST_BYTES);
    DWORD size = 0;
    if (!bytes)
        return download_fail(download, PROBLEM_WINDOWS, ERROR_NOT_ENOUGH_MEMORY);
    enum problem problem = PROBLEM_NONE;
    do {
        if (!ReadFile(download->file, bytes, REST_BYTES, &size, NULL))
            return download_file_fails(download);
        if (size)
            problem = download_add(download, bytes, size);
    } while (size && !problem);
    return problem;
}

/* Opens the file. What cannot be the beginning of the package is dropped. */
static enum problem download_open(struct download *download)
{
    struct update_refusal refusal;
    LARGE_INTEGER size;
    uint32_t error =
        folder_open_file(download->wanted->folder, download->part_name, &download->file);
    if (error)
        return download_fail(download, PROBLEM_FILE, error);
    download_read_etag(download);
    if (!GetFileSizeEx(download->file, &size))
        return download_file_fails(download);
    if (!*download->etag || (uint64_t)size.QuadPart > download->wanted->package->size)
        return download_restart(download);
    error = update_package_begin(&download->check, download->wanted->crypto,
                                 download->wanted->package, &refusal);
    return error ? download_fail(download, PROBLEM_WINDOWS, error) : download_read_rest(download);
}

/* ---- the package ---- */

/* The response is about the bytes that are still missing, or about all of them. */
static enum problem download_judge_head(struct download *download,
                                        const struct http_response *response)
{
    const uint64_t size = download->wanted->package->size;
    enum problem problem = PROBLEM_NONE;
    if (response->is_part) {
        if (response->range.size != size || response->range.last != size - 1)
            return PROBLEM_RANGE;
    } else {
        problem = download_restart(download);
        if (!problem)
            problem = download_write_etag(download, response->etag);
    }
    if (problem || !response->has_length)
        return problem;
    if (response->length > download->check.left)
        return PROBLEM_TOO_LARGE;
    return response->length < download->check.left ? PROBLEM_SHORT : PROBLEM_NONE;
}

static enum problem download_read_body(struct download *download, struct http *http)
{
    const void *bytes;
    size_t size;
    DWORD written;
    for (;;) {
        enum problem problem = http_read(http, &bytes, &size);
        if (problem || !size)
            return problem;
        problem = download_add(download, bytes, size);
        if (problem)
            return problem;
        if (!WriteFile(download->file, bytes, (DWORD)size, &written, NULL))
            return download_file_fails(download);
        download->wanted->progress(download->wanted->context, download->done);
    }
}

static enum problem download_ask(struct download *download, struct fetch *fetch)
{
    char16_t name[UPDATE_FILE_NAME_SIZE];
    struct text text = TEXT_ON(name);
    text_append_ascii(&text, download->wanted->package->file_name);
    const struct http_request request = {.server = fetch->server,
                                         .name = name,
                                         .first = download->done,
                                         .etag = download->etag,
                                         .limit = PACKAGE_LIMIT};
    struct http_response response;
    enum problem problem = http_begin(fetch->http, &request, &response);
    if (!problem)
        problem = download_judge_head(download, &response);
    if (!problem)
        problem = download_read_body(download, fetch->http);
    /* A file's error may be the later one. */
    fetch->code = download->code ? download->code : http_code(fetch->http);
    http_end(fetch->http);
    return problem;
}

static enum problem download_finish(struct download *download, struct fetch *fetch)
{
    struct update_refusal refusal = {0};
    enum problem problem = download->check.left ? download_ask(download, fetch) : PROBLEM_NONE;
    if (!problem && download->check.left)
        problem = PROBLEM_SHORT;
    if (!problem && update_package_end(&download->check, &refusal) != 0)
        problem = refusal.reason == UPDATE_FAILED
                      ? download_fail(download, PROBLEM_WINDOWS, refusal.code)
                      : PROBLEM_HASH;
    return problem;
}

enum problem fetch_package(struct fetch *fetch, const struct fetch_package *wanted,
                           char16_t file_name[FOLDER_NAME_UNITS])
{
    struct download download = {.wanted = wanted};
    download_name(&download, u".part", download.part_name);
    download_name(&download, u".etag", download.etag_name);
    enum problem problem = download_open(&download);
    const bool has_rest = download.done != 0;
    if (!problem)
        problem = download_finish(&download, fetch);
    /* The rest may have been anything: once more, without it. */
    if (has_rest && (problem == PROBLEM_RANGE || problem == PROBLEM_HASH)) {
        problem = download_restart(&download);
        if (!problem)
            problem = download_finish(&download, fetch);
    }
    update_package_abandon(&download.check);
    close_handle(&download.file);
    if (download.code)
        fetch->code = download.code;
    struct text name = text_on(file_name, FOLDER_NAME_UNITS);
    text_append(&name, download.part_name);
    return problem;
}

bool fetch_keeps_rest(enum problem problem)
{
    static const enum problem kept[] = {PROBLEM_ENDED,  PROBLEM_NETWORK, PROBLEM_LIMIT,
                                        PROBLEM_SILENT, PROBLEM_SLOW,    PROBLEM_SHORT};
    for (size_t i = 0; i < ARRAY_COUNT(kept); i++)
        if (kept[i] == problem)
            return true;
    return false;
}

/* SPDX-License-Identifier: MIT */
#include "service/update/package.h"

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "service/signer.h"

#include <wintrust.h>

enum { CHUNK_SIZE = 65536, COPY_MILLISECONDS = 10 * 60 * 1000 };

/* ---- bytes ---- */

static uint32_t write_chunk(HANDLE to, const void *bytes, DWORD size,
                            struct update_refusal *refusal)
{
    DWORD written = 0;
    uint32_t error = WriteFile(to, bytes, size, &written, NULL) ? 0 : GetLastError();
    if (!error && written != size)
        error = ERROR_DISK_FULL;
    return update_folder_refuse(error, refusal);
}

/* Whether it has to be given up: the service stops, or whoever provides the bytes takes too long.
 */
static uint32_t check_time(const struct stored_package *stored, ULONGLONG start,
                           struct update_refusal *refusal)
{
    if (WaitForSingleObject(stored->stop, 0) == WAIT_OBJECT_0)
        return update_fail(refusal, ERROR_SHUTDOWN_IN_PROGRESS);
    return update_fail(refusal, GetTickCount64() - start > COPY_MILLISECONDS ? ERROR_TIMEOUT : 0);
}

/* Passes all bytes of `from` through the check, and to `to` if there is one. */
static uint32_t pass_bytes(const struct stored_package *stored, HANDLE from, HANDLE to,
                           struct update_refusal *refusal)
{
    CLEANUP_FREE void *bytes = malloc(CHUNK_SIZE);
    CLEANUP_UPDATE_PACKAGE struct update_package_check check = {0};
    const ULONGLONG start = GetTickCount64();
    DWORD got = 0;
    if (!bytes)
        return update_fail(refusal, ERROR_NOT_ENOUGH_MEMORY);
    uint32_t error = update_package_begin(&check, stored->crypto, stored->package, refusal);
    do {
        if (!error)
            error = check_time(stored, start, refusal);
        if (!error && !ReadFile(from, bytes, CHUNK_SIZE, &got, NULL))
            error = update_refuse(refusal, UPDATE_PATH_UNREADABLE);
        if (!error && got)
            error = update_package_add(&check, bytes, got, refusal);
        if (!error && got && to)
            error = write_chunk(to, bytes, got, refusal);
    } while (!error && got);
    return error ? error : update_package_end(&check, refusal);
}

uint32_t package_take(const struct stored_package *stored, HANDLE from,
                      struct update_refusal *refusal)
{
    CLEANUP_HANDLE HANDLE to = NULL;
    uint32_t error = update_fail(refusal, update_folder_create(stored->folder, stored->name, &to));
    if (error)
        return error;
    error = pass_bytes(stored, from, to, refusal);
    if (!error && !FlushFileBuffers(to))
        error = update_folder_refuse(GetLastError(), refusal);
    close_handle(&to);
    if (error)
        update_folder_delete(stored->folder, stored->name);
    return error;
}

uint32_t package_verify(const struct stored_package *stored, struct update_refusal *refusal)
{
    CLEANUP_HANDLE HANDLE file = NULL;
    uint32_t error =
        update_fail(refusal, update_folder_open_file(stored->folder, stored->name, &file));
    return error ? error : pass_bytes(stored, file, NULL, refusal);
}

/* ---- the signature ---- */

static uint32_t refuse_signature(uint32_t status, struct update_refusal *refusal)
{
    log_error_of(LOG_UPDATE_REFUSED, status, "The signature of the package of an update");
    if (status == (uint32_t)TRUST_E_NOSIGNATURE)
        return update_refuse(refusal, UPDATE_PACKAGE_UNSIGNED);
    if (status == ERROR_TIMEOUT || status == ERROR_NOT_ENOUGH_MEMORY)
        return update_fail(refusal, status);
    return update_refuse(refusal, UPDATE_PACKAGE_SIGNATURE);
}

uint32_t package_check_signer(const struct stored_package *stored, const struct update_root *root,
                              struct update_refusal *refusal)
{
    CLEANUP_HANDLE HANDLE file = NULL;
    char16_t path[UPDATE_PATH_UNITS];
    unsigned char key[SIGNER_KEY_SIZE];
    uint8_t digest[UPDATE_DIGEST_SIZE];
    size_t size = 0;
    uint32_t error =
        update_fail(refusal, update_folder_open_file(stored->folder, stored->name, &file));
    if (!error)
        error = update_fail(refusal, update_folder_path(stored->folder, stored->name, path));
    if (error)
        return error;
    error = signer_read_key(file, path, key, &size);
    if (error)
        return refuse_signature(error, refusal);
    error = update_fail(refusal, update_sha256(stored->crypto, key, size, digest));
    if (error)
        return error;
    return update_root_has_signer(root, digest) ? 0 : update_refuse(refusal, UPDATE_PACKAGE_SIGNER);
}

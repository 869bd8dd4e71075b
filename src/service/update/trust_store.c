/* SPDX-License-Identifier: MIT */
#include "service/update/trust_store.h"

#include "base/errors.h"
#include "base/text.h"
#include "product.h"
#include "service/update/root_file.h"

/* A record that is missing is one of a machine that has accepted nothing yet; one that cannot be
 * read is damaged. Otherwise a failing disk would let an old manifest pass. */
static uint32_t read_update_record(const struct update_folder *folder, void **bytes, size_t *size,
                                   struct update_refusal *refusal)
{
    *size = 0;
    if (!folder)
        return 0;
    uint32_t error =
        update_folder_read(folder, UPDATE_RECORD_FILE, UPDATE_RECORD_SIZE, bytes, size);
    if (error == ERROR_FILE_TOO_LARGE)
        return update_refuse(refusal, UPDATE_RECORD_DAMAGED);
    return error == ERROR_FILE_NOT_FOUND ? 0 : update_fail(refusal, error);
}

uint32_t trust_store_load(const struct update_folder *folder, struct update_crypto *crypto,
                          struct update_trust **trust, struct update_refusal *refusal)
{
    CLEANUP_FREE void *root = NULL;
    CLEANUP_FREE void *record = NULL;
    char product[UPDATE_PRODUCT_SIZE];
    struct update_start start = {.crypto = crypto, .product = product};
    uint32_t error = root_file_read(&root, &start.root_size, refusal);
    if (!error)
        error = read_update_record(folder, &record, &start.record_size, refusal);
    if (error)
        return error;
    text_to_line(PRODUCT_NAME, product, sizeof(product));
    start.root = root;
    start.record = record;
    return update_trust_open(&start, trust, refusal);
}

uint32_t trust_store_save(const struct update_folder *folder, struct update_trust *trust,
                          struct update_refusal *refusal)
{
    CLEANUP_FREE unsigned char *bytes = NULL;
    size_t size = 0;
    if (!trust->is_changed)
        return 0;
    bytes = malloc(UPDATE_RECORD_SIZE);
    if (!bytes)
        return update_fail(refusal, ERROR_NOT_ENOUGH_MEMORY);
    uint32_t error = update_fail(refusal, update_trust_encode(trust, bytes, &size));
    if (error)
        return error;
    error = update_folder_write(folder, UPDATE_RECORD_FILE, bytes, size);
    if (error)
        trust->is_changed = true;
    return update_folder_refuse(error, refusal);
}

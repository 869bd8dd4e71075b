/* SPDX-License-Identifier: MIT */
#include "update/attempt.h"

#include "base/array.h"
#include "base/bytes.h"
#include "base/sha1.h"
#include "base/text.h"

#include <string.h>

void attempt_set(struct update_attempt *attempt, enum attempt_state state, uint32_t code,
                 uint64_t now)
{
    attempt->state = state;
    attempt->code = code;
    attempt->since = now;
}

bool attempt_is_of(const struct update_attempt *attempt, const char16_t *version)
{
    char16_t units[ATTEMPT_VERSION_SIZE];
    struct text text = TEXT_ON(units);
    text_append_ascii(&text, attempt->version);
    return text_equal(units, version);
}

/* ---- what has become of it ---- */

static bool is_of_this_run(const struct update_attempt *attempt, const struct attempt_facts *facts)
{
    return facts->boot && attempt->boot == facts->boot;
}

/* Its version does not run. */
static void judge_unfinished(struct update_attempt *attempt, const struct attempt_facts *facts)
{
    switch (attempt->state) {
    case ATTEMPT_INSTALLING:
        if (!facts->installer_runs)
            attempt_set(attempt, ATTEMPT_FAILED, INSTALLER_FAILED, facts->now);
        break;
    case ATTEMPT_RESTART_NEEDED:
        if (!is_of_this_run(attempt, facts))
            attempt_set(attempt, ATTEMPT_FAILED, INSTALLER_FAILED, facts->now);
        break;
    case ATTEMPT_INSTALLED: /* an administrator has installed another version since */
        *attempt = (struct update_attempt){.state = ATTEMPT_NONE};
        break;
    default:
        break;
    }
}

bool attempt_judge(struct update_attempt *attempt, const struct attempt_facts *facts)
{
    const enum attempt_state before = attempt->state;
    const bool goes_on = (before == ATTEMPT_INSTALLING && facts->installer_runs) ||
                         (before == ATTEMPT_RESTART_NEEDED && is_of_this_run(attempt, facts));
    if (before == ATTEMPT_NONE)
        return false;
    if (!attempt_is_of(attempt, facts->running))
        judge_unfinished(attempt, facts);
    else if (!goes_on && before != ATTEMPT_INSTALLED)
        attempt_set(attempt, ATTEMPT_INSTALLED, 0, facts->now);
    return attempt->state != before;
}

/* A success without the new version, and a code with it, contradict each other: the version
 * counts. */
void attempt_end(struct update_attempt *attempt, uint32_t code, const struct attempt_facts *facts)
{
    const bool needs_restart =
        code == INSTALLER_NEEDS_RESTART || code == INSTALLER_HAS_RESTARTED_WINDOWS;
    if (needs_restart)
        attempt_set(attempt, ATTEMPT_RESTART_NEEDED, code, facts->now);
    else if (attempt_is_of(attempt, facts->running))
        attempt_set(attempt, ATTEMPT_INSTALLED, 0, facts->now);
    else if (code == INSTALLER_IS_BUSY && attempt->tries < ATTEMPT_MOST_TRIES)
        attempt_set(attempt, ATTEMPT_WAITING, code, facts->now);
    else
        attempt_set(attempt, ATTEMPT_FAILED, code ? code : (uint32_t)INSTALLER_FAILED, facts->now);
}

/* ---- words ---- */

static const struct {
    uint32_t code;
    const char16_t *reason;
} reasons[] = {
    {0, u""},
    {INSTALLER_FAILED,
     u"The installation has ended without the new version; the log beside the package says why"},
    {INSTALLER_IS_BUSY, u"Another installation is running; this one is tried again when it ends"},
    {INSTALLER_NEEDS_RESTART, u"Windows must be restarted to end the installation"},
    {INSTALLER_HAS_RESTARTED_WINDOWS, u"Windows must be restarted to end the installation"},
    {23 /* ERROR_CRC */, u"The package was damaged after it had been taken over; offer it again"},
    {112 /* ERROR_DISK_FULL */, u"The disk is full; make room and offer the update again"},
    {1601, u"Windows Installer cannot be reached; restart Windows and offer the update again"},
    {1602, u"The installation was cancelled"},
    {1619, u"Windows Installer cannot open the package"},
    {1620, u"The file is no package of Windows Installer"},
    {1625, u"A policy of this machine forbids the installation"},
    {1633, u"The package is not for this kind of processor"},
    {1638, u"Another version of the product is installed, which the package does not replace"},
};

const char16_t *attempt_reason(uint32_t code)
{
    for (size_t i = 0; i < ARRAY_COUNT(reasons); i++)
        if (reasons[i].code == code)
            return reasons[i].reason;
    return u"The installation has failed; the log beside the package says why";
}

/* ---- the record ---- */

/* Where its fields lie; integers are little-endian. A checksum of all before it is at the end: it
 * tells half a record from a whole one and protects nothing, which is the folder's business. */
enum {
    AT_MAGIC = 0,
    AT_STATE = 8,
    AT_CODE = 12,
    AT_TRIES = 16,
    AT_PROCESS = 20,
    AT_SINCE = 24,
    AT_BOOT = 32,
    AT_CREATED = 40,
    AT_SIZE = 48,
    AT_MANIFEST = 56,
    AT_DIGEST = 64,
    AT_VERSION = AT_DIGEST + UPDATE_DIGEST_SIZE,
    AT_PACKAGE = AT_VERSION + ATTEMPT_VERSION_SIZE,
    AT_IDLE = AT_PACKAGE + ATTEMPT_PACKAGE_SIZE,
    AT_CHECKSUM = AT_IDLE + 4,
    RECORD_END = AT_CHECKSUM + SHA1_SIZE
};
_Static_assert((int)RECORD_END == (int)ATTEMPT_RECORD_SIZE, "the record does not fit");

static const uint8_t attempt_magic[8] = {'G', 'H', 'U', 'P', 'D', 'A', 'T', 1};

static void checksum_of(const uint8_t bytes[ATTEMPT_RECORD_SIZE], uint8_t checksum[SHA1_SIZE])
{
    struct sha1 sha1;
    sha1_begin(&sha1);
    sha1_add(&sha1, bytes, AT_CHECKSUM);
    sha1_end(&sha1, checksum);
}

void attempt_encode(const struct update_attempt *attempt, uint8_t bytes[ATTEMPT_RECORD_SIZE])
{
    memset(bytes, 0, ATTEMPT_RECORD_SIZE);
    memcpy(bytes + AT_MAGIC, attempt_magic, sizeof(attempt_magic));
    store_u32(bytes + AT_STATE, (uint32_t)attempt->state);
    store_u32(bytes + AT_CODE, attempt->code);
    store_u32(bytes + AT_TRIES, attempt->tries);
    store_u32(bytes + AT_PROCESS, attempt->process_id);
    store_u64(bytes + AT_SINCE, attempt->since);
    store_u64(bytes + AT_BOOT, attempt->boot);
    store_u64(bytes + AT_CREATED, attempt->process_created);
    store_u64(bytes + AT_SIZE, attempt->size);
    store_u64(bytes + AT_MANIFEST, attempt->manifest);
    memcpy(bytes + AT_DIGEST, attempt->digest, UPDATE_DIGEST_SIZE);
    memcpy(bytes + AT_VERSION, attempt->version, ATTEMPT_VERSION_SIZE);
    memcpy(bytes + AT_PACKAGE, attempt->package, ATTEMPT_PACKAGE_SIZE);
    store_u32(bytes + AT_IDLE, attempt->when_idle);
    checksum_of(bytes, bytes + AT_CHECKSUM);
}

/* Whether the bytes are printable ASCII, then zeros to their end. */
static bool is_ascii_text(const char *bytes, size_t size)
{
    size_t length = 0;
    while (length < size && bytes[length] > ' ' && bytes[length] < 0x7F)
        length++;
    for (size_t i = length; i < size; i++)
        if (bytes[i])
            return false;
    return length > 0 && length < size;
}

/* A name, and no path that leads elsewhere. */
static bool is_package_name(const char *name)
{
    return !strpbrk(name, "\\/:*?\"<>|") && name[0] != '.';
}

bool attempt_decode(const void *record, size_t size, struct update_attempt *attempt)
{
    const uint8_t *bytes = record;
    uint8_t checksum[SHA1_SIZE];
    *attempt = (struct update_attempt){.state = ATTEMPT_NONE};
    if (size != ATTEMPT_RECORD_SIZE ||
        memcmp(bytes + AT_MAGIC, attempt_magic, sizeof(attempt_magic)) != 0)
        return false;
    checksum_of(bytes, checksum);
    const uint32_t state = load_u32(bytes + AT_STATE);
    if (memcmp(checksum, bytes + AT_CHECKSUM, SHA1_SIZE) != 0 || state == ATTEMPT_NONE ||
        state >= ATTEMPT_STATE_COUNT ||
        !is_ascii_text((const char *)bytes + AT_VERSION, ATTEMPT_VERSION_SIZE) ||
        !is_ascii_text((const char *)bytes + AT_PACKAGE, ATTEMPT_PACKAGE_SIZE) ||
        !is_package_name((const char *)bytes + AT_PACKAGE))
        return false;
    attempt->state = (enum attempt_state)state;
    attempt->code = load_u32(bytes + AT_CODE);
    attempt->tries = load_u32(bytes + AT_TRIES);
    attempt->process_id = load_u32(bytes + AT_PROCESS);
    attempt->since = load_u64(bytes + AT_SINCE);
    attempt->boot = load_u64(bytes + AT_BOOT);
    attempt->process_created = load_u64(bytes + AT_CREATED);
    attempt->size = load_u64(bytes + AT_SIZE);
    attempt->manifest = load_u64(bytes + AT_MANIFEST);
    memcpy(attempt->digest, bytes + AT_DIGEST, UPDATE_DIGEST_SIZE);
    memcpy(attempt->version, bytes + AT_VERSION, ATTEMPT_VERSION_SIZE);
    memcpy(attempt->package, bytes + AT_PACKAGE, ATTEMPT_PACKAGE_SIZE);
    attempt->when_idle = load_u32(bytes + AT_IDLE) != 0;
    return true;
}

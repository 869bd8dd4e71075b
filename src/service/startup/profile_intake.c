/* SPDX-License-Identifier: MIT */
#include "service/startup/profile_intake.h"

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "policy/profile/profile.h"
#include "service/file_deadline.h"
#include "service/final_path.h"

/* The bytes of a profile. They may hold a key or a password, so they are wiped. */
struct profile_bytes {
    char *bytes;
    size_t size;
};

static void profile_bytes_free(struct profile_bytes *profile)
{
    if (profile->bytes)
        SecureZeroMemory(profile->bytes, profile->size);
    free(profile->bytes);
}

/* ---- reading ---- */

static uint32_t read_profile_file(HANDLE file, struct profile_bytes *profile)
{
    LARGE_INTEGER size;
    DWORD got = 0;
    if (!GetFileSizeEx(file, &size))
        return GetLastError();
    if (size.QuadPart > PROFILE_BYTES_MAX)
        return ERROR_FILE_TOO_LARGE;
    profile->bytes = malloc((size_t)size.QuadPart + 1);
    if (!profile->bytes)
        return ERROR_NOT_ENOUGH_MEMORY;
    /* What the file has become since then is another time's; what was read is what is judged. */
    while (profile->size < (size_t)size.QuadPart) {
        const DWORD rest = (DWORD)((size_t)size.QuadPart - profile->size);
        if (!ReadFile(file, profile->bytes + profile->size, rest, &got, NULL))
            return GetLastError();
        if (!got)
            break;
        profile->size += got;
    }
    return 0;
}

static uint32_t read_local_file(HANDLE file, char16_t final[POLICY_PATH_UNITS],
                                struct profile_bytes *profile)
{
    if (GetFileType(file) != FILE_TYPE_DISK || final_path_of(file, final) || !path_is_local(final))
        return ERROR_BAD_PATHNAME;
    return read_profile_file(file, profile);
}

/* A file of a local disk, opened as the user. `final` is where it lies. */
static uint32_t read_users_file(const struct caller *caller, const char16_t *path,
                                char16_t final[POLICY_PATH_UNITS], struct profile_bytes *profile)
{
    CLEANUP_HANDLE HANDLE file = NULL;
    struct file_deadline deadline;
    uint32_t error = caller_open(caller, path, GENERIC_READ,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, 0, &file);
    if (!error)
        error = file_deadline_begin(&deadline, caller->stop);
    if (error)
        return error;
    error = read_local_file(file, final, profile);
    return file_deadline_end(&deadline, error);
}

static uint32_t read_input(const char16_t *input, struct profile_bytes *profile)
{
    const size_t length = text_length(input);
    const size_t size = text_to_utf8(input, length, NULL, 0);
    profile->bytes = malloc(size + 1);
    if (!profile->bytes)
        return ERROR_NOT_ENOUGH_MEMORY;
    profile->size = size;
    text_to_utf8(input, length, profile->bytes, size);
    return 0;
}

/* ---- judging ---- */

/* The first line that is refused. */
struct first_refusal {
    struct profile_finding finding;
    size_t count;
};

static void note_refusal(void *context, const struct profile_finding *finding)
{
    struct first_refusal *first = context;
    if (finding->verdict == PROFILE_LEFT_OUT)
        return;
    if (!first->count++)
        first->finding = *finding;
}

/* The name of an unknown directive is not told: it may be a line of a key. */
static uint32_t refuse_profile(const struct profile_intake *intake,
                               const struct first_refusal *first, struct policy_refusal *refusal)
{
    char16_t units[POLICY_REASON_UNITS];
    struct text text = TEXT_ON(units);
    const struct profile_finding *finding = &first->finding;
    text_append_format(&text, "Line %u of your profile", (unsigned)finding->line);
    if (finding->verdict == PROFILE_REFUSED || finding->verdict == PROFILE_WRONG) {
        text_append(&text, u" (");
        text_append_ascii(&text, finding->name);
        text_append(&text, u")");
    }
    text_append(&text, u" is not allowed: ");
    text_append_ascii(&text, finding->reason);
    text_append(&text, u".");
    if (first->count > 1)
        text_append_format(&text, " %u more lines are not, either.", (unsigned)first->count - 1);
    return policy_refuse_profile(intake->admin_group, units, refusal);
}

static uint32_t judge_profile(const struct profile_intake *intake,
                              const struct profile_bytes *profile, struct policy_refusal *refusal,
                              struct profile_text *text)
{
    struct first_refusal first = {.count = 0};
    const uint32_t error = profile_check(profile->bytes, profile->size, note_refusal, &first, text);
    return error == ERROR_INVALID_DATA ? refuse_profile(intake, &first, refusal) : error;
}

/* ---- the whole ---- */

static uint32_t take_input(struct profile_intake *intake, struct policy_refusal *refusal)
{
    CLEANUP(profile_bytes_free) struct profile_bytes profile = {.bytes = NULL};
    uint32_t error = read_input(intake->input, &profile);
    profile_text_free(&intake->written_input);
    return error ? error : judge_profile(intake, &profile, refusal, &intake->written_input);
}

static uint32_t take_file(struct profile_intake *intake, const char16_t *path,
                          struct policy_refusal *refusal, char16_t run[POLICY_PATH_UNITS])
{
    CLEANUP(profile_bytes_free) struct profile_bytes profile = {.bytes = NULL};
    CLEANUP(profile_text_free) struct profile_text text = {.bytes = NULL};
    char16_t final[POLICY_PATH_UNITS];
    const struct profile_copy *copy;
    struct text result = text_on(run, POLICY_PATH_UNITS);
    uint32_t error = read_users_file(intake->caller, path, final, &profile);
    if (!error)
        error = judge_profile(intake, &profile, refusal, &text);
    if (!error)
        error = profile_copies_add(intake->copies, (PSID)intake->caller->sid, final, &text, &copy);
    if (error)
        return error;
    text_append(&result, copy->path);
    log_information("The profile %s was checked, and runs as %s", UTF8(final), UTF8(copy->path));
    return 0;
}

uint32_t profile_intake_take(void *context, const char16_t *path, struct policy_refusal *refusal,
                             char16_t run[POLICY_PATH_UNITS])
{
    struct profile_intake *intake = context;
    return path ? take_file(intake, path, refusal, run) : take_input(intake, refusal);
}

void profile_intake_free(struct profile_intake *intake)
{
    profile_text_free(&intake->written_input);
}

/* SPDX-License-Identifier: MIT */
#include "service/startup/program_check.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "base/win32/account.h"
#include "service/changeable.h"
#include "service/final_path.h"
#include "service/signer.h"

void program_close(struct program *program)
{
    close_handle(&program->file);
}

static uint32_t resolve_program(const char16_t *given, uint32_t access, uint32_t share,
                                struct program *program)
{
    program->file = CreateFileW(given, access, share, NULL, OPEN_EXISTING, 0, NULL);
    if (program->file == INVALID_HANDLE_VALUE) {
        program->file = NULL;
        return GetLastError();
    }
    uint32_t error = final_path_of(program->file, program->path);
    return error || path_is_local(program->path) ? error : (uint32_t)ERROR_BAD_PATHNAME;
}

/* Whatever is not told here is told when it is started. */
static void find_program(const char16_t *given, struct program *program)
{
    uint32_t error =
        resolve_program(given, FILE_READ_ATTRIBUTES,
                        FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, program);
    program_close(program);
    if (!error)
        return;
    struct text text = TEXT_ON(program->path);
    text_append(&text, given);
}

static struct failure refuse_program(const struct path_finding *finding)
{
    char16_t account[ACCOUNT_UNITS];
    path_finding_describe(finding, account);
    log_error_of(
        LOG_PROGRAM_REFUSED, ERROR_ACCESS_DENIED,
        "openvpn.exe is not started: %s may be changed by %s. Let only administrators write "
        "there; to start it all the same, set the registry value allow_writable_install to 1",
        UTF8(finding->path), UTF8(account));
    return refusal_of(LOG_PROGRAM_REFUSED, ERROR_ACCESS_DENIED,
                      u"Users can change openvpn.exe (exe_path)");
}

static struct failure check_users(const struct caller *caller, const struct program *program)
{
    CLEANUP(path_finding_free) struct path_finding finding = {.descriptor = NULL};
    bool is_changeable = false;
    uint32_t error = changeable_by_users(program->path, caller, &is_changeable, &finding);
    if (error)
        return failure_of(error, u"GetTokenInformation (groups of the client)");
    return is_changeable ? refuse_program(&finding) : NO_FAILURE;
}

/* The file is held from before the check until openvpn.exe runs. */
static struct failure check_signer(const struct settings *settings, const struct program *program)
{
    char16_t name[SIGNER_UNITS];
    uint32_t error = signer_check(program->file, program->path, settings->exe_signers, name);
    if (!error)
        return NO_FAILURE;
    log_error_of(LOG_PROGRAM_REFUSED, error,
                 "openvpn.exe is not started: %s is not signed by one of exe_signers%s%s",
                 UTF8(program->path), *name ? ", but by " : "", UTF8(name));
    return refusal_of(LOG_PROGRAM_REFUSED, ERROR_ACCESS_DENIED,
                      u"openvpn.exe is not signed as exe_signers says");
}

struct failure program_check(const struct settings *settings, const struct caller *caller,
                             struct program *program)
{
    struct failure failure = NO_FAILURE;
    if (*settings->exe_signers) {
        uint32_t error =
            resolve_program(settings->exe_path, GENERIC_READ, FILE_SHARE_READ, program);
        if (error)
            return failure_of(error, u"CreateFile (exe_path)");
    } else {
        find_program(settings->exe_path, program);
    }
    if (!settings->allow_writable_install)
        failure = check_users(caller, program);
    if (!failed(failure) && *settings->exe_signers)
        failure = check_signer(settings, program);
    return failure;
}

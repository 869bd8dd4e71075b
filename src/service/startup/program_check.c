/* SPDX-License-Identifier: MIT */
#include "service/startup/program_check.h"

#include "base/log.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "service/account.h"
#include "service/changeable.h"
#include "service/final_path.h"

static void resolve_program(const char16_t *given, char16_t path[POLICY_PATH_UNITS])
{
    struct text text = text_on(path, POLICY_PATH_UNITS);
    CLEANUP_HANDLE HANDLE file = CreateFileW(given, FILE_READ_ATTRIBUTES,
                                             FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                             NULL, OPEN_EXISTING, 0, NULL);
    if (file != INVALID_HANDLE_VALUE && !final_path_of(file, path) && path_is_local(path))
        return;
    text = text_on(path, POLICY_PATH_UNITS);
    text_append(&text, given);
}

static struct failure refuse_program(const struct path_finding *finding)
{
    char16_t account[ACCOUNT_UNITS];
    account_describe(finding->account, account);
    log_error(ERROR_ACCESS_DENIED,
              "openvpn.exe is not started: %s may be changed by %s. Let only administrators write "
              "there; to start it all the same, set the registry value allow_writable_install to 1",
              UTF8(finding->path), UTF8(account));
    return failure_of(ERROR_ACCESS_DENIED, u"Users can change openvpn.exe (exe_path)");
}

struct failure program_check(const struct settings *settings, const struct caller *caller,
                             char16_t path[POLICY_PATH_UNITS])
{
    CLEANUP(path_finding_free) struct path_finding finding = {.descriptor = NULL};
    bool is_changeable = false;
    resolve_program(settings->exe_path, path);
    if (settings->allow_writable_install)
        return NO_FAILURE;
    uint32_t error = changeable_by_users(path, caller, &is_changeable, &finding);
    if (error)
        return failure_of(error, u"GetTokenInformation (groups of the client)");
    return is_changeable ? refuse_program(&finding) : NO_FAILURE;
}

/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/access.h"

#include "base/text.h"
#include "base/win32/account.h"
#include "base/win32/handles.h"
#include "base/win32/path_acl.h"

#include <aclapi.h>
#include <sddl.h>

PSID access_installer(const struct doctor *doctor, PSECURITY_DESCRIPTOR *descriptor)
{
    char16_t program[SERVICE_COMMAND_UNITS];
    PSID owner = NULL;
    bool needs_quotes;
    *descriptor = NULL;
    service_program(doctor->facts.command, program, &needs_quotes);
    if (GetNamedSecurityInfoW(program, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL,
                              NULL, NULL, descriptor))
        return NULL;
    return owner;
}

static bool judge_everybody(const void *context, PSID account)
{
    (void)context;
    return file_acl_is_everybody(account);
}

static bool judge_untrusted(const void *context, PSID account)
{
    return !file_acl_trusts(account, (PSID)context);
}

static void add_writer(struct findings *findings, const struct access_question *question,
                       enum verdict verdict, const struct path_finding *writer)
{
    CLEANUP_LOCAL char16_t *sid = NULL;
    char16_t account[ACCOUNT_UNITS];
    account_describe(writer->account, account);
    struct finding *finding =
        findings_add(findings, verdict, question->name, "%s may be changed by %s%s%s",
                     UTF8(writer->path), UTF8(account), question->allowed_by ? ", allowed by " : "",
                     question->allowed_by ? question->allowed_by : "");
    finding_add_detail(finding, "path", "%s", UTF8(writer->path));
    finding_add_detail(finding, "account", "%s", UTF8(account));
    if (!ConvertSidToStringSidW(writer->account, &sid))
        return;
    finding_add_detail(finding, "sid", "%s", UTF8(sid));
    finding_advise(finding,
                   "Let only administrators write there: icacls.exe \"%s\" /inheritance:d "
                   "/remove:g *%s, and /setowner *S-1-5-32-544 if it is the owner",
                   UTF8(writer->path), UTF8(sid));
}

/* Whether its access list can be read at all: path_acl_find() finds nobody in one that can't. */
static uint32_t access_error(const char16_t *path)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    return GetNamedSecurityInfoW(path, SE_FILE_OBJECT,
                                 OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, NULL, NULL,
                                 NULL, NULL, &descriptor);
}

void access_check(struct findings *findings, const struct access_question *question, PSID trusted)
{
    CLEANUP(path_finding_free) struct path_finding writer = {.descriptor = NULL};
    uint32_t error = access_error(question->path);
    if (path_acl_find(question->path, question->is_file, judge_everybody, NULL, &writer))
        add_writer(findings, question, question->when_everybody, &writer);
    else if (path_acl_find(question->path, question->is_file, judge_untrusted, trusted, &writer))
        add_writer(findings, question, VERDICT_WARNING, &writer);
    else if (error)
        doctor_unreadable(findings, question->name, "Who can change it", error);
    else
        findings_add(findings, VERDICT_OK, question->name,
                     trusted && !file_acl_trusts(trusted, NULL)
                         ? "Only administrators, and who has installed the service, can change %s"
                         : "Only administrators can change %s",
                     UTF8(question->path));
}

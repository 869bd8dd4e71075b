/* SPDX-License-Identifier: MIT */
/* What the service starts: openvpn.exe, and the folder of the configurations. */
#include "client/cli/doctor/access.h"
#include "client/cli/doctor/doctor.h"
#include "client/cli/doctor/file_version.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "base/win32/handles.h"

static bool path_is_whole(const char16_t *path)
{
    const char16_t letter = path[0] | 0x20;
    return (letter >= u'a' && letter <= u'z' && path[1] == u':' && path[2] == u'\\') ||
           text_starts_with(path, u"\\\\");
}

/* Programs begin with MZ (Microsoft, "PE Format"). */
static uint32_t look_for_program(const char16_t *path, bool *is_program)
{
    CLEANUP_HANDLE HANDLE file =
        CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, 0, NULL);
    char mark[2] = {0};
    DWORD read = 0;
    *is_program = false;
    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    if (!ReadFile(file, mark, sizeof(mark), &read, NULL))
        return GetLastError();
    *is_program = read == sizeof(mark) && mark[0] == 'M' && mark[1] == 'Z';
    return 0;
}

static void report_program_version(const char16_t *path, struct findings *findings)
{
    struct file_version version;
    uint32_t error = file_version_read(path, &version);
    struct finding *finding;
    if (error || !*version.version) {
        finding = findings_add(findings, VERDICT_WARNING, "program.version",
                               "openvpn.exe does not say its version");
        finding_advise(finding, "Install openvpn.exe of a release of OpenVPN");
        return;
    }
    finding = findings_add(findings, VERDICT_OK, "program.version", "%s, version %s",
                           *version.product ? UTF8(version.product) : "openvpn.exe",
                           UTF8(version.version));
    finding_add_detail(finding, "product", "%s", UTF8(version.product));
    finding_add_detail(finding, "version", "%s", UTF8(version.version));
}

static void report_program_access(const struct doctor *doctor, const char16_t *path,
                                  struct findings *findings)
{
    CLEANUP_LOCAL PSECURITY_DESCRIPTOR descriptor = NULL;
    const bool is_allowed =
        text_equal(doctor_setting(doctor, SETTING_ALLOW_WRITABLE_INSTALL), u"1");
    const struct access_question question = {
        .name = "program.access",
        .path = path,
        .is_file = true,
        .when_everybody = is_allowed ? VERDICT_WARNING : VERDICT_FAILURE,
        .allowed_by = is_allowed ? "allow_writable_install" : NULL,
    };
    access_check(findings, &question, access_installer(doctor, &descriptor));
}

/* Returns whether there is a file to look further at. */
static bool report_exe_path(const char16_t *path, struct findings *findings)
{
    bool is_program;
    struct finding *finding;
    if (!path_is_whole(path)) {
        finding = findings_add(findings, VERDICT_FAILURE, "program.exe_path",
                               "exe_path is no whole path: %s", UTF8(path));
        finding_advise(finding, "Set the registry value exe_path to a path that begins with a "
                                "drive, and restart the service");
        return false;
    }
    uint32_t error = look_for_program(path, &is_program);
    const DWORD attributes = GetFileAttributesW(path);
    const bool is_folder =
        attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY);
    if (error == ERROR_ACCESS_DENIED && !is_folder) {
        doctor_unreadable(findings, "program.exe_path", "openvpn.exe", error);
        return true;
    }
    if (error || !is_program) {
        finding = is_folder ? findings_add(findings, VERDICT_FAILURE, "program.exe_path",
                                           "exe_path is a folder: %s", UTF8(path))
                  : error   ? findings_add(findings, VERDICT_FAILURE, "program.exe_path",
                                           "There is no openvpn.exe at exe_path: %s: %s", UTF8(path),
                                           WORDS(error))
                            : findings_add(findings, VERDICT_FAILURE, "program.exe_path",
                                           "exe_path is no program: %s", UTF8(path));
        finding_advise(finding, "Install OpenVPN there, or correct the registry value exe_path "
                                "and restart the service");
        return false;
    }
    findings_add(findings, VERDICT_OK, "program.exe_path", "%s", UTF8(path));
    return true;
}

static void report_tapctl(const struct doctor *doctor, struct findings *findings)
{
    char16_t path[SETTING_PATH + 16];
    struct text text = TEXT_ON(path);
    text_append(&text, doctor_setting(doctor, SETTING_BIN_DIR));
    if (!text.length)
        return;
    text_append(&text, u"tapctl.exe");
    const uint32_t error = GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES ? GetLastError() : 0;
    if (error == ERROR_ACCESS_DENIED)
        doctor_unreadable(findings, "program.tapctl", "tapctl.exe", error);
    else if (error)
        finding_advise(findings_add(findings, VERDICT_WARNING, "program.tapctl",
                                    "There is no tapctl.exe in bin_dir, so no adapter can be made "
                                    "when one is missing: %s",
                                    UTF8(path)),
                       "Install OpenVPN there, or correct the registry value bin_dir");
    else
        findings_add(findings, VERDICT_OK, "program.tapctl", "%s", UTF8(path));
}

void check_program(const struct doctor *doctor, struct findings *findings)
{
    const char16_t *path = doctor_setting(doctor, SETTING_EXE_PATH);
    if (!*path) {
        findings_add(findings, VERDICT_WARNING, "program.exe_path",
                     "Which openvpn.exe the service starts is not known, because its settings "
                     "can't be read");
        return;
    }
    if (report_exe_path(path, findings)) {
        report_program_version(path, findings);
        report_program_access(doctor, path, findings);
    }
    report_tapctl(doctor, findings);
}

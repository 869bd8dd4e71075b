/* SPDX-License-Identifier: MIT */
#include "client/cli/commands.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "client/cli/console.h"
#include "client/cli/update/fetch.h"
#include "client/cli/update/hand_over.h"
#include "client/cli/update/show.h"
#include "update/win32/crypto.h"

#include <time.h>
#include <windows.h>

/* Of the installed product: this program comes in one package with the service. */
#ifdef _WIN64
#define UPDATE_ARCHITECTURE_NAME "x86_64"
#else
#define UPDATE_ARCHITECTURE_NAME "i686"
#endif

struct update {
    const struct arguments *arguments;
    struct report report;
    HANDLE end; /* event: the user wants no more */
    struct known_update known;
    struct address server;
    struct fetch fetch;
    struct folder folder;
    struct update_manifest manifest;
    const struct update_package *package; /* of the manifest; NULL: nothing is newer */
    struct fetched manifest_file;
    size_t root_count; /* of those after known.update.root */
    struct fetched roots[HAND_OVER_ROOTS];
};

/* ---- what the service says ---- */

static enum exit_code update_refuse_setting(const struct update *update, uint32_t code,
                                            const char16_t *what, const char16_t *about)
{
    return report_failure(&update->report, EXIT_REFUSED, code, what, about,
                          u"Ask an administrator to check the settings updates, update_url and "
                          u"update_channel of the service.");
}

/* Asked before anything is downloaded; the service decides when it gets the update. */
static enum exit_code update_read_settings(struct update *update)
{
    const struct gatehouse_update *known = &update->known.update;
    const bool is_off = text_equal(known->updates, u"off");
    char16_t units[GATEHOUSE_TEXT_UNITS];
    struct text about = TEXT_ON(units);
    if (!*known->state)
        return update_refuse_setting(update, ERROR_NOT_SUPPORTED,
                                     u"The service knows no updates: it is another version's", u"");
    if (is_off || (!update->arguments->check && !text_equal(known->updates, u"install")))
        return update_refuse_setting(update, ERROR_ACCESS_DISABLED_BY_POLICY,
                                     is_off ? u"Updates are off on this computer"
                                            : u"Updates are only looked for on this computer, not "
                                              u"installed",
                                     u"");
    if (!*known->url)
        return update_refuse_setting(update, ERROR_NOT_FOUND,
                                     u"There is no address of an update server", u"");
    const char16_t *problem = address_read(known->url, &update->server);
    if (!problem)
        return EXIT_DONE;
    text_append(&about, known->url);
    text_append(&about, u" ");
    text_append(&about, problem);
    return update_refuse_setting(update, ERROR_INVALID_NAME,
                                 u"The address of the update server can't be used: ", units);
}

/* ---- metadata ---- */

static enum exit_code update_report(const struct update *update, enum problem problem,
                                    const char16_t *about)
{
    return problem_report(&update->report, problem, update->fetch.code, about);
}

static void update_root_name(const struct update *update, size_t i,
                             char16_t name[FOLDER_NAME_UNITS])
{
    struct text text = text_on(name, FOLDER_NAME_UNITS);
    text_append_format(&text, "%llu.root", (unsigned long long)update->known.update.root + 1 + i);
}

/* Up to the first one that there is not. */
static enum exit_code update_fetch_roots(struct update *update)
{
    char16_t name[FOLDER_NAME_UNITS];
    for (update->root_count = 0; update->root_count < HAND_OVER_ROOTS; update->root_count++) {
        update_root_name(update, update->root_count, name);
        enum problem problem =
            fetch_metadata(&update->fetch, name, &update->roots[update->root_count]);
        if (problem == PROBLEM_NOT_FOUND)
            break;
        if (problem)
            return update_report(update, problem, name);
    }
    return EXIT_DONE;
}

static enum exit_code update_report_refusal(const struct update *update,
                                            const struct update_refusal *refusal)
{
    char text[UPDATE_REFUSAL_SIZE];
    char16_t units[UPDATE_REFUSAL_SIZE];
    struct text about = TEXT_ON(units);
    text_append_ascii(&about, update_refusal_text(refusal, text));
    return problem_report(&update->report, PROBLEM_METADATA, refusal->code, units);
}

/* What would be refused by the service anyway, before the package is downloaded. Whether the
 * manifest can be trusted is for the service to find out, which has the roots. */
static uint32_t update_judge_manifest(const struct update *update, struct update_refusal *refusal)
{
    const struct gatehouse_update *known = &update->known.update;
    const time_t now = time(NULL);
    char16_t channel[UPDATE_CHANNEL_SIZE];
    struct text text = TEXT_ON(channel);
    text_append_ascii(&text, update->manifest.channel);
    if (!text_equal(channel, known->channel))
        return update_refuse(refusal, UPDATE_MANIFEST_CHANNEL);
    if (update->manifest.version < known->manifest)
        return update_refuse(refusal, UPDATE_MANIFEST_ROLLBACK);
    if (now > 0 && (uint64_t)now >= update->manifest.expires)
        return update_refuse(refusal, UPDATE_MANIFEST_EXPIRED);
    return 0;
}

/* The manifest in this program's resources lets Windows tell its own version. */
static void update_windows_version(struct update_version *version)
{
    OSVERSIONINFOW windows = {.dwOSVersionInfoSize = sizeof(windows)};
    if (!GetVersionExW(&windows))
        return;
    *version =
        (struct update_version){{(uint16_t)windows.dwMajorVersion, (uint16_t)windows.dwMinorVersion,
                                 (uint16_t)windows.dwBuildNumber}};
}

static uint32_t update_choose(struct update *update, struct update_refusal *refusal)
{
    struct update_machine machine = {.architecture = UPDATE_ARCHITECTURE_NAME};
    char version[UPDATE_VERSION_TEXT];
    text_to_line(update->known.update.installed, version, sizeof(version));
    if (!update_version_parse(version, strlen(version), &machine.installed))
        return update_fail(refusal, ERROR_INVALID_DATA);
    update_windows_version(&machine.windows);
    uint32_t error = update_manifest_choose(&update->manifest, &machine, &update->package, refusal);
    if (refusal->reason != UPDATE_INSTALLED_ALREADY && refusal->reason != UPDATE_DOWNGRADE)
        return error;
    update->package = NULL;
    return 0;
}

static enum exit_code update_fetch_manifest(struct update *update)
{
    char16_t name[FOLDER_NAME_UNITS];
    struct text text = TEXT_ON(name);
    struct update_refusal refusal = {0};
    text_append(&text, update->known.update.channel);
    text_append(&text, u".manifest");
    enum problem problem = fetch_metadata(&update->fetch, name, &update->manifest_file);
    if (problem)
        return update_report(update, problem, name);
    uint32_t error = update_manifest_parse(update->manifest_file.bytes, update->manifest_file.size,
                                           &update->manifest, &refusal);
    if (!error)
        error = update_judge_manifest(update, &refusal);
    if (!error)
        error = update_choose(update, &refusal);
    if (error)
        return update_report_refusal(update, &refusal);
    show_release(&update->report, &update->manifest, update->package,
                 update->known.update.installed);
    return EXIT_DONE;
}

/* ---- the package ---- */

static enum exit_code update_fetch_package(struct update *update,
                                           char16_t file_name[FOLDER_NAME_UNITS])
{
    CLEANUP_UPDATE_CRYPTO struct update_crypto *crypto = NULL;
    char16_t name[UPDATE_FILE_NAME_SIZE];
    struct text text = TEXT_ON(name);
    text_append_ascii(&text, update->package->file_name);
    update->fetch.code = update_crypto_open(&crypto);
    if (update->fetch.code)
        return update_report(update, PROBLEM_WINDOWS, name);
    struct show_progress progress = show_progress_begin(&update->report, update->package->size);
    const struct fetch_package wanted = {.package = update->package,
                                         .crypto = crypto,
                                         .folder = &update->folder,
                                         .progress = show_progress,
                                         .context = &progress};
    enum problem problem = fetch_package(&update->fetch, &wanted, file_name);
    show_progress_end(&progress);
    if (!problem)
        return EXIT_DONE;
    if (!fetch_keeps_rest(problem))
        folder_sweep(&update->folder, u"");
    return update_report(update, problem, name);
}

/* ---- the service ---- */

/* Paths of the files of an offer. */
struct offered_files {
    struct offer offer;
    char16_t package[FOLDER_PATH_UNITS], manifest[FOLDER_PATH_UNITS];
    char16_t roots[HAND_OVER_ROOTS][FOLDER_PATH_UNITS];
};

static uint32_t update_write_file(const struct update *update, const char16_t *name,
                                  const struct fetched *file, char16_t path[FOLDER_PATH_UNITS])
{
    folder_path(&update->folder, name, path);
    return folder_write_file(&update->folder, name, file->bytes, (uint32_t)file->size);
}

static uint32_t update_write_files(const struct update *update, struct offered_files *files)
{
    char16_t name[FOLDER_NAME_UNITS];
    uint32_t error =
        update_write_file(update, u"manifest", &update->manifest_file, files->manifest);
    for (size_t i = 0; i < update->root_count && !error; i++) {
        update_root_name(update, i, name);
        error = update_write_file(update, name, &update->roots[i], files->roots[i]);
        files->offer.roots[files->offer.root_count++] = files->roots[i];
    }
    files->offer.manifest = files->manifest;
    files->offer.package = files->package;
    return error;
}

/* The files are of no more use when the service has answered, whatever it has said. */
static enum exit_code update_offer(struct update *update, const char16_t *file_name)
{
    CLEANUP_FREE struct offered_files *files = calloc(1, sizeof(*files));
    if (!files)
        return report_no_memory(&update->report);
    folder_path(&update->folder, file_name, files->package);
    update->fetch.code = update_write_files(update, files);
    enum exit_code exit = update->fetch.code
                              ? update_report(update, PROBLEM_FILE, update->folder.path)
                              : hand_over(update->arguments, &update->report, &files->offer);
    folder_sweep(&update->folder, u"");
    return exit;
}

static enum exit_code update_follow(struct update *update)
{
    const struct gatehouse_update *known = &update->known.update;
    known_update_free(&update->known);
    enum exit_code exit =
        hand_over_follow(update->arguments, &update->report, update->end, &update->known);
    if (exit != EXIT_DONE)
        return exit;
    if (!update->known.reply || known_update_goes_on(&update->known)) {
        show_left(&update->report);
        return EXIT_DONE;
    }
    if (text_equal(known->state, u"none"))
        return report_failure(&update->report, EXIT_NOT_INSTALLED, ERROR_NOT_FOUND,
                              u"The service does not know of the update any more", u"",
                              u"Show an administrator the messages of the service in the "
                              u"Application log of the Event Viewer.");
    return show_result(&update->report, known);
}

static enum exit_code update_install(struct update *update)
{
    char16_t file_name[FOLDER_NAME_UNITS], stem[FOLDER_NAME_UNITS], release[UPDATE_VERSION_TEXT];
    char text[UPDATE_VERSION_TEXT];
    struct text version = TEXT_ON(release);
    update->fetch.code = folder_open(&update->folder);
    if (update->fetch.code)
        return update_report(
            update, update->fetch.code == ERROR_SHARING_VIOLATION ? PROBLEM_BUSY : PROBLEM_FILE,
            update->folder.path);
    fetch_file_stem(update->package, stem);
    folder_sweep(&update->folder, stem);
    enum exit_code exit = update_fetch_package(update, file_name);
    if (exit == EXIT_DONE)
        exit = update_offer(update, file_name);
    if (exit != EXIT_DONE)
        return exit;
    text_append_ascii(&version, update_version_text(&update->manifest.release, text));
    folder_close(&update->folder); /* another download need not wait for the installation */
    show_taken(&update->report, release, update->arguments->when_idle);
    return update->arguments->when_idle ? EXIT_DONE : update_follow(update);
}

/* ---- the command ---- */

static enum exit_code update_look(struct update *update)
{
    enum exit_code exit = update_read_settings(update);
    if (exit != EXIT_DONE)
        return exit;
    update->end = console_watch_for_end();
    uint32_t error = update->end ? http_open(update->end, &update->fetch.http) : GetLastError();
    if (error)
        return report_failure(&update->report, EXIT_TROUBLE, error,
                              u"Windows can't begin a download", u"", u"Restart the computer.");
    update->fetch.server = &update->server;
    exit = update_fetch_roots(update);
    return exit == EXIT_DONE ? update_fetch_manifest(update) : exit;
}

static enum exit_code update_run(struct update *update)
{
    enum exit_code exit = hand_over_ask(update->arguments, &update->report, &update->known);
    if (exit != EXIT_DONE)
        return exit;
    if (update->arguments->result)
        return show_known(&update->report, &update->known.update);
    exit = update_look(update);
    if (exit != EXIT_DONE || !update->package)
        return exit;
    return update->arguments->check ? EXIT_UPDATE : update_install(update);
}

enum exit_code command_update(const struct arguments *arguments)
{
    const struct report report = report_begin(arguments->json);
    CLEANUP_FREE struct update *update = calloc(1, sizeof(*update));
    if (!update)
        return report_no_memory(&report);
    update->arguments = arguments;
    update->report = report;
    enum exit_code exit = update_run(update);
    http_close(update->fetch.http);
    folder_close(&update->folder);
    known_update_free(&update->known);
    if (update->end)
        console_ended();
    return exit;
}

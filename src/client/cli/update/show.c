/* SPDX-License-Identifier: MIT */
#include "client/cli/update/show.h"

#include "base/errors.h"
#include "base/text.h"
#include "client/cli/console.h"
#include "client/cli/json.h"
#include "client/cli/local_time.h"

#include <windows.h>

enum { OBJECT_BYTES = 8192, WINDOW_INTERVAL = 200, JSON_INTERVAL = 1000 /* ms */ };

static struct json show_begin_object(const struct report *report, char bytes[OBJECT_BYTES],
                                     const char *state)
{
    struct json json = json_begin(bytes, OBJECT_BYTES);
    json_seconds(&json, "time", GetTickCount64() - report->start);
    json_string(&json, "state", state);
    return json;
}

static void show_end_object(struct json *json)
{
    console_write(CONSOLE_OUTPUT, json->bytes, json_end(json));
}

/* ---- what there is ---- */

static void show_release_as_json(const struct report *report,
                                 const struct update_manifest *manifest,
                                 const struct update_package *package, const char16_t *installed)
{
    char bytes[OBJECT_BYTES], release[UPDATE_VERSION_TEXT];
    struct json json = show_begin_object(report, bytes, package ? "AVAILABLE" : "CURRENT");
    json_text(&json, "installed", installed);
    json_string(&json, "release", update_version_text(&manifest->release, release));
    json_string(&json, "channel", manifest->channel);
    json_number(&json, "manifest", manifest->version);
    json_number(&json, "expires", manifest->expires);
    if (package) {
        json_string(&json, "package", package->file_name);
        json_number(&json, "size", package->size);
    }
    show_end_object(&json);
}

void show_release(const struct report *report, const struct update_manifest *manifest,
                  const struct update_package *package, const char16_t *installed)
{
    char release[UPDATE_VERSION_TEXT], own[64];
    update_version_text(&manifest->release, release);
    text_to_line(installed, own, sizeof(own));
    if (report->json)
        show_release_as_json(report, manifest, package, installed);
    else if (package)
        console_print(CONSOLE_OUTPUT,
                      "There is an update: version %s, %llu KiB; %s is installed.\n", release,
                      (unsigned long long)(package->size + 1023) / 1024, own);
    else
        console_print(CONSOLE_OUTPUT,
                      "There is nothing newer: the server has version %s, %s is installed.\n",
                      release, own);
}

/* ---- the download ---- */

struct show_progress show_progress_begin(const struct report *report, uint64_t size)
{
    struct show_progress progress = {
        .report = report, .size = size, .is_window = !report->json && console_is_window()};
    if (!report->json)
        console_print(CONSOLE_OUTPUT, "Downloading...%s", progress.is_window ? "" : "\n");
    return progress;
}

void show_progress(void *context, uint64_t done)
{
    struct show_progress *progress = context;
    const uint64_t now = GetTickCount64();
    char bytes[OBJECT_BYTES];
    if (!progress->report->json && !progress->is_window)
        return;
    if (now - progress->shown < (progress->is_window ? WINDOW_INTERVAL : JSON_INTERVAL) &&
        done < progress->size)
        return;
    progress->shown = now;
    if (progress->is_window) {
        console_print(CONSOLE_OUTPUT, "\rDownloading... %3u %%",
                      (unsigned)(done * 100 / progress->size));
        return;
    }
    struct json json = show_begin_object(progress->report, bytes, "DOWNLOADING");
    json_number(&json, "bytes", done);
    json_number(&json, "size", progress->size);
    show_end_object(&json);
}

void show_progress_end(struct show_progress *progress)
{
    if (progress->is_window)
        console_print(CONSOLE_OUTPUT, "\n");
}

/* ---- what became of it ---- */

void show_taken(const struct report *report, const char16_t *version, bool is_waiting)
{
    char bytes[OBJECT_BYTES], line[64];
    if (report->json) {
        struct json json = show_begin_object(report, bytes, is_waiting ? "WAITING" : "INSTALLING");
        json_text(&json, "version", version);
        show_end_object(&json);
        return;
    }
    console_print(CONSOLE_OUTPUT,
                  is_waiting ? "The service installs version %s when others have no connection any "
                               "more. What became of it: gatehouse update --result\n"
                             : "The service has checked version %s and installs it. Connections "
                               "end meanwhile.\n",
                  text_to_line(version, line, sizeof(line)));
}

void show_left(const struct report *report)
{
    if (!report->json)
        console_print(CONSOLE_OUTPUT, "The service goes on without this program. What became of "
                                      "the update: gatehouse update --result\n");
}

/* What each state means, for the user and as the exit code. %s is the version. */
static const struct result {
    const char16_t *state;
    enum exit_code exit;
    const char *object, *words;
} results[] = {
    {u"installed", EXIT_DONE, "INSTALLED", "Version %s is installed.\n"},
    {u"restart_needed", EXIT_RESTART, "RESTART_NEEDED",
     "Version %s is installed when Windows has been restarted.\n"},
    {u"installing", EXIT_DONE, "INSTALLING", "Version %s is being installed.\n"},
    {u"waiting", EXIT_DONE, "WAITING", "Version %s waits to be installed.\n"},
    {u"none", EXIT_DONE, "NONE", "The service was given no update yet.\n"},
};

static const struct result *show_find(const char16_t *state)
{
    for (size_t i = 0; i < ARRAY_COUNT(results); i++)
        if (text_equal(results[i].state, state))
            return &results[i];
    return NULL;
}

static enum exit_code show_failure(const struct report *report,
                                   const struct gatehouse_update *update)
{
    char16_t units[GATEHOUSE_TEXT_UNITS];
    struct text what = TEXT_ON(units);
    text_append(&what, u"Version ");
    text_append(&what, update->version);
    text_append(&what, u" was not installed: ");
    text_append(&what, update->reason);
    return report_failure(report, EXIT_NOT_INSTALLED, update->code, units, u"",
                          u"The version before goes on. Show an administrator the messages of the "
                          u"service in the Application log of the Event Viewer.");
}

enum exit_code show_result(const struct report *report, const struct gatehouse_update *update)
{
    const struct result *result = show_find(update->state);
    char bytes[OBJECT_BYTES], version[64];
    if (!result)
        return show_failure(report, update);
    if (report->json) {
        struct json json = show_begin_object(report, bytes, result->object);
        json_text(&json, "version", update->version);
        if (*update->reason)
            json_text(&json, "reason", update->reason);
        show_end_object(&json);
    } else {
        text_to_line(update->version, version, sizeof(version));
        console_print(CONSOLE_OUTPUT, result->words, version);
        if (*update->reason)
            console_print(CONSOLE_OUTPUT, "%s\n", UTF8(update->reason));
    }
    return result->exit;
}

static void show_known_as_json(const struct gatehouse_update *update)
{
    const struct {
        const char *key;
        const char16_t *value;
    } texts[] = {
        {"update", update->state},        {"version", update->version}, {"reason", update->reason},
        {"installed", update->installed}, {"updates", update->updates}, {"update_url", update->url},
        {"channel", update->channel},
    };
    char bytes[OBJECT_BYTES];
    struct json json = json_begin(bytes, sizeof(bytes));
    json_number(&json, "schema", 1);
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++)
        json_text(&json, texts[i].key, texts[i].value);
    json_number(&json, "code", update->code);
    json_number(&json, "since", update->since);
    json_number(&json, "root", update->root);
    json_number(&json, "manifest", update->manifest);
    show_end_object(&json);
}

enum exit_code show_known(const struct report *report, const struct gatehouse_update *update)
{
    const struct result *result = show_find(update->state);
    if (!report->json) {
        enum exit_code exit = show_result(report, update);
        if (update->since)
            console_print(CONSOLE_OUTPUT, "Since %s.\n", LOCAL_TIME(update->since));
        return exit;
    }
    show_known_as_json(update);
    return result ? result->exit : EXIT_NOT_INSTALLED;
}

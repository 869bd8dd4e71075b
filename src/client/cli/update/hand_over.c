/* SPDX-License-Identifier: MIT */
#include "client/cli/update/hand_over.h"

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "client/cli/update/folder.h"

#include <windows.h>

enum {
    OFFER_LIMIT = 300000,  /* ms: the service copies and hashes the package before it answers */
    FOLLOW_LIMIT = 900000, /* ms: for an installation */
    FOLLOW_INTERVAL = 1000,
    FOLLOW_OPEN_LIMIT = 2000,
};

void known_update_free(struct known_update *known)
{
    gatehouse_reply_free(known->reply);
    known->reply = NULL;
}

static uint32_t known_update_ask(struct gatehouse_control *control, struct known_update *known,
                                 struct gatehouse_error *error)
{
    static const wchar_t *const words[] = {L"update", L"result"};
    struct gatehouse_reply *reply = NULL;
    uint32_t code =
        gatehouse_ask(control, words, ARRAY_COUNT(words), SESSIONS_ANSWER_LIMIT, &reply, error);
    if (code)
        return code;
    known_update_free(known);
    known->reply = reply;
    gatehouse_update_read(reply, &known->update);
    return 0;
}

enum exit_code hand_over_ask(const struct arguments *arguments, const struct report *report,
                             struct known_update *known)
{
    enum exit_code exit = EXIT_DONE;
    struct gatehouse_error error;
    CLEANUP(sessions_close)
    struct gatehouse_control *control = sessions_open(arguments, report, &exit);
    if (control && known_update_ask(control, known, &error) != 0)
        exit = report_problem(report, &error);
    return exit;
}

/* ---- the offer ---- */

enum { OFFER_WORDS = HAND_OVER_ROOTS + 5, OFFER_WORD_UNITS = FOLDER_PATH_UNITS + 16 };

/* The words of the request, with the texts that they point to. */
struct offer_words {
    size_t count;
    const wchar_t *items[OFFER_WORDS];
    size_t text_count;
    wchar_t texts[HAND_OVER_ROOTS + 2][OFFER_WORD_UNITS];
};

static void offer_add_path(struct offer_words *words, const char16_t *name, const char16_t *path)
{
    wchar_t *units = words->texts[words->text_count++];
    struct text text = text_on(units, OFFER_WORD_UNITS);
    text_append(&text, name);
    text_append(&text, path);
    words->items[words->count++] = units;
}

static void offer_write(const struct offer *offer, bool when_idle, struct offer_words *words)
{
    words->items[words->count++] = L"update";
    words->items[words->count++] = L"offer";
    if (when_idle)
        words->items[words->count++] = L"when-idle";
    offer_add_path(words, u"manifest=", offer->manifest);
    offer_add_path(words, u"package=", offer->package);
    for (size_t i = 0; i < offer->root_count; i++)
        offer_add_path(words, u"root=", offer->roots[i]);
}

enum exit_code hand_over(const struct arguments *arguments, const struct report *report,
                         const struct offer *offer)
{
    struct gatehouse_error error;
    struct gatehouse_reply *reply = NULL;
    CLEANUP_FREE struct offer_words *words = calloc(1, sizeof(*words));
    if (!words)
        return report_no_memory(report);
    offer_write(offer, arguments->when_idle, words);
    CLEANUP(sessions_close)
    struct gatehouse_control *control =
        gatehouse_control_open_for_files(arguments->instance, SESSIONS_OPEN_LIMIT, &error);
    if (!control)
        return report_problem(report, &error);
    if (gatehouse_ask(control, words->items, words->count, OFFER_LIMIT, &reply, &error) != 0)
        return report_problem(report, &error);
    gatehouse_reply_free(reply);
    return EXIT_DONE;
}

/* ---- what becomes of it ---- */

/* One that waits although nobody is in the way waits for another installation, and has a code. */
bool known_update_goes_on(const struct known_update *known)
{
    return text_equal(known->update.state, u"installing") ||
           (text_equal(known->update.state, u"waiting") && !known->update.code);
}

enum exit_code hand_over_follow(const struct arguments *arguments, const struct report *report,
                                void *end, struct known_update *known)
{
    const uint64_t deadline = GetTickCount64() + FOLLOW_LIMIT;
    struct gatehouse_error error;
    uint32_t code;
    do {
        /* The service ends and comes back meanwhile: only the last error counts. */
        CLEANUP(sessions_close)
        struct gatehouse_control *control =
            gatehouse_control_open(arguments->instance, FOLLOW_OPEN_LIMIT, &error);
        code = control ? known_update_ask(control, known, &error) : error.code;
        /* A service that serves installed programs only may not know this one any more, whose file
         * was replaced. */
        if (code ? code == ERROR_ACCESS_DENIED : !known_update_goes_on(known))
            return EXIT_DONE;
        if (WaitForSingleObject(end, FOLLOW_INTERVAL) != WAIT_TIMEOUT)
            return EXIT_DONE;
    } while (GetTickCount64() < deadline);
    if (code)
        return report_problem(report, &error);
    return report_failure(report, EXIT_TIMED_OUT, WAIT_TIMEOUT,
                          u"The update is still being installed after 15 minutes", u"",
                          u"Ask later what became of it: gatehouse update --result");
}

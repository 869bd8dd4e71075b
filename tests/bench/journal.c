/* SPDX-License-Identifier: MIT */
/* bench-journal.exe <file> <count>: the time that the journal takes for the change of a route, from
 * the intent to the mark, in a file that is created for it and deleted at the end.
 *
 * Answers each line on stdin with "ok", the microseconds for a change that a restart undoes (over
 * `count` changes), and for one that outlives it and is flushed (over a tenth as many). Ends with
 * stdin. */
#include "undo/win32/journal_file.h"

#include <stdio.h>

enum { KEY_SIZE = 45, STATE_SIZE = 21, IDENTITY_SIZE = 16, MOST = 65536, BOOT = 1 };

static const char16_t ACCESS[] = u"D:P(A;;FA;;;SY)(A;;FA;;;BA)";

static uint64_t entries[MOST];

static double now(void)
{
    LARGE_INTEGER ticks, frequency;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&ticks);
    return (double)ticks.QuadPart * 1e6 / (double)frequency.QuadPart;
}

/* Nobody else can open the file. */
static uint32_t trust(void *context, HANDLE file)
{
    (void)context;
    (void)file;
    return 0;
}

/* Records the creation of a resource like a route. */
static uint32_t change(struct journal *journal, bool outlives, uint64_t *entry, uint32_t number)
{
    unsigned char key[KEY_SIZE] = {0}, state[STATE_SIZE] = {1}, identity[IDENTITY_SIZE] = {2};
    const struct journal_change change = {
        .kind = 1,
        .outlives_restart = outlives,
        .session = 1,
        .identity = {identity, sizeof(identity)},
        .key = {key, sizeof(key)},
        .to = {state, sizeof(state)},
    };
    memcpy(key, &number, sizeof(number));
    *entry = 0;
    uint32_t error = journal_intend(journal, &change, entry);
    if (!error)
        journal_mark(journal, *entry, JOURNAL_APPLIED, false);
    return error;
}

/* Returns the microseconds for one change, or -1. Closing the entries is not measured. */
static double changes(struct journal *journal, bool outlives, uint32_t count)
{
    uint32_t done = 0, error = 0;
    double began = now();
    for (; done < count && !error; done++)
        error = change(journal, outlives, &entries[done], done);
    double each = (now() - began) / count;
    for (uint32_t i = 0; i < done; i++)
        if (entries[i])
            journal_mark(journal, entries[i], JOURNAL_CLOSED, false);
    journal_truncate(journal);
    return error ? -1 : each;
}

static bool measure(struct journal *journal, uint32_t count)
{
    char line[16];
    while (fgets(line, sizeof(line), stdin)) {
        double forgotten = changes(journal, false, count);
        double flushed = changes(journal, true, count / 10 + 1);
        if (forgotten < 0 || flushed < 0)
            return false;
        printf("ok %.2f %.2f\n", forgotten, flushed);
        fflush(stdout);
    }
    return true;
}

int wmain(int count, wchar_t **arguments);

int wmain(int count, wchar_t **arguments)
{
    uint32_t changes_of_one = count == 3 ? wcstoul(arguments[2], NULL, 10) : 0;
    if (!changes_of_one || changes_of_one > MOST)
        return 1;
    const struct journal_file_options place = {
        .path = arguments[1], .access = ACCESS, .check = trust};
    struct journal_options options = {.boot = BOOT};
    struct journal *journal = NULL;
    struct journal_report report;
    if (journal_file_open(&place, &options.file) || journal_open(&options, &journal, &report))
        return 1;
    bool measured = measure(journal, changes_of_one);
    journal_close(journal);
    DeleteFileW(arguments[1]);
    return measured ? 0 : 1;
}

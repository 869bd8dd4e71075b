/* SPDX-License-Identifier: MIT */
/* findings.h: what `gatehouse doctor` has found: one line a check, for people and as JSON.
 *
 * All texts are UTF-8 without control characters: texts of others go in by UTF8(). What does not
 * fit is cut off. */
#ifndef CLIENT_DOCTOR_FINDINGS_H
#define CLIENT_DOCTOR_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verdict { VERDICT_OK, VERDICT_WARNING, VERDICT_FAILURE };

enum {
    FINDING_NAME_SIZE = 64, /* bytes, as all sizes here */
    FINDING_TEXT_SIZE = 1536,
    FINDING_DETAILS = 4
};

/* A fact for scripts, beside the sentence for people. */
struct finding_detail {
    const char *key; /* a constant, as json.h wants keys */
    char value[FINDING_TEXT_SIZE];
};

struct finding {
    struct finding *next;
    enum verdict verdict;
    char name[FINDING_NAME_SIZE];   /* area.subject: names never change */
    char what[FINDING_TEXT_SIZE];   /* what was found */
    char advice[FINDING_TEXT_SIZE]; /* what to do; empty where nothing is to be done */
    struct finding_detail *details; /* in their order, `detail_count` of them */
    size_t detail_count;
};

/* Zero-initialise it, and free it at its end. */
struct findings {
    struct finding *first, *last;
    bool is_short; /* of memory: some have been lost */
};

/* Appends a finding. Returns it, for the next two; NULL, which they take too, when memory is short.
 */
struct finding *findings_add(struct findings *findings, enum verdict verdict, const char *name,
                             const char *format, ...) __attribute__((format(printf, 4, 5)));
void finding_advise(struct finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* At most FINDING_DETAILS of one finding. */
void finding_add_detail(struct finding *finding, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Moves all of `more` to the end of `findings`. */
void findings_append(struct findings *findings, struct findings *more);
void findings_free(struct findings *findings);

/* How many have the verdict. */
size_t findings_count(const struct findings *findings, enum verdict verdict);
enum verdict findings_worst(const struct findings *findings);

/* Where text goes. */
struct sink {
    void (*write)(void *context, const char *bytes, size_t size);
    void *context;
};

/* A line each, with the advice on a line of its own, and a last line that counts them. */
void findings_print(const struct findings *findings, const struct sink *sink);

/* What the object says besides. `time` is in seconds since the beginning of 1970, UTC. */
struct findings_head {
    const char *version, *instance;
    uint64_t time;
};

/* One JSON object on a line. Returns false when memory is short. */
bool findings_print_json(const struct findings *findings, const struct findings_head *head,
                         const struct sink *sink);

#endif

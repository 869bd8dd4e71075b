/* SPDX-License-Identifier: MIT */
/* doctor.h: what the checks of `gatehouse doctor` share.
 *
 * A check looks at one area and adds a line for each thing that it has looked at. It changes
 * nothing, needs no rights, and what it can't read is a line that says so. Checks run side by side,
 * each in a thread, for a limited time. */
#ifndef CLIENT_DOCTOR_DOCTOR_H
#define CLIENT_DOCTOR_DOCTOR_H

#include "client/cli/doctor/findings.h"
#include "client/cli/doctor/service_facts.h"
#include "client/cli/doctor/setting_values.h"
#include "client/gatehouse.h"

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>

enum { DOCTOR_NAME_UNITS = 256 };

/* What was found out before: the checks read it only. */
struct doctor {
    const char16_t *instance;
    char16_t service[DOCTOR_NAME_UNITS];    /* the name of the service */
    char16_t key[DOCTOR_NAME_UNITS];        /* with its settings, below HKEY_LOCAL_MACHINE */
    char16_t policy_key[DOCTOR_NAME_UNITS]; /* with those of a group policy, likewise */
    struct setting_values settings;
    struct service_facts facts;      /* of the service */
    struct gatehouse_status *status; /* NULL: the service has not answered */
    struct gatehouse_error error;    /* why not */
};

typedef void doctor_check(const struct doctor *doctor, struct findings *findings);

doctor_check check_service, check_settings, check_program, check_config_folder, check_adapters,
    check_system_services, check_journal, check_events, check_rules, check_search_lists,
    check_left_settings, check_rivals, check_firewall, check_updates;

/* A setting; empty when it is not known. */
static inline const char16_t *doctor_setting(const struct doctor *doctor, enum setting_id id)
{
    return doctor->settings.values[id].text;
}

/* Whether the process is one of the sessions that the service has told of. */
bool doctor_has_session(const struct doctor *doctor, uint32_t process_id);

/* ---- words ---- */

/* Windows' text of an error with its code, valid until the end of the enclosing block. */
#define WORDS(error) doctor_words((error), (char[DOCTOR_WORDS]){0})
enum { DOCTOR_WORDS = 512 };
char *doctor_words(uint32_t error, char words[DOCTOR_WORDS]);

/* A command of the service's program for this instance: "gatehouse-service.exe -cleanup". */
#define COMMAND(doctor, command) doctor_command((doctor), (command), (char[DOCTOR_WORDS]){0})
char *doctor_command(const struct doctor *doctor, const char *command, char words[DOCTOR_WORDS]);

/* What can't be read: "<what> is not readable by this account", or with the error. No failure,
 * because it may be all right. */
struct finding *doctor_unreadable(struct findings *findings, const char *name, const char *what,
                                  uint32_t error);

#endif

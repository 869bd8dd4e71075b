/* SPDX-License-Identifier: MIT */
/* service_facts.h: what the service control manager says of a service. Needs no rights. */
#ifndef CLIENT_DOCTOR_SERVICE_FACTS_H
#define CLIENT_DOCTOR_SERVICE_FACTS_H

#include <stdbool.h>
#include <stdint.h>
#include <uchar.h>
#include <windows.h>

enum { SERVICE_COMMAND_UNITS = 1024, SERVICE_ACCOUNT_UNITS = 256 };

struct service_facts {
    uint32_t error; /* ERROR_SERVICE_DOES_NOT_EXIST: there is none. Then nothing else is known */
    uint32_t config_error;                   /* then the rest is not known */
    DWORD start;                             /* SERVICE_AUTO_START, ... */
    char16_t command[SERVICE_COMMAND_UNITS]; /* the whole command line of its process */
    char16_t account[SERVICE_ACCOUNT_UNITS];
    uint32_t status_error;
    SERVICE_STATUS_PROCESS status; /* all 0 when that is not known */
};

void service_facts_read(const char16_t *name, struct service_facts *facts);

/* The program of a command line, as Windows finds it when it has quotes, or when no blank in it
 * ends the name of another program. `*needs_quotes`: it has blanks and no quotes, so Windows tries
 * shorter paths first. */
void service_program(const char16_t *command, char16_t program[SERVICE_COMMAND_UNITS],
                     bool *needs_quotes);

#endif

/* SPDX-License-Identifier: MIT */
#include "client/failure.h"

#include "base/errors.h"
#include "base/text.h"
#include "product.h"

#include <windows.h>

enum { ANY = 0x7fffffff };

static const char16_t *const step_texts[] = {
    [STEP_MEMORY] = u"The client can't go on",
    [STEP_OPEN] = u"The service % can't be reached",
    [STEP_SERVER] = u"It could not be verified that the service % answers",
    [STEP_WORD] = u"The request can't be made: the protocol allows 4096 characters",
    [STEP_ASK] = u"The service % did not answer the request",
    [STEP_ANSWER] = u"The service % did not start openvpn",
    [STEP_END] = u"openvpn ended with an error",
};

/* The first row that fits is taken. '%' stands for the service's name. */
static const struct advice {
    enum failure_step step;
    uint32_t code;
    const char16_t *function; /* how the reply's function line begins; NULL: anything */
    enum gatehouse_problem problem;
    const char16_t *advice;
} advices[] = {
    {STEP_OPEN, ERROR_SERVICE_DOES_NOT_EXIST, NULL, GATEHOUSE_NO_SERVICE,
     u"The service is not installed. Ask an administrator to install it (gatehouse-service.exe "
     u"-install), or name the right instance."},
    {STEP_OPEN, ERROR_SERVICE_NOT_ACTIVE, NULL, GATEHOUSE_NO_SERVICE,
     u"The service is installed but does not run. Start it as an administrator: net start \"%\""},
    {STEP_OPEN, ERROR_FILE_NOT_FOUND, NULL, GATEHOUSE_NO_SERVICE,
     u"The service runs but its pipe is missing. Restart it as an administrator (net stop \"%\", "
     u"net start \"%\"); its messages are in the Application log of the Event Viewer."},
    {STEP_OPEN, ERROR_ACCESS_DENIED, NULL, GATEHOUSE_NO_SERVICE,
     u"Windows denies your account the service's pipe. Log in with an ordinary account (not as a "
     u"guest or anonymously), or ask an administrator to reinstall the service."},
    {STEP_OPEN, WAIT_TIMEOUT, NULL, GATEHOUSE_TIMED_OUT,
     u"The service is starting or has no free connection. Try again in a moment; if that doesn't "
     u"help, ask an administrator to restart it."},
    {STEP_OPEN, ERROR_INVALID_NAME, NULL, GATEHOUSE_NO_SERVICE,
     u"Use the instance name with which the service was installed."},
    {STEP_OPEN, ANY, NULL, GATEHOUSE_NO_SERVICE,
     u"Ask an administrator to look at the service's state: sc query \"%\""},
    {STEP_SERVER, ERROR_WRONG_TARGET_NAME, NULL, GATEHOUSE_NO_SERVICE,
     u"Another program has taken the service's pipe; nothing was sent to it. Tell an "
     u"administrator: "
     u"that program must be found and ended, and the service restarted."},
    {STEP_SERVER, ANY, NULL, GATEHOUSE_NO_SERVICE,
     u"Nothing was sent. Ask an administrator to look at the service's state: sc query \"%\""},
    {STEP_ASK, WAIT_TIMEOUT, NULL, GATEHOUSE_TIMED_OUT,
     u"Try again; if that doesn't help, ask an administrator to restart the service."},
    {STEP_WORD, ANY, NULL, GATEHOUSE_REFUSED,
     u"The options are too long: shorten the paths, or move options into the configuration file."},
    {STEP_ASK, ERROR_INVALID_DATA, NULL, GATEHOUSE_NO_SERVICE,
     u"The answer is not one of the OpenVPN Interactive Service protocol. Install a service and a "
     u"client of matching versions."},
    {STEP_ASK, ANY, NULL, GATEHOUSE_NO_SERVICE,
     u"The service has closed the connection. Try again; its messages are in the Application log "
     u"of the Event Viewer."},
    {STEP_ANSWER, ERROR_STARTUP_DATA, u"You have specified a config file", GATEHOUSE_REFUSED,
     u"Put the configuration file into the service's config folder, or ask an administrator to add "
     u"your account to the group that is named above."},
    {STEP_ANSWER, ERROR_STARTUP_DATA, u"You have specified an option", GATEHOUSE_REFUSED,
     u"Leave the option out or write it into the configuration file, or ask an administrator to "
     u"add "
     u"your account to the group that is named above."},
    {STEP_ANSWER, ERROR_STARTUP_DATA, NULL, GATEHOUSE_REFUSED,
     u"The service could not make sense of the request. Install a service and a client of matching "
     u"versions."},
    {STEP_ANSWER, ERROR_CANT_WAIT, NULL, GATEHOUSE_REFUSED,
     u"Too many connections are open. End one that you don't need, then try again."},
    {STEP_ANSWER, ERROR_FILE_NOT_FOUND, u"CreateProcess", GATEHOUSE_NOT_STARTED,
     u"openvpn.exe is not where the service looks for it. Ask an administrator to repair the "
     u"installation of OpenVPN or the value exe_path in the service's registry key."},
    {STEP_ANSWER, ERROR_PATH_NOT_FOUND, u"CreateProcess", GATEHOUSE_NOT_STARTED,
     u"openvpn.exe is not where the service looks for it. Ask an administrator to repair the "
     u"installation of OpenVPN or the value exe_path in the service's registry key."},
    {STEP_ANSWER, ERROR_BAD_IMPERSONATION_LEVEL, NULL, GATEHOUSE_REFUSED,
     u"The service must be allowed to act as you: run the client directly, not from a program that "
     u"restricts this."},
    {STEP_ANSWER, ERROR_OPENVPN_STARTUP, NULL, GATEHOUSE_ENDED_BADLY,
     u"The end of openvpn's log says why."},
    {STEP_ANSWER, ANY, NULL, GATEHOUSE_NOT_STARTED,
     u"The service's messages are in the Application log of the Event Viewer; show them to an "
     u"administrator."},
    {STEP_END, ANY, NULL, GATEHOUSE_ENDED_BADLY, u"The end of openvpn's log says why."},
    {STEP_MEMORY, ANY, NULL, GATEHOUSE_INTERNAL,
     u"Close other programs or restart the computer, then try again."},
};

static const struct advice *find_advice(enum failure_step step, uint32_t code,
                                        const char16_t *function)
{
    const struct advice *row = advices;
    for (; row < advices + ARRAY_COUNT(advices) - 1; row++)
        if (row->step == step && (row->code == ANY || row->code == code) &&
            (!row->function || (function && text_starts_with(function, row->function))))
            break;
    return row;
}

static void append_named(struct text *text, const char16_t *pattern, const char16_t *instance)
{
    for (; *pattern; pattern++) {
        if (*pattern == u'%') {
            text_append(text, PRODUCT_SERVICE_NAME);
            text_append(text, instance);
        } else {
            text_append_unit(text, *pattern);
        }
    }
}

/* Windows' own words for a code, without the line end; nothing when it has none. */
static void append_system_text(struct text *text, uint32_t code)
{
    char16_t words[256];
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                                  code, 0, words, ARRAY_COUNT(words), NULL);
    while (length && (words[length - 1] <= u' ' || words[length - 1] == u'.'))
        length--;
    if (length) {
        text_append(text, u": ");
        text_append_units(text, words, length);
    }
}

uint32_t gatehouse_fail(struct gatehouse_error *error, enum failure_step step, uint32_t code,
                        const char16_t *instance, const char16_t *function)
{
    if (!error)
        return code;
    const struct advice *row = find_advice(step, code, function);
    struct text what = TEXT_ON(error->what);
    struct text advice = TEXT_ON(error->advice);

    error->code = code;
    error->problem = row->problem;
    append_named(&what, step_texts[step], instance);
    if (function && *function) {
        text_append(&what, u": ");
        text_append(&what, function);
    }
    if (code < ERROR_OPENVPN_STARTUP || code > ERROR_MESSAGE_TYPE) {
        append_system_text(&what, code);
        text_append_format(&what, " (error %u)", (unsigned)code);
    } else {
        text_append_format(&what, " (error 0x%08x)", (unsigned)code);
    }
    append_named(&advice, row->advice, instance);
    return code;
}

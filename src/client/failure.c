/* SPDX-License-Identifier: MIT */
#include "client/failure.h"

#include "base/errors.h"
#include "base/text.h"
#include "product.h"

#include <windows.h>

enum { ANY = 0x7fffffff };

static const char16_t *const step_texts[] = {
    [STEP_MEMORY] = u"The client can't get the memory that it needs",
    [STEP_OPEN] = u"The service % can't be reached",
    [STEP_SERVER] = u"The client can't verify that the pipe belongs to the service %",
    [STEP_ENCODE] = u"The request is longer than the 4096 characters that the protocol allows",
    [STEP_ASK] = u"The service % did not answer the request",
    [STEP_ANSWER] = u"The service % did not start openvpn",
    [STEP_END] = u"openvpn ended with an error",
    [STEP_CONTROL_OPEN] = u"The control pipe of the service % can't be reached",
    [STEP_CONTROL_ASK] = u"The service % did not answer the request",
    [STEP_CONTROL_ANSWER] = u"The service % has refused the request",
};

static const char16_t not_installed[] =
    u"The service is not installed. Ask an administrator to install it (gatehouse-service.exe "
    u"-install), or use the name of an installed instance.";
static const char16_t not_active[] =
    u"The service is installed but not running. Start it as an administrator: net start \"%\"";
static const char16_t is_busy[] =
    u"The service is starting or busy. Try again in a moment. If that does not help, ask an "
    u"administrator to restart it.";
static const char16_t openvpn_missing[] =
    u"The service did not find openvpn.exe. Ask an administrator to repair the installation of "
    u"OpenVPN, or the value exe_path in the registry key of the service.";
static const char16_t updates_off[] =
    u"Ask an administrator to install the update, or to set updates to install for the service.";
static const char16_t see_events[] =
    u"Show an administrator the messages of the service in the Application log of the Event "
    u"Viewer.";
static const char16_t see_log[] = u"See the end of openvpn's log for the reason.";

/* The first row that matches is used. '%' stands for the name of the service. */
static const struct advice {
    enum failure_step step;
    uint32_t code;
    const char16_t *function; /* start of the reply's function line; NULL: any */
    enum gatehouse_problem problem;
    const char16_t *advice;
} advices[] = {
    {STEP_OPEN, ERROR_SERVICE_DOES_NOT_EXIST, NULL, GATEHOUSE_NO_SERVICE, not_installed},
    {STEP_OPEN, ERROR_SERVICE_NOT_ACTIVE, NULL, GATEHOUSE_NO_SERVICE, not_active},
    {STEP_OPEN, ERROR_FILE_NOT_FOUND, NULL, GATEHOUSE_NO_SERVICE,
     u"The service runs, but its pipe is missing. Restart it as an administrator (net stop "
     u"\"%\", net start \"%\"). Its messages are in the Application log of the Event Viewer."},
    {STEP_OPEN, ERROR_ACCESS_DENIED, NULL, GATEHOUSE_NO_SERVICE,
     u"Windows denies your account access to the pipe of the service. Log on with an ordinary "
     u"account, not as a guest, or ask an administrator to reinstall the service."},
    {STEP_OPEN, WAIT_TIMEOUT, NULL, GATEHOUSE_TIMED_OUT, is_busy},
    {STEP_OPEN, ERROR_INVALID_NAME, NULL, GATEHOUSE_NO_SERVICE,
     u"Use the instance name with which the service was installed."},
    {STEP_OPEN, ANY, NULL, GATEHOUSE_NO_SERVICE,
     u"Ask an administrator to check the state of the service: sc query \"%\""},
    {STEP_SERVER, ERROR_WRONG_TARGET_NAME, NULL, GATEHOUSE_NO_SERVICE,
     u"Another program has opened a pipe with the name of the service's pipe. Nothing was sent "
     u"to it. Ask an administrator to find and end that program, and to restart the service."},
    {STEP_SERVER, ANY, NULL, GATEHOUSE_NO_SERVICE,
     u"Nothing was sent. Ask an administrator to check the state of the service: sc query \"%\""},
    {STEP_ASK, WAIT_TIMEOUT, NULL, GATEHOUSE_TIMED_OUT,
     u"Try again. If that does not help, ask an administrator to restart the service."},
    {STEP_ENCODE, ANY, NULL, GATEHOUSE_REFUSED,
     u"Shorten the paths, or move options into the configuration file."},
    {STEP_ASK, ERROR_INVALID_DATA, NULL, GATEHOUSE_NO_SERVICE,
     u"The reply is not one of the OpenVPN Interactive Service protocol. Install matching "
     u"versions of the service and of this program."},
    {STEP_ASK, ANY, NULL, GATEHOUSE_NO_SERVICE,
     u"The service has closed the connection. Try again. Its messages are in the Application "
     u"log of the Event Viewer."},
    {STEP_ANSWER, ERROR_STARTUP_DATA, u"You have specified a config file", GATEHOUSE_REFUSED,
     u"Put the configuration file into the config folder of the service, or ask an "
     u"administrator to add your account to the group that is named above."},
    {STEP_ANSWER, ERROR_STARTUP_DATA, u"Line ", GATEHOUSE_REFUSED,
     u"See each line that is not allowed, and what to do: gatehouse check CONFIG"},
    {STEP_ANSWER, ERROR_STARTUP_DATA, u"You have specified an option (--management-query-remote)",
     GATEHOUSE_REFUSED,
     u"The registry value query_remote of the service is 0, so --kill-switch can't be used. With "
     u"addresses instead of names in the configuration, use gatehouse firewall start --for CONFIG, "
     u"and gatehouse connect CONFIG without it."},
    {STEP_ANSWER, ERROR_STARTUP_DATA, u"You have specified an option", GATEHOUSE_REFUSED,
     u"Leave the option out, write it into the configuration file, or ask an administrator to "
     u"add your account to the group that is named above."},
    {STEP_ANSWER, ERROR_STARTUP_DATA, NULL, GATEHOUSE_REFUSED,
     u"The service could not read the request. Install matching versions of the service and of "
     u"this program."},
    {STEP_ANSWER, ANY, u"The config file (", GATEHOUSE_REFUSED,
     u"Check that the configuration file exists, that you may read it, and that no other program "
     u"keeps it to itself."},
    {STEP_ANSWER, ERROR_ACCESS_DENIED, u"Users can change openvpn.exe", GATEHOUSE_NOT_STARTED,
     u"Ask an administrator to let only administrators write to the folder of openvpn.exe: the "
     u"Application log of the Event Viewer says which."},
    {STEP_ANSWER, ERROR_CANT_WAIT, NULL, GATEHOUSE_REFUSED,
     u"Too many connections are open. End one that you do not need, then try again."},
    {STEP_ANSWER, ERROR_FILE_NOT_FOUND, u"CreateProcess", GATEHOUSE_NOT_STARTED, openvpn_missing},
    {STEP_ANSWER, ERROR_PATH_NOT_FOUND, u"CreateProcess", GATEHOUSE_NOT_STARTED, openvpn_missing},
    {STEP_ANSWER, ERROR_BAD_IMPERSONATION_LEVEL, NULL, GATEHOUSE_REFUSED,
     u"The service is not allowed to act as you. Start this program directly, not from a "
     u"program that restricts its rights."},
    {STEP_ANSWER, ERROR_OPENVPN_STARTUP, NULL, GATEHOUSE_ENDED_BADLY, see_log},
    {STEP_ANSWER, ANY, NULL, GATEHOUSE_NOT_STARTED, see_events},
    {STEP_END, ANY, NULL, GATEHOUSE_ENDED_BADLY, see_log},
    {STEP_CONTROL_OPEN, ERROR_SERVICE_DOES_NOT_EXIST, NULL, GATEHOUSE_NO_SERVICE, not_installed},
    {STEP_CONTROL_OPEN, ERROR_SERVICE_NOT_ACTIVE, NULL, GATEHOUSE_NO_SERVICE, not_active},
    {STEP_CONTROL_OPEN, ERROR_FILE_NOT_FOUND, NULL, GATEHOUSE_NO_SERVICE,
     u"The service runs but has no control pipe: it is another product's, or older. Install "
     u"matching versions of the service and of this program."},
    {STEP_CONTROL_OPEN, ERROR_ACCESS_DENIED, NULL, GATEHOUSE_NO_SERVICE,
     u"Windows denies this program access to the control pipe. Start it with an ordinary account, "
     u"and not from a program that restricts its rights, such as a browser."},
    {STEP_CONTROL_OPEN, WAIT_TIMEOUT, NULL, GATEHOUSE_TIMED_OUT, is_busy},
    {STEP_CONTROL_OPEN, ANY, NULL, GATEHOUSE_NO_SERVICE,
     u"Ask an administrator to check the state of the service: sc query \"%\""},
    {STEP_CONTROL_ASK, WAIT_TIMEOUT, NULL, GATEHOUSE_TIMED_OUT,
     u"Try again. If that does not help, ask an administrator to restart the service."},
    {STEP_CONTROL_ASK, ERROR_INVALID_DATA, NULL, GATEHOUSE_NO_SERVICE,
     u"The reply is not one of this program's. Install matching versions of the service and of "
     u"this program."},
    {STEP_CONTROL_ASK, ERROR_INVALID_PARAMETER, NULL, GATEHOUSE_INTERNAL,
     u"The request is too long, or is none."},
    {STEP_CONTROL_ASK, ANY, NULL, GATEHOUSE_NO_SERVICE,
     u"The service has closed the connection. Try again. Its messages are in the Application log "
     u"of the Event Viewer."},
    {STEP_CONTROL_ANSWER, ERROR_ACCESS_DENIED, u"Somebody else has started the kill switch",
     GATEHOUSE_REFUSED,
     u"See whose it is, and the way out: gatehouse firewall isup. An administrator may change and "
     u"stop it."},
    {STEP_CONTROL_ANSWER, ERROR_ACCESS_DENIED, u"You may not start the kill switch",
     GATEHOUSE_REFUSED,
     u"Ask an administrator to start it, or to name a group that you are a member of in the "
     u"registry value firewall_users of the service."},
    {STEP_CONTROL_ANSWER, ERROR_ACCESS_DENIED, u"This user may not install updates",
     GATEHOUSE_REFUSED,
     u"Ask an administrator to install the update, or to name a group that you are a member of in "
     u"the setting update_users of the service."},
    {STEP_CONTROL_ANSWER, ERROR_ACCESS_DISABLED_BY_POLICY, NULL, GATEHOUSE_REFUSED, updates_off},
    {STEP_CONTROL_ANSWER, ERROR_BUSY, u"Others are connected", GATEHOUSE_REFUSED,
     u"Try again when they have ended their connections, or use --when-idle."},
    {STEP_CONTROL_ANSWER, ERROR_BUSY, NULL, GATEHOUSE_REFUSED,
     u"Try again later. What became of the other update: gatehouse update --result"},
    {STEP_CONTROL_ANSWER, ERROR_CONNECTION_ACTIVE, NULL, GATEHOUSE_REFUSED,
     u"Use remote-ok (connect: --remote-ok) if you can reach this computer in another way, or if "
     u"it may be cut off."},
    {STEP_CONTROL_ANSWER, ERROR_SERVICE_DISABLED, NULL, GATEHOUSE_REFUSED,
     u"Ask an administrator to have Windows start the service: sc config \"%\" start= auto"},
    {STEP_CONTROL_ANSWER, EPT_S_NOT_REGISTERED, NULL, GATEHOUSE_REFUSED,
     u"Ask an administrator to start the service Base Filtering Engine: net start bfe"},
    {STEP_CONTROL_ANSWER, 0x80320012, NULL, GATEHOUSE_REFUSED,
     u"Try again in a moment. If that does not help, end the programs that the Application log of "
     u"the Event Viewer names."},
    {STEP_CONTROL_ANSWER, ERROR_FILE_NOT_FOUND, u"openvpn.exe is not", GATEHOUSE_REFUSED,
     openvpn_missing},
    {STEP_CONTROL_ANSWER, ERROR_PATH_NOT_FOUND, u"openvpn.exe is not", GATEHOUSE_REFUSED,
     openvpn_missing},
    {STEP_CONTROL_ANSWER, ERROR_ACCESS_DENIED, NULL, GATEHOUSE_REFUSED,
     u"Start this program as administrator (\"Run as administrator\"), or as the user whose "
     u"connection it is."},
    {STEP_CONTROL_ANSWER, ERROR_NOT_FOUND, NULL, GATEHOUSE_REFUSED,
     u"The connection may have ended already: ask for those that there are."},
    {STEP_CONTROL_ANSWER, ERROR_CANT_WAIT, NULL, GATEHOUSE_REFUSED,
     u"Too many programs ask the service. End one that you do not need, then try again."},
    {STEP_CONTROL_ANSWER, ERROR_NOT_SUPPORTED, NULL, GATEHOUSE_REFUSED,
     u"The service is older than this program. Install matching versions of both."},
    {STEP_CONTROL_ANSWER, ERROR_TIMEOUT, NULL, GATEHOUSE_TIMED_OUT,
     u"The service goes on restoring the network settings. Wait a moment, then ask for the "
     u"connections that are left."},
    {STEP_CONTROL_ANSWER, ANY, NULL, GATEHOUSE_REFUSED, see_events},
    {STEP_MEMORY, ANY, NULL, GATEHOUSE_INTERNAL,
     u"Close other programs or restart the computer, then try again."},
};

static const struct advice *failure_find_advice(enum failure_step step, uint32_t code,
                                                const char16_t *function)
{
    const struct advice *row = advices;
    for (; row < advices + ARRAY_COUNT(advices) - 1; row++)
        if (row->step == step && (row->code == ANY || row->code == code) &&
            (!row->function || (function && text_starts_with(function, row->function))))
            break;
    return row;
}

static void failure_append_named(struct text *text, const char16_t *pattern,
                                 const char16_t *instance)
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

/* Appends Windows' message for the code without its line end, if there is one. */
static void failure_append_system_text(struct text *text, uint32_t code)
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
    const struct advice *row = failure_find_advice(step, code, function);
    struct text what = TEXT_ON(error->what);
    struct text advice = TEXT_ON(error->advice);

    error->code = code;
    error->problem = row->problem;
    failure_append_named(&what, step_texts[step], instance);
    if (function && *function) {
        text_append(&what, u": ");
        text_append(&what, function);
    }
    if (code < ERROR_OPENVPN_STARTUP || code > ERROR_MESSAGE_TYPE) {
        failure_append_system_text(&what, code);
        text_append_format(&what, " (error %u)", (unsigned)code);
    } else {
        text_append_format(&what, " (error 0x%08x)", (unsigned)code);
    }
    failure_append_named(&advice, row->advice, instance);
    return code;
}

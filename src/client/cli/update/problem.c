/* SPDX-License-Identifier: MIT */
#include "client/cli/update/problem.h"

#include "base/errors.h"
#include "base/text.h"
#include "base/win32/system_text.h"
#include "product.h"

#include <windows.h>

#ifndef ERROR_TIMEOUT
#define ERROR_TIMEOUT 1460L
#endif

/* What its code is. */
enum code_kind { CODE_OF_WINDOWS, CODE_OF_WINHTTP, CODE_OF_HTTP, CODE_UNTOLD };

static const char16_t try_again[] =
    u"Try again. What has come so far is kept, and the download goes on from there.";
static const char16_t tell_publisher[] =
    u"Try again later. If that does not help, tell whoever runs the update server, or install the "
    u"new version by hand.";
static const char16_t see_address[] =
    u"Ask an administrator to check the settings update_url and update_channel.";

/* `about`, the name of the file or of the server, follows `what`. */
static const struct problem_text {
    enum exit_code exit;
    enum code_kind kind;
    uint32_t code; /* where there is none */
    const char16_t *what, *advice;
} problem_texts[] = {
    [PROBLEM_ENDED] = {EXIT_INTERRUPTED, CODE_UNTOLD, ERROR_CANCELLED,
                       u"Ended before the service had the update", try_again},
    [PROBLEM_WINDOWS] = {EXIT_TROUBLE, CODE_OF_WINDOWS, ERROR_GEN_FAILURE,
                         u"Windows can't download this", u"Close other programs, then try again."},
    [PROBLEM_FILE] = {EXIT_TROUBLE, CODE_OF_WINDOWS, ERROR_GEN_FAILURE,
                      u"The download can't be written to the folder of your application data",
                      u"Make room on the disk. If that does not help, delete the folder update in "
                      u"%LOCALAPPDATA%\\" PRODUCT_DATA_FOLDER u"."},
    [PROBLEM_BUSY] = {EXIT_TROUBLE, CODE_UNTOLD, ERROR_SHARING_VIOLATION,
                      u"Another program of yours downloads an update", u"Wait until it has ended."},
    [PROBLEM_NETWORK] = {EXIT_SERVER, CODE_OF_WINHTTP, ERROR_CONNECTION_ABORTED,
                         u"The update server can't be reached, or the connection was lost",
                         u"Check the connection to the internet, then try again. What has come so "
                         u"far is kept."},
    [PROBLEM_NAME] = {EXIT_SERVER, CODE_OF_WINHTTP, ERROR_HOST_UNREACHABLE,
                      u"The name of the update server can't be resolved",
                      u"Check the connection to the internet. If that works, ask an administrator "
                      u"to check the setting update_url."},
    [PROBLEM_CERTIFICATE] =
        {EXIT_SERVER, CODE_OF_WINHTTP, ERROR_ACCESS_DENIED,
         u"The certificate of the update server is not trusted on this computer, has expired, or "
         u"is another server's",
         u"Check the clock of this computer. Somebody may stand between it and the server: a "
         u"portal that wants a login, a company's proxy, or worse."},
    [PROBLEM_LIMIT] = {EXIT_TIMED_OUT, CODE_UNTOLD, ERROR_TIMEOUT, u"The download takes too long",
                       try_again},
    [PROBLEM_SILENT] = {EXIT_SERVER, CODE_UNTOLD, ERROR_TIMEOUT,
                        u"The update server has not answered within 30 seconds", tell_publisher},
    [PROBLEM_SLOW] = {EXIT_SERVER, CODE_UNTOLD, ERROR_TIMEOUT,
                      u"The update server has sent less than 15 KiB in 15 seconds", try_again},
    [PROBLEM_STATUS] = {EXIT_SERVER, CODE_OF_HTTP, ERROR_INVALID_DATA,
                        u"The update server refuses the file", tell_publisher},
    [PROBLEM_NOT_FOUND] = {EXIT_SERVER, CODE_OF_HTTP, ERROR_FILE_NOT_FOUND,
                           u"The update server does not have the file", see_address},
    [PROBLEM_PROXY] = {EXIT_SERVER, CODE_OF_HTTP, ERROR_ACCESS_DENIED,
                       u"The proxy wants a login that Windows could not give",
                       u"Ask an administrator for a way to the update server."},
    [PROBLEM_REDIRECT] =
        {EXIT_SERVER, CODE_OF_HTTP, ERROR_INVALID_DATA,
         u"The update server sends to an address without https, or does not end to send elsewhere",
         tell_publisher},
    [PROBLEM_RANGE] = {EXIT_SERVER, CODE_OF_HTTP, ERROR_INVALID_DATA,
                       u"The update server sends another part of the file than was asked for",
                       tell_publisher},
    [PROBLEM_TOO_LARGE] = {EXIT_SERVER, CODE_UNTOLD, ERROR_FILE_TOO_LARGE,
                           u"The update server sends more than the file may have", tell_publisher},
    [PROBLEM_SHORT] = {EXIT_SERVER, CODE_UNTOLD, ERROR_HANDLE_EOF,
                       u"The update server has sent only a part of the file", try_again},
    [PROBLEM_HASH] = {EXIT_SERVER, CODE_UNTOLD, ERROR_CRC,
                      u"The file is not the one that the manifest names: its SHA-256 differs",
                      tell_publisher},
    [PROBLEM_METADATA] = {EXIT_SERVER, CODE_UNTOLD, ERROR_INVALID_DATA,
                          u"What the update server has sent can't be used", tell_publisher},
};

static void problem_append_code(struct text *text, enum code_kind kind, uint32_t code)
{
    if (kind == CODE_OF_HTTP)
        text_append_format(text, " (status %u)", (unsigned)code);
    else if (kind == CODE_OF_WINHTTP)
        text_append_format(text, " (error %u)", (unsigned)code);
    else if (kind == CODE_OF_WINDOWS) {
        text_append(text, u": ");
        system_text_append(text, code);
    }
}

enum exit_code problem_report(const struct report *report, enum problem problem, uint32_t code,
                              const char16_t *about)
{
    const struct problem_text *row = &problem_texts[problem];
    const bool is_told = code && row->kind != CODE_UNTOLD;
    struct gatehouse_error error = {.code = is_told ? code : row->code};
    struct text what = TEXT_ON(error.what), advice = TEXT_ON(error.advice);
    text_append(&what, row->what);
    text_append(&what, u": ");
    text_append(&what, about);
    if (is_told)
        problem_append_code(&what, row->kind, code);
    text_append(&advice, row->advice);
    report_error(report, row->exit, &error, NULL);
    return row->exit;
}

/* SPDX-License-Identifier: MIT */
#include "client/cli/commands.h"

#include "base/errors.h"
#include "base/text.h"
#include "base/win32/handles.h"
#include "client/cli/config_file.h"
#include "client/cli/connect/connection.h"
#include "client/cli/console.h"
#include "client/gatehouse.h"
#include "client/cli/connect/input.h"
#include "client/cli/connect/kill_switch.h"
#include "client/cli/connect/options.h"

#include <bcrypt.h>

/* Longest waits, in milliseconds: for the service's pipe, and for its reply. */
enum { OPEN_LIMIT = 5000, START_LIMIT = 30000 };

static void connect_close_service(struct gatehouse **service)
{
    gatehouse_close(*service);
}

/* Random bits as so many hex digits, which need no quoting. */
static bool connect_make_digits(char *digits, size_t count)
{
    static const char values[] = "0123456789abcdef";
    unsigned char random[MANAGEMENT_PASSWORD_MAX / 2];
    if (BCryptGenRandom(NULL, random, (ULONG)(count / 2), BCRYPT_USE_SYSTEM_PREFERRED_RNG) != 0)
        return false;
    for (size_t i = 0; i < count / 2; i++) {
        digits[2 * i] = values[random[i] >> 4];
        digits[2 * i + 1] = values[random[i] & 15];
    }
    digits[count] = '\0';
    SecureZeroMemory(random, sizeof(random));
    return true;
}

/* The password of the management interface, and the name of the event by which the service tells
 * openvpn.exe to end. Nobody can guess that one and take it before. */
static bool connect_make_secrets(struct connection *connection)
{
    enum { EVENT_DIGITS = 16 };
    char digits[EVENT_DIGITS + 1];
    struct text event = TEXT_ON(connection->exit_event);
    if (!connect_make_digits(connection->password, MANAGEMENT_PASSWORD_MAX) ||
        !connect_make_digits(digits, EVENT_DIGITS))
        return false;
    text_append(&event, u"gatehouse_exit_");
    text_append_ascii(&event, digits);
    return true;
}

static uint32_t connect_limit(const struct arguments *arguments, uint32_t most)
{
    const uint32_t seconds = arguments->timeout_seconds;
    return seconds && seconds * 1000 < most ? seconds * 1000 : most;
}

/* openvpn reads the management password as the first line of its standard input. */
static uint32_t connect_start(struct connection *connection, const char16_t *config,
                              const char16_t *directory, struct gatehouse_error *error)
{
    const struct arguments *arguments = connection->arguments;
    const struct options options = {.config = config,
                                    .log = connection->log,
                                    .log_append = arguments->log_append,
                                    .exit_event = connection->exit_event,
                                    .management_port = connection->port,
                                    .query_remote = arguments->kill_switch,
                                    .more = arguments->more,
                                    .more_count = arguments->more_count};
    CLEANUP_FREE char16_t *line = options_join(&options);
    char16_t input_units[MANAGEMENT_PASSWORD_MAX + 2];
    struct text input = TEXT_ON(input_units);
    if (!line) {
        *error = (struct gatehouse_error){.code = ERROR_NOT_ENOUGH_MEMORY,
                                          .what = L"There is not enough memory.",
                                          .advice = L"Close other programs, then try again."};
        return error->code;
    }
    text_append_ascii(&input, connection->password);
    text_append_unit(&input, u'\n');
    uint32_t code =
        gatehouse_start(connection->service, directory, line, input.units,
                        connect_limit(arguments, START_LIMIT), &connection->process_id, error);
    SecureZeroMemory(input_units, sizeof(input_units));
    return code;
}

/* From now on the session ends with this program, however that ends. A service without a control
 * pipe, which is another product's, cannot do that. */
static void connect_attach(struct connection *connection)
{
    struct gatehouse_error error;
    const char16_t *instance = connection->arguments->instance;
    connection->attached = gatehouse_control_open(instance, 0, &error);
    if (!connection->attached && error.code == ERROR_FILE_NOT_FOUND)
        return;
    if (!connection->attached && error.code == WAIT_TIMEOUT)
        connection->attached = gatehouse_control_open(instance, OPEN_LIMIT, &error);
    if (connection->attached &&
        gatehouse_attach(connection->attached, connection->process_id, OPEN_LIMIT, &error) == 0)
        return;
    gatehouse_control_close(connection->attached);
    connection->attached = NULL;
    if (error.code != ERROR_NOT_FOUND) /* it has ended already */
        report_warning(&connection->report, &error);
}

static enum exit_code connect_through_service(struct connection *connection, const char16_t *config,
                                              const char16_t *directory)
{
    struct gatehouse_error error;
    const struct report *report = &connection->report;
    CLEANUP(connect_close_service)
    struct gatehouse *service = gatehouse_open(
        connection->arguments->instance, connect_limit(connection->arguments, OPEN_LIMIT), &error);
    connection->service = service;
    if (!service || connect_start(connection, config, directory, &error) != 0)
        return report_problem(report, &error);
    /* To terminate openvpn.exe if it does not respond. The handle is opened now, because later the
     * id could belong to another process. The service grants the user this right. */
    CLEANUP_HANDLE HANDLE process = OpenProcess(PROCESS_TERMINATE, FALSE, connection->process_id);
    connection->process = process;
    report_started(report, connection->process_id, connection->log);
    if (connection->arguments->keep)
        console_end_with_window();
    else if (!connection->arguments->detach)
        connect_attach(connection);
    enum exit_code exit = connection_run(connection);
    gatehouse_control_close(connection->attached);
    return exit;
}

/* What blocks is there before openvpn is, or there is no connection. */
static enum exit_code connect_behind_kill_switch(struct connection *connection,
                                                 const char16_t *config, const char16_t *directory)
{
    enum exit_code exit = EXIT_DONE;
    if (connection->arguments->kill_switch)
        exit = kill_switch_start(connection, config);
    if (exit != EXIT_DONE)
        return exit;
    exit = connect_through_service(connection, config, directory);
    return kill_switch_end(connection, exit);
}

static enum exit_code connect_prepare(struct connection *connection)
{
    char16_t config[PATH_UNITS];
    char16_t directory[PATH_UNITS];
    const struct arguments *arguments = connection->arguments;
    const struct report *report = &connection->report;
    uint32_t error = config_file_find(arguments->instance, arguments->operand, config, directory);
    if (error)
        return config_file_refuse(report, error, arguments->operand);
    error = paths_log(arguments->log, config, connection->log);
    if (error && arguments->log)
        return config_file_refuse(report, error, arguments->log);
    if (error)
        return report_failure(report, EXIT_USAGE, error,
                              u"The path of openvpn's log can't be used.", u"",
                              u"Name another file with --log, in a folder in which you may write.");
    error = link_prepare();
    if (!error)
        error = link_free_port(&connection->port);
    if (error)
        return report_failure(report, EXIT_TROUBLE, error,
                              u"No free TCP port was found on 127.0.0.1.", u"",
                              u"Check the network settings of this computer.");
    if (!connect_make_secrets(connection))
        return report_failure(report, EXIT_TROUBLE, ERROR_GEN_FAILURE,
                              u"Windows could not make a random number.", u"",
                              u"Restart the computer, then try again.");
    connection->end_event = console_watch_for_end();
    if (!connection->end_event)
        return report_failure(report, EXIT_TROUBLE, GetLastError(),
                              u"The handler for Ctrl-C can't be installed.", u"",
                              u"Close other programs, then try again.");
    return connect_behind_kill_switch(connection, config, directory);
}

enum exit_code command_connect(const struct arguments *arguments)
{
    struct connection connection = {.arguments = arguments,
                                    .report = report_begin(arguments->json)};
    enum exit_code exit = connect_prepare(&connection);
    SecureZeroMemory(connection.password, sizeof(connection.password));
    input_restore();
    console_ended();
    return exit;
}

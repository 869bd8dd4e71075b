/* SPDX-License-Identifier: MIT */
#include "client/management.h"

#include "base/array.h"

#include <stdbool.h>
#include <string.h>

static const char prompt[] = "ENTER PASSWORD:";

/* The text behind `prefix`, or NULL when `line` does not begin with it. */
static char *behind(char *line, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(line, prefix, length) == 0 ? line + length : NULL;
}

/* Cuts the next field off a comma-separated list; "" when there is none. */
static const char *next_field(char **rest)
{
    char *field = *rest;
    char *comma = strchr(field, ',');
    if (comma) {
        *comma = '\0';
        *rest = comma + 1;
    } else {
        *rest = field + strlen(field);
    }
    return field;
}

/* <time>,<name>,<detail>,<address>,<server>,<port>,<local address>,<local port>,<address6> */
static void read_state(char *text, struct management_event *event)
{
    struct management_state *state = &event->state;
    const char *ignored = "";
    const char **fields[] = {&ignored,        &state->name,   &state->detail,
                             &state->address, &state->server, &state->port,
                             &ignored,        &ignored,       &state->address6};
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++)
        *fields[i] = next_field(&text);
}

/* Cuts 'realm' out of its quotes. Returns what follows, or NULL when there are no quotes. */
static char *read_realm(char *text, struct management_event *event)
{
    if (*text != '\'')
        return NULL;
    char *end = strchr(text + 1, '\'');
    if (!end)
        return NULL;
    *end = '\0';
    event->realm = text + 1;
    return end + 1;
}

/* Need 'Auth' username/password | Need 'Private Key' password | Verification Failed: 'Auth'. What
 * follows the kind (a challenge: SC:1,text) makes it a question that we can't answer. */
static void read_password(char *text, struct management_event *event)
{
    static const struct {
        const char *behind_realm;
        enum management_kind kind;
    } needs[] = {
        {" username/password", MANAGEMENT_NEED_LOGIN},
        {" password", MANAGEMENT_NEED_PASSWORD},
    };
    static const char failed[] = "Verification Failed: ";

    char copy[MANAGEMENT_LINE_MAX + 1];
    strcpy(copy, text); /* read_realm() cuts the line, the question is told whole */
    char *at = behind(text, failed);
    if (at) {
        event->kind = MANAGEMENT_PASSWORD_WRONG;
        read_realm(at, event);
        return;
    }
    at = behind(text, "Need ");
    if (!at)
        return; /* an Auth-Token or other news */
    event->kind = MANAGEMENT_NEED_UNKNOWN;
    char *kind = read_realm(at, event);
    for (size_t i = 0; kind && i < ARRAY_COUNT(needs); i++)
        if (strcmp(kind, needs[i].behind_realm) == 0)
            event->kind = needs[i].kind;
    if (event->kind == MANAGEMENT_NEED_UNKNOWN) {
        strcpy(text, copy);
        event->realm = "";
    }
}

static const struct {
    const char *prefix;
    enum management_kind kind;
    void (*read)(char *text, struct management_event *event);
} lines[] = {
    {">STATE:", MANAGEMENT_STATE, read_state},
    {">HOLD:", MANAGEMENT_HOLD, NULL},
    {">PASSWORD:", MANAGEMENT_OTHER, read_password},
    {">NEED-OK:", MANAGEMENT_NEED_UNKNOWN, NULL},
    {">NEED-STR:", MANAGEMENT_NEED_UNKNOWN, NULL},
    {">NEED-CERTIFICATE:", MANAGEMENT_NEED_UNKNOWN, NULL},
    {">PK_SIGN:", MANAGEMENT_NEED_UNKNOWN, NULL},
    {">FATAL:", MANAGEMENT_FATAL, NULL},
    {"SUCCESS: ", MANAGEMENT_SUCCESS, NULL},
    {"ERROR: ", MANAGEMENT_ERROR, NULL},
    {prompt, MANAGEMENT_PROMPT, NULL},
    {"", MANAGEMENT_OTHER, NULL},
};

static void end_line(struct management *management, management_listener *listener, void *context)
{
    char *line = management->line;
    size_t length = management->length;
    management->length = 0;
    if (length && line[length - 1] == '\r')
        length--;
    line[length] = '\0';
    if (length == 0)
        return;

    size_t row = 0;
    char *text = NULL;
    while (!(text = behind(line, lines[row].prefix)))
        row++; /* the last row fits every line */
    struct management_event event = {lines[row].kind, text, "", {"", "", "", "", "", ""}};
    if (lines[row].read)
        lines[row].read(text, &event);
    listener(context, &event);
}

void management_read(struct management *management, const void *bytes, size_t size,
                     management_listener *listener, void *context)
{
    const char *byte = bytes;
    for (size_t i = 0; i < size; i++) {
        if (byte[i] == '\n') {
            end_line(management, listener, context);
            continue;
        }
        if (management->length < MANAGEMENT_LINE_MAX)
            management->line[management->length++] = byte[i] ? byte[i] : '?';
        if (management->length == sizeof(prompt) - 1 &&
            memcmp(management->line, prompt, sizeof(prompt) - 1) == 0)
            end_line(management, listener, context);
    }
}

struct command {
    char *bytes;
    size_t length;
    bool bad;
};

static void put(struct command *command, char byte)
{
    if (command->length >= MANAGEMENT_COMMAND_MAX)
        command->bad = true;
    else
        command->bytes[command->length++] = byte;
}

static void put_quoted(struct command *command, const char *text)
{
    put(command, ' ');
    put(command, '"');
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            command->bad = true;
        if (*text == '"' || *text == '\\')
            put(command, '\\');
        put(command, *text);
    }
    put(command, '"');
}

size_t management_command(char text[MANAGEMENT_COMMAND_MAX + 1], const char *verb,
                          const char *realm, const char *value)
{
    struct command command = {text, 0, false};
    for (; *verb; verb++)
        put(&command, *verb);
    put_quoted(&command, realm);
    put_quoted(&command, value);
    put(&command, '\n');
    if (command.bad)
        command.length = 0;
    text[command.length] = '\0';
    return command.length;
}

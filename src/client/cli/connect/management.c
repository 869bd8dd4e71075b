/* SPDX-License-Identifier: MIT */
#include "client/cli/connect/management.h"

#include "base/array.h"

#include <stdbool.h>
#include <string.h>

static const char prompt[] = "ENTER PASSWORD:";

/* Returns the text after `prefix`, or NULL if `line` does not begin with it. */
static char *management_after_prefix(char *line, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(line, prefix, length) == 0 ? line + length : NULL;
}

/* Removes the next field from a comma-separated list and returns it; "" if there is none. */
static const char *management_next_field(char **rest)
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
static void management_read_state(char *text, struct management_event *event)
{
    struct management_state *state = &event->state;
    const char *ignored = "";
    const char **fields[] = {&ignored,        &state->name,   &state->detail,
                             &state->address, &state->server, &state->port,
                             &ignored,        &ignored,       &state->address6};
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++)
        *fields[i] = management_next_field(&text);
}

/* Reads the realm in single quotes. Returns the text after it, or NULL if there are no quotes. */
static char *management_read_realm(char *text, struct management_event *event)
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

/* Parses: Need 'Auth' username/password | Need 'Private Key' password | Verification Failed:
 * 'Auth'. With more text after it (a challenge: SC:1,text) the question has no answer here. */
static void management_read_password(char *text, struct management_event *event)
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
    strcpy(copy, text); /* management_read_realm() changes the line; the event needs it unchanged */
    char *at = management_after_prefix(text, failed);
    if (at) {
        event->kind = MANAGEMENT_PASSWORD_WRONG;
        management_read_realm(at, event);
        return;
    }
    at = management_after_prefix(text, "Need ");
    if (!at)
        return; /* an Auth-Token, for example */
    event->kind = MANAGEMENT_NEED_UNKNOWN;
    char *kind = management_read_realm(at, event);
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
    {">STATE:", MANAGEMENT_STATE, management_read_state},
    {">HOLD:", MANAGEMENT_HOLD, NULL},
    {">PASSWORD:", MANAGEMENT_OTHER, management_read_password},
    {">NEED-OK:", MANAGEMENT_NEED_UNKNOWN, NULL},
    {">NEED-STR:", MANAGEMENT_NEED_UNKNOWN, NULL},
    {">NEED-CERTIFICATE:", MANAGEMENT_NEED_UNKNOWN, NULL},
    {">PK_SIGN:", MANAGEMENT_NEED_UNKNOWN, NULL},
    {">REMOTE:", MANAGEMENT_REMOTE, NULL},
    {">FATAL:", MANAGEMENT_FATAL, NULL},
    {"SUCCESS: ", MANAGEMENT_SUCCESS, NULL},
    {"ERROR: ", MANAGEMENT_ERROR, NULL},
    {prompt, MANAGEMENT_PROMPT, NULL},
    {"", MANAGEMENT_OTHER, NULL},
};

static void management_end_line(struct management *management, management_listener *listener,
                                void *context)
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
    while (!(text = management_after_prefix(line, lines[row].prefix)))
        row++; /* the last row matches every line */
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
            management_end_line(management, listener, context);
            continue;
        }
        if (management->length < MANAGEMENT_LINE_MAX)
            management->line[management->length++] = byte[i] ? byte[i] : '?';
        if (management->length == sizeof(prompt) - 1 &&
            memcmp(management->line, prompt, sizeof(prompt) - 1) == 0)
            management_end_line(management, listener, context);
    }
}

struct command_text {
    char *bytes;
    size_t length;
    bool bad;
};

static void command_put(struct command_text *command, char byte)
{
    if (command->length >= MANAGEMENT_COMMAND_MAX)
        command->bad = true;
    else
        command->bytes[command->length++] = byte;
}

static void command_put_quoted(struct command_text *command, const char *text)
{
    command_put(command, ' ');
    command_put(command, '"');
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            command->bad = true;
        if (*text == '"' || *text == '\\')
            command_put(command, '\\');
        command_put(command, *text);
    }
    command_put(command, '"');
}

size_t management_command(char text[MANAGEMENT_COMMAND_MAX + 1], const char *verb,
                          const char *realm, const char *value)
{
    struct command_text command = {text, 0, false};
    for (; *verb; verb++)
        command_put(&command, *verb);
    command_put_quoted(&command, realm);
    command_put_quoted(&command, value);
    command_put(&command, '\n');
    if (command.bad)
        command.length = 0;
    text[command.length] = '\0';
    return command.length;
}

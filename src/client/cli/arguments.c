/* SPDX-License-Identifier: MIT */
#include "client/cli/arguments.h"

#include "base/text.h"

struct reader {
    size_t count;
    char16_t **items;
    size_t at;
    bool only_more; /* behind "--" */
    bool in_more;   /* the item before was openvpn's: what follows may be a value of it */
    struct arguments *arguments;
    struct arguments_problem *problem;
};

static bool arguments_refuse(struct reader *reader, const char *what, const char16_t *about)
{
    *reader->problem = (struct arguments_problem){what, about};
    return false;
}

static bool arguments_set_help(struct reader *reader, const char16_t *value)
{
    (void)value;
    reader->arguments->help = true;
    return true;
}

static bool arguments_set_json(struct reader *reader, const char16_t *value)
{
    (void)value;
    reader->arguments->json = true;
    return true;
}

static bool arguments_set_until_stdin_closes(struct reader *reader, const char16_t *value)
{
    (void)value;
    reader->arguments->until_stdin_closes = true;
    return true;
}

/* The instance becomes part of the names of a pipe, a service and a registry key. */
static bool arguments_set_instance(struct reader *reader, const char16_t *value)
{
    if (text_length(value) > INSTANCE_MAX)
        return arguments_refuse(reader, "the name of an instance is longer than 64 characters",
                                value);
    if (*value == u'-')
        return arguments_refuse(reader, "the name of an instance begins with -", value);
    for (const char16_t *unit = value; *unit; unit++)
        if (*unit < u' ' || text_find(u"\\/:*?\"<>|", *unit))
            return arguments_refuse(
                reader,
                "the name of an instance contains a control character or one of \\/:*?\"<>|",
                value);
    reader->arguments->instance = value;
    return true;
}

static bool arguments_set_timeout(struct reader *reader, const char16_t *value)
{
    uint32_t seconds = 0;
    const char16_t *unit = value;
    for (; *unit >= u'0' && *unit <= u'9' && seconds <= TIMEOUT_MAX; unit++)
        seconds = seconds * 10 + (uint32_t)(*unit - u'0');
    if (*unit || unit == value || seconds > TIMEOUT_MAX)
        return arguments_refuse(
            reader, "the time limit is not a number of seconds from 0 (no limit) to 86400", value);
    reader->arguments->timeout_seconds = seconds;
    return true;
}

static bool arguments_set_log(struct reader *reader, const char16_t *value)
{
    reader->arguments->log = value;
    reader->arguments->log_append = false;
    return true;
}

static bool arguments_set_log_append(struct reader *reader, const char16_t *value)
{
    reader->arguments->log = value;
    reader->arguments->log_append = true;
    return true;
}

static bool arguments_set_user(struct reader *reader, const char16_t *value)
{
    reader->arguments->user = value;
    return true;
}

static bool arguments_set_report(struct reader *reader, const char16_t *value)
{
    reader->arguments->report = value;
    return true;
}

enum value { NO_VALUE, MAY_BE_EMPTY, NOT_EMPTY };

static const struct option {
    const char16_t *name;
    unsigned commands;
    enum value value;
    bool (*set)(struct reader *reader, const char16_t *value);
} options[] = {
    {u"-h", ARGUMENTS_CONNECT | ARGUMENTS_DOCTOR | ARGUMENTS_VERSION | ARGUMENTS_HELP, NO_VALUE,
     arguments_set_help},
    {u"--help", ARGUMENTS_CONNECT | ARGUMENTS_DOCTOR | ARGUMENTS_VERSION | ARGUMENTS_HELP, NO_VALUE,
     arguments_set_help},
    {u"--json", ARGUMENTS_CONNECT | ARGUMENTS_DOCTOR | ARGUMENTS_VERSION, NO_VALUE,
     arguments_set_json},
    {u"--instance", ARGUMENTS_CONNECT | ARGUMENTS_DOCTOR, MAY_BE_EMPTY, arguments_set_instance},
    {u"--report", ARGUMENTS_DOCTOR, NOT_EMPTY, arguments_set_report},
    {u"--timeout", ARGUMENTS_CONNECT, MAY_BE_EMPTY, arguments_set_timeout},
    {u"--log", ARGUMENTS_CONNECT, NOT_EMPTY, arguments_set_log},
    {u"--log-append", ARGUMENTS_CONNECT, NOT_EMPTY, arguments_set_log_append},
    {u"--user", ARGUMENTS_CONNECT, NOT_EMPTY, arguments_set_user},
    {u"--until-stdin-closes", ARGUMENTS_CONNECT, NO_VALUE, arguments_set_until_stdin_closes},
};

/* `item` is the name alone, or the name of a long option with "=" and a value. */
static const struct option *arguments_find_option(enum arguments_command command,
                                                  const char16_t *item)
{
    for (size_t i = 0; i < ARRAY_COUNT(options); i++) {
        const char16_t *name = options[i].name;
        const char16_t end = text_starts_with(item, name) ? item[text_length(name)] : u'?';
        if ((options[i].commands & command) &&
            (!end || (end == u'=' && text_starts_with(name, u"--"))))
            return &options[i];
    }
    return NULL;
}

static bool arguments_read_option(struct reader *reader, const struct option *option,
                                  const char16_t *item)
{
    const char16_t *equals = text_find(item, u'=');
    const char16_t *value = equals ? equals + 1 : NULL;
    if (option->value == NO_VALUE)
        return equals ? arguments_refuse(reader, "this option takes no value", item)
                      : option->set(reader, NULL);
    if (!equals && reader->at < reader->count)
        value = reader->items[reader->at++];
    /* A value that was forgotten makes the next option one. */
    if (!equals && value && text_starts_with(value, u"--"))
        return arguments_refuse(
            reader, "this option needs a value (one that begins with -- goes behind =)", item);
    if (!value || (!*value && option->value == NOT_EMPTY))
        return arguments_refuse(reader, "this option needs a value", item);
    return option->set(reader, value);
}

/* A word that belongs to no option is a mistake: most often half of a path that was not quoted.
 * Openvpn's options have no "=", so a user who writes one means a value. */
static bool arguments_read_more(struct reader *reader, char16_t *item)
{
    struct arguments *arguments = reader->arguments;
    const bool is_option = text_starts_with(item, u"--");
    if (!is_option && !reader->in_more)
        return arguments_refuse(
            reader,
            "only options for openvpn, which begin with --, follow the configuration file; a path "
            "with blanks needs quotes",
            item);
    /* This program uses the management interface itself. */
    if (text_starts_with(item, u"--management"))
        return arguments_refuse(
            reader, "gatehouse uses the management interface itself; leave out the option", item);
    arguments->more[arguments->more_count++] = item;
    reader->in_more = true;
    const char16_t *equals = is_option && !reader->only_more ? text_find(item, u'=') : NULL;
    if (equals) {
        char16_t *value = item + (equals - item) + 1;
        value[-1] = 0;
        arguments->more[arguments->more_count++] = value;
    }
    return true;
}

static bool arguments_read_operand(enum arguments_command command, struct reader *reader,
                                   const char16_t *item)
{
    if (item[0] == u'-')
        return arguments_refuse(reader, "unknown option", item);
    if (reader->arguments->operand || command == ARGUMENTS_VERSION || command == ARGUMENTS_DOCTOR)
        return arguments_refuse(reader, "unexpected argument", item);
    if (command == ARGUMENTS_CONNECT && !*item)
        return arguments_refuse(reader, "the name of the configuration file is empty", item);
    reader->arguments->operand = item;
    return true;
}

static bool arguments_read_item(enum arguments_command command, struct reader *reader)
{
    char16_t *item = reader->items[reader->at++];
    const struct option *option = reader->only_more ? NULL : arguments_find_option(command, item);
    const bool takes_more = command == ARGUMENTS_CONNECT && reader->arguments->operand;
    const bool begins_more = takes_more && !reader->only_more && text_equal(item, u"--");
    if (takes_more && !option && !begins_more)
        return arguments_read_more(reader, item);
    reader->in_more = false;
    reader->only_more |= begins_more;
    if (begins_more)
        return true;
    return option ? arguments_read_option(reader, option, item)
                  : arguments_read_operand(command, reader, item);
}

bool arguments_read(enum arguments_command command, size_t count, char16_t **items, char16_t **more,
                    struct arguments *arguments, struct arguments_problem *problem)
{
    struct reader reader = {
        .count = count, .items = items, .arguments = arguments, .problem = problem};
    *arguments =
        (struct arguments){.instance = u"", .timeout_seconds = TIMEOUT_DEFAULT, .more = more};
    while (reader.at < count)
        if (!arguments_read_item(command, &reader))
            return false;
    if (command == ARGUMENTS_CONNECT && !arguments->operand && !arguments->help)
        return arguments_refuse(&reader, "the name of the configuration file is missing", u"");
    return true;
}

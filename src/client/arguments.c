/* SPDX-License-Identifier: MIT */
#include "client/arguments.h"

#include "base/text.h"

struct reader {
    size_t count;
    char16_t **items;
    size_t at;
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

static const struct option {
    const char16_t *name;
    unsigned commands;
    bool takes_value;
    bool (*set)(struct reader *reader, const char16_t *value);
} options[] = {
    {u"-h", ARGUMENTS_CONNECT | ARGUMENTS_VERSION | ARGUMENTS_HELP, false, arguments_set_help},
    {u"--help", ARGUMENTS_CONNECT | ARGUMENTS_VERSION | ARGUMENTS_HELP, false, arguments_set_help},
    {u"--json", ARGUMENTS_CONNECT | ARGUMENTS_VERSION, false, arguments_set_json},
    {u"--instance", ARGUMENTS_CONNECT, true, arguments_set_instance},
    {u"--timeout", ARGUMENTS_CONNECT, true, arguments_set_timeout},
    {u"--log", ARGUMENTS_CONNECT, true, arguments_set_log},
    {u"--log-append", ARGUMENTS_CONNECT, true, arguments_set_log_append},
    {u"--user", ARGUMENTS_CONNECT, true, arguments_set_user},
    {u"--until-stdin-closes", ARGUMENTS_CONNECT, false, arguments_set_until_stdin_closes},
};

static const struct option *arguments_find_option(enum arguments_command command,
                                                  const char16_t *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(options); i++)
        if ((options[i].commands & command) && text_equal(options[i].name, name))
            return &options[i];
    return NULL;
}

static bool arguments_read_option(struct reader *reader, const struct option *option)
{
    const char16_t *value = NULL;
    if (option->takes_value) {
        if (reader->at == reader->count)
            return arguments_refuse(reader, "this option needs a value", option->name);
        value = reader->items[reader->at++];
    }
    return option->set(reader, value);
}

static bool arguments_read_more(struct reader *reader, char16_t *item)
{
    /* This program uses the management interface itself. */
    if (text_starts_with(item, u"--management"))
        return arguments_refuse(
            reader, "gatehouse uses the management interface itself; leave out the option", item);
    reader->arguments->more[reader->arguments->more_count++] = item;
    return true;
}

static bool arguments_read_item(enum arguments_command command, struct reader *reader,
                                bool *only_more)
{
    struct arguments *arguments = reader->arguments;
    char16_t *item = reader->items[reader->at++];
    const struct option *option = *only_more ? NULL : arguments_find_option(command, item);
    const bool takes_more = command == ARGUMENTS_CONNECT && arguments->operand;
    if (option)
        return arguments_read_option(reader, option);
    if (takes_more && !*only_more && text_equal(item, u"--")) {
        *only_more = true;
        return true;
    }
    if (takes_more)
        return arguments_read_more(reader, item);
    if (item[0] == u'-')
        return arguments_refuse(reader, "unknown option", item);
    if (arguments->operand || command == ARGUMENTS_VERSION)
        return arguments_refuse(reader, "unexpected argument", item);
    arguments->operand = item;
    return true;
}

bool arguments_read(enum arguments_command command, size_t count, char16_t **items, char16_t **more,
                    struct arguments *arguments, struct arguments_problem *problem)
{
    struct reader reader = {count, items, 0, arguments, problem};
    bool only_more = false;
    *arguments =
        (struct arguments){.instance = u"", .timeout_seconds = TIMEOUT_DEFAULT, .more = more};
    while (reader.at < count)
        if (!arguments_read_item(command, &reader, &only_more))
            return false;
    if (command == ARGUMENTS_CONNECT && !arguments->operand && !arguments->help)
        return arguments_refuse(&reader, "the name of the configuration file is missing", u"");
    return true;
}

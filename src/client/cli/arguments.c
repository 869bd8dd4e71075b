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

static bool arguments_set_for(struct reader *reader, const char16_t *value)
{
    reader->arguments->for_config = value;
    return true;
}

static bool arguments_set_name(struct reader *reader, const char16_t *value)
{
    reader->arguments->name = value;
    return true;
}

static bool arguments_set_report(struct reader *reader, const char16_t *value)
{
    reader->arguments->report = value;
    return true;
}

enum value { NO_VALUE, MAY_BE_EMPTY, NOT_EMPTY };

enum {
    ASK_SERVICE = ARGUMENTS_STATUS | ARGUMENTS_DISCONNECT | ARGUMENTS_CLEANUP | ARGUMENTS_FIREWALL |
                  ARGUMENTS_UPDATE,
    USE_PROFILE = ARGUMENTS_CHECK | ARGUMENTS_IMPORT,
    USE_SERVICE = ARGUMENTS_CONNECT | ARGUMENTS_LIST | USE_PROFILE | ASK_SERVICE,
    EVERY_COMMAND = USE_SERVICE | ARGUMENTS_DOCTOR | ARGUMENTS_VERSION | ARGUMENTS_HELP
};

static const struct option {
    const char16_t *name;
    unsigned commands;
    enum value value;
    bool (*set)(struct reader *reader, const char16_t *value);
    size_t flag; /* without a value: the offset of the bool that becomes true */
} options[] = {
#define FLAG(member) NO_VALUE, NULL, offsetof(struct arguments, member)
    {u"-h", EVERY_COMMAND, FLAG(help)},
    {u"--help", EVERY_COMMAND, FLAG(help)},
    {u"--json", USE_SERVICE | ARGUMENTS_DOCTOR | ARGUMENTS_VERSION, FLAG(json)},
    {u"--instance", USE_SERVICE | ARGUMENTS_DOCTOR, MAY_BE_EMPTY, arguments_set_instance, 0},
    {u"--timeout", ARGUMENTS_CONNECT, MAY_BE_EMPTY, arguments_set_timeout, 0},
    {u"--log", ARGUMENTS_CONNECT, NOT_EMPTY, arguments_set_log, 0},
    {u"--log-append", ARGUMENTS_CONNECT, NOT_EMPTY, arguments_set_log_append, 0},
    {u"--user", ARGUMENTS_CONNECT, NOT_EMPTY, arguments_set_user, 0},
    {u"--until-stdin-closes", ARGUMENTS_CONNECT, FLAG(until_stdin_closes)},
    {u"--detach", ARGUMENTS_CONNECT, FLAG(detach)},
    {u"--keep", ARGUMENTS_CONNECT, FLAG(keep)},
    {u"--kill-switch", ARGUMENTS_CONNECT, FLAG(kill_switch)},
    {u"--allow-lan", ARGUMENTS_CONNECT, FLAG(allow_lan)},
    {u"--remote-ok", ARGUMENTS_CONNECT, FLAG(remote_ok)},
    {u"--release", ARGUMENTS_CONNECT, FLAG(release)},
    {u"--rules", ARGUMENTS_CHECK, FLAG(rules)},
    {u"--name", ARGUMENTS_IMPORT, NOT_EMPTY, arguments_set_name, 0},
    {u"--for", ARGUMENTS_FIREWALL, NOT_EMPTY, arguments_set_for, 0},
    {u"--watch", ARGUMENTS_STATUS, FLAG(watch)},
    {u"--quiet", ARGUMENTS_STATUS, FLAG(quiet)},
    {u"--all", ARGUMENTS_DISCONNECT, FLAG(all)},
    {u"--wait", ARGUMENTS_DISCONNECT, FLAG(wait)},
    {u"--check", ARGUMENTS_UPDATE, FLAG(check)},
    {u"--result", ARGUMENTS_UPDATE, FLAG(result)},
    {u"--when-idle", ARGUMENTS_UPDATE, FLAG(when_idle)},
    {u"--report", ARGUMENTS_DOCTOR, NOT_EMPTY, arguments_set_report, 0},
#undef FLAG
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
    if (option->value == NO_VALUE) {
        if (equals)
            return arguments_refuse(reader, "this option takes no value", item);
        *(bool *)((char *)reader->arguments + option->flag) = true;
        return true;
    }
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

/* What a command takes that is no option. */
static const struct operand {
    unsigned commands;
    const char *empty; /* what is said of an empty one; NULL: there may be none at all */
} operands[] = {
    {ARGUMENTS_CONNECT | USE_PROFILE, "the name of the configuration file is empty"},
    {ARGUMENTS_STATUS | ARGUMENTS_DISCONNECT, "the name of the connection is empty"},
    {ARGUMENTS_HELP, "the name of the command is empty"},
    {ARGUMENTS_FIREWALL, "an argument is empty"},
    {ARGUMENTS_VERSION | ARGUMENTS_LIST | ARGUMENTS_CLEANUP | ARGUMENTS_UPDATE, NULL},
};

static const char *arguments_about_empty(enum arguments_command command)
{
    for (size_t i = 0; i < ARRAY_COUNT(operands); i++)
        if (operands[i].commands & command)
            return operands[i].empty;
    return NULL;
}

static bool arguments_read_operand(enum arguments_command command, struct reader *reader,
                                   char16_t *item)
{
    struct arguments *arguments = reader->arguments;
    const char *empty = arguments_about_empty(command);
    const bool takes_more = command == ARGUMENTS_FIREWALL && arguments->operand;
    if (item[0] == u'-')
        return arguments_refuse(reader, "unknown option", item);
    if ((arguments->operand && !takes_more) || !empty)
        return arguments_refuse(reader, "unexpected argument", item);
    if (!*item)
        return arguments_refuse(reader, empty, item);
    if (takes_more)
        arguments->more[arguments->more_count++] = item;
    else
        arguments->operand = item;
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

/* Its words are those of the control pipe, which are judged by whoever asks. */
static bool arguments_of_firewall_are_whole(struct reader *reader)
{
    const struct arguments *arguments = reader->arguments;
    const char16_t *verb = arguments->operand ? arguments->operand : u"";
    const bool is_start = text_equal(verb, u"start");
    if (!is_start && !text_equal(verb, u"stop") && !text_equal(verb, u"isup"))
        return arguments_refuse(reader, "say start, stop or isup", verb);
    if (!is_start && arguments->for_config)
        return arguments_refuse(reader, "--for goes with start", u"");
    if (!is_start && arguments->more_count)
        return arguments_refuse(reader, "unexpected argument", arguments->more[0]);
    return true;
}

/* Only this program can tell openvpn where to connect while names cannot be resolved. */
static bool arguments_of_kill_switch_are_whole(struct reader *reader)
{
    const struct arguments *arguments = reader->arguments;
    if (!arguments->kill_switch &&
        (arguments->allow_lan || arguments->remote_ok || arguments->release))
        return arguments_refuse(
            reader, "--allow-lan, --remote-ok and --release go with --kill-switch", u"");
    if (arguments->kill_switch && (arguments->detach || arguments->keep))
        return arguments_refuse(reader,
                                "with --kill-switch this program must run as long as the "
                                "connection: leave out --detach and --keep",
                                u"");
    return true;
}

/* What no option can tell by itself. */
static bool arguments_are_whole(enum arguments_command command, struct reader *reader)
{
    const struct arguments *arguments = reader->arguments;
    if (arguments->rules && arguments->operand)
        return arguments_refuse(reader, "--rules is about no file", arguments->operand);
    if ((command & (ARGUMENTS_CONNECT | USE_PROFILE)) && !arguments->operand && !arguments->rules)
        return arguments_refuse(reader, "the name of the configuration file is missing", u"");
    if (command == ARGUMENTS_FIREWALL && !arguments_of_firewall_are_whole(reader))
        return false;
    if (!arguments_of_kill_switch_are_whole(reader))
        return false;
    if (arguments->detach && arguments->until_stdin_closes)
        return arguments_refuse(reader, "--detach and --until-stdin-closes exclude each other",
                                u"");
    if (command == ARGUMENTS_DISCONNECT && !arguments->operand == !arguments->all)
        return arguments_refuse(
            reader, "name a connection or its process, or end all of them with --all", u"");
    if (arguments->check + arguments->result + arguments->when_idle > 1)
        return arguments_refuse(reader, "--check, --result and --when-idle exclude each other",
                                u"");
    if (arguments->quiet && (!arguments->operand || arguments->watch || arguments->json))
        return arguments_refuse(
            reader, "--quiet is about the name of a connection, without --watch and --json", u"");
    return true;
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
    return arguments->help || arguments_are_whole(command, &reader);
}

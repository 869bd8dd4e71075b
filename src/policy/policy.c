/* SPDX-License-Identifier: MIT */
#include "policy/policy.h"

#include "base/errors.h"
#include "base/text.h"
#include "policy/options.h"
#include "policy/path.h"
#include "policy/profile/arguments.h"
#include "policy/profile/line.h"

/* For this config openvpn.exe reads its standard input. */
static const char16_t stdin_name[] = u"stdin";

struct check {
    const struct policy *policy;
    const char16_t *directory;
    struct tokens *tokens;
    struct policy_refusal *refusal;
};

/* A piece of a refusal text: a fixed part, or a text of the caller that is echoed. If the whole
 * does not fit, echoed texts are shortened in their middle, so that the sentence and the name of
 * the group stay complete. */
struct piece {
    const char16_t *text;
    bool echoed;
};

static void policy_append_shortened(struct text *reason, const char16_t *text, size_t limit)
{
    static const char16_t gap[] = u"...";
    size_t length = text_length(text), gap_length = ARRAY_COUNT(gap) - 1;
    if (length <= limit || limit < gap_length) {
        text_append_units(reason, text, length <= limit ? length : 0);
        return;
    }
    size_t head = (limit - gap_length) / 2, tail = limit - gap_length - head;
    if (tail && text_is_low_surrogate(text[length - tail]))
        tail--; /* half a character would be left */
    text_append_units(reason, text, text_whole_length(text, head));
    text_append(reason, gap);
    text_append_units(reason, text + length - tail, tail);
}

/* Writes the refusal and returns ERROR_STARTUP_DATA. The echoed pieces share the room equally; one
 * may use what the others leave. */
static uint32_t policy_refuse(struct policy_refusal *refusal, uint32_t code,
                              const struct piece *pieces, size_t count)
{
    size_t fixed = 0, echoed = 0, echoes = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = text_length(pieces[i].text);
        fixed += pieces[i].echoed ? 0 : length;
        echoed += pieces[i].echoed ? length : 0;
        echoes += pieces[i].echoed;
    }
    size_t room = fixed < POLICY_REASON_UNITS ? POLICY_REASON_UNITS - 1 - fixed : 0;

    refusal->code = code;
    struct text text = TEXT_ON(refusal->text);
    for (size_t i = 0; i < count; i++) {
        if (!pieces[i].echoed) {
            text_append(&text, pieces[i].text);
            continue;
        }
        size_t others = echoed - text_length(pieces[i].text), share = room / echoes;
        bool spare = others < room && room - others > share;
        policy_append_shortened(&text, pieces[i].text, spare ? room - others : share);
    }
    return ERROR_STARTUP_DATA;
}

static const char16_t advice[] =
    u" admin approval. This error may be avoided by adding your account to the \"";

static uint32_t policy_refuse_file(const struct check *check, const char16_t *file)
{
    const struct piece pieces[] = {
        {u"You have specified a config file location (", false},
        {file, true},
        {u" relative to ", false},
        {check->directory, true},
        {u") that requires", false},
        {advice, false},
        {check->policy->admin_group, false},
        {u"\" group", false},
    };
    return policy_refuse(check->refusal, ERROR_STARTUP_DATA, pieces, ARRAY_COUNT(pieces));
}

static uint32_t policy_refuse_unopened(const struct check *check, const char16_t *file,
                                       uint32_t error)
{
    const struct piece pieces[] = {
        {u"The config file (", false},  {file, true},
        {u" relative to ", false},      {check->directory, true},
        {u") cannot be opened", false},
    };
    return policy_refuse(check->refusal, error, pieces, ARRAY_COUNT(pieces));
}

static uint32_t policy_refuse_option(const struct check *check, const char16_t *option)
{
    const struct piece pieces[] = {
        {u"You have specified an option (", false}, {option, true},
        {u") that may be used only with", false},   {advice, false},
        {check->policy->admin_group, false},        {u"\" group", false},
    };
    return policy_refuse(check->refusal, ERROR_STARTUP_DATA, pieces, ARRAY_COUNT(pieces));
}

uint32_t policy_refuse_profile(const char16_t *admin_group, const char16_t *sentence,
                               struct policy_refusal *refusal)
{
    const struct piece pieces[] = {
        {sentence, true},     {u" It may be used only with", false},
        {advice, false},      {admin_group, false},
        {u"\" group", false},
    };
    return policy_refuse(refusal, ERROR_STARTUP_DATA, pieces, ARRAY_COUNT(pieces));
}

/* Returns 0, with the final path of the file, if the caller may use it as config file;
 * ERROR_STARTUP_DATA if it needs admin approval, because it lies elsewhere or is not even opened;
 * or the error of opening it. */
static uint32_t policy_find_file(const struct check *check, const char16_t *file,
                                 char16_t final[POLICY_PATH_UNITS])
{
    const struct policy *policy = check->policy;
    char16_t path[POLICY_PATH_UNITS], again[POLICY_PATH_UNITS];
    if (text_equal(file, stdin_name))
        return ERROR_STARTUP_DATA;
    uint32_t error = path_resolve(check->directory, file, path);
    if (!error)
        error = policy->final_path(policy->context, path, final);
    if (error)
        return error == ERROR_BAD_PATHNAME ? ERROR_STARTUP_DATA : error;
    /* openvpn.exe opens the final path as a Win32 path. NT allows names such as "name." or "nul",
     * which Win32 changes: openvpn.exe would open another file than the one checked here. So the
     * final path must resolve to itself, which UNC and device paths do not. */
    return !path_resolve(u"", final, again) && text_equal(final, again) &&
                   path_is_below(policy, policy->config_directory, final)
               ? 0
               : ERROR_STARTUP_DATA;
}

/* Has the file judged that `file` leads to; what runs in its place is `run`. `is_below`: it lies in
 * the config folder, as `run`. */
static uint32_t policy_judge_file(const struct check *check, const char16_t *file, bool is_below,
                                  char16_t run[POLICY_PATH_UNITS])
{
    const struct policy *policy = check->policy;
    char16_t path[POLICY_PATH_UNITS];
    if (is_below ? !policy->judges_all : !policy->takes_profiles)
        return is_below ? 0 : ERROR_BAD_PATHNAME;
    if (text_equal(file, stdin_name))
        return policy->take_profile(policy->profile_context, NULL, check->refusal, run);
    uint32_t error = path_resolve(check->directory, file, path);
    return error ? ERROR_BAD_PATHNAME
                 : policy->take_profile(policy->profile_context, path, check->refusal, run);
}

static uint32_t policy_check_file(const struct check *check, size_t at)
{
    const char16_t *file = check->tokens->items[at];
    char16_t run[POLICY_PATH_UNITS];
    uint32_t error = policy_find_file(check, file, run);
    if (!error || error == ERROR_STARTUP_DATA)
        error = policy_judge_file(check, file, !error, run);
    if (error == ERROR_BAD_PATHNAME)
        return policy_refuse_file(check, file);
    if (error == ERROR_STARTUP_DATA)
        return error;
    if (error)
        return policy_refuse_unopened(check, file, error);
    return text_equal(file, stdin_name) ? 0 : tokens_replace(check->tokens, at, run);
}

/* The C run-time of openvpn.exe may expand wildcards into names of the caller's files. Control
 * characters could forge lines in openvpn.exe's log and in its management interface. */
static bool policy_is_plain(const char16_t *value)
{
    for (; *value; value++)
        if (*value < u' ' || *value == u'*' || *value == u'?')
            return false;
    return true;
}

/* Checks token number `at`, which is value number `number` (from 0) of the option of `rule`; NULL:
 * no option stands before it. */
static uint32_t policy_check_value(const struct check *check, const struct option_rule *rule,
                                   size_t number, size_t at)
{
    const char16_t *value = check->tokens->items[at];
    if (rule && rule->takes_config_file)
        return policy_check_file(check, at);
    if (rule && rule->refused_value && number == 0 && text_equal(value, rule->refused_value))
        return policy_refuse_option(check, check->tokens->items[at - 1]);
    if (!rule || !policy_is_plain(value))
        return policy_refuse_option(check, value);
    return 0;
}

/* Of an option that is a directive: its values have been judged with it. */
static const struct option_rule judged_rule = {.name = u""};

/* The row of an option; NULL: no profile may have it. */
static const struct directive *policy_find_directive(const char16_t *option)
{
    char name[DIRECTIVE_NAME_BYTES];
    const size_t size = text_to_utf8(option + 2, text_length(option + 2), name, sizeof(name));
    if (size >= sizeof(name))
        return NULL;
    name[size] = '\0';
    const struct directive *row = directive_find(name);
    return row && row->rule == DIRECTIVE_ALLOWED ? row : NULL;
}

/* Whether the values behind the option at `at` are those that a profile may have. */
static bool policy_has_arguments(const struct check *check, size_t at, const struct directive *row)
{
    enum { VALUE_BYTES = PROFILE_LINE_BYTES + 1 };
    char bytes[PROFILE_WORDS][VALUE_BYTES];
    const char *values[PROFILE_WORDS];
    size_t count = 0, which;
    for (at++; at < check->tokens->count && !option_is(check->tokens->items[at]); at++) {
        const char16_t *value = check->tokens->items[at];
        const size_t length = text_length(value);
        if (count == PROFILE_WORDS - 1)
            return false;
        const size_t size = text_to_utf8(value, length, bytes[count], VALUE_BYTES);
        if (size >= VALUE_BYTES)
            return false;
        bytes[count][size] = '\0';
        values[count] = bytes[count];
        count++;
    }
    return !arguments_problem(row, values, count, &which);
}

/* Judges the option at `at` as a directive, if a profile may have it; `*rule` is that of the white
 * list, or becomes one for it. Returns false for what is neither, or has other values. */
static bool policy_judge_option(const struct check *check, size_t at,
                                const struct option_rule **rule)
{
    const struct directive *row = policy_find_directive(check->tokens->items[at]);
    if (!row)
        return *rule != NULL;
    if (!*rule)
        *rule = &judged_rule;
    return policy_has_arguments(check, at, row);
}

/* openvpn.exe would read the password of its management interface and its profile from the same
 * text, one of which would be wrong. */
static bool policy_mixes_input(const struct tokens *tokens)
{
    for (size_t at = 0; at + 3 < tokens->count; at++)
        if (text_equal(tokens->items[at], u"--management") &&
            text_equal(tokens->items[at + 3], stdin_name))
            return policy_takes_stdin(tokens);
    return false;
}

uint32_t policy_complete(struct tokens *tokens)
{
    if (tokens->count != 1 || option_is(tokens->items[0]))
        return 0;
    return tokens_insert(tokens, 0, u"--config");
}

bool policy_is_missing(const struct policy_refusal *refusal)
{
    return refusal->code == ERROR_FILE_NOT_FOUND || refusal->code == ERROR_PATH_NOT_FOUND;
}

bool policy_takes_stdin(const struct tokens *tokens)
{
    const struct option_rule *rule = NULL; /* of the option just before */
    for (size_t at = 0; at < tokens->count; at++) {
        if (rule && rule->takes_config_file && text_equal(tokens->items[at], stdin_name))
            return true;
        rule = option_find(tokens->items[at]);
    }
    return false;
}

uint32_t policy_check(const struct policy *policy, const char16_t *working_directory,
                      struct tokens *tokens, struct policy_refusal *refusal)
{
    const struct check check = {policy, working_directory, tokens, refusal};
    const struct option_rule *rule = NULL; /* of the last option */
    size_t values = 0;                     /* of the last option, up to here */
    bool file_due = tokens->count == 0;    /* a config file must come next */
    *refusal = (struct policy_refusal){0};
    for (size_t at = 0; at < tokens->count; at++) {
        const char16_t *token = tokens->items[at];
        if (!option_is(token)) {
            uint32_t error = policy_check_value(&check, rule, values++, at);
            if (error)
                return error;
            file_due = false;
            continue;
        }
        if (file_due)
            return policy_refuse_file(&check, token);
        rule = option_find(token);
        if (policy->judges_all && !policy_judge_option(&check, at, &rule))
            return policy_refuse_option(&check, token);
        if (!rule || (rule->queries_remote && !policy->may_query_remote))
            return policy_refuse_option(&check, token);
        values = 0;
        file_due = rule->takes_config_file;
    }
    if (!file_due && policy->takes_profiles && policy_mixes_input(tokens))
        return policy_refuse_profile(
            policy->admin_group,
            u"A profile on the standard input and the password of --management there exclude each "
            u"other.",
            refusal);
    return file_due ? policy_refuse_file(&check, u"") : 0;
}

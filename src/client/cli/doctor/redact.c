/* SPDX-License-Identifier: MIT */
#include "client/cli/doctor/redact.h"

#include "base/array.h"
#include "client/cli/doctor/redact_address.h"

#include <stdio.h>
#include <string.h>

#define LEFT_OUT "<left out>"

/* ---- bytes ---- */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_upper(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static bool is_lower(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

/* Of a word: letters of all languages are, because their bytes are above 0x7f. */
static bool is_of_word(char byte)
{
    return is_digit(byte) || is_upper(byte) || is_lower(byte) || byte == '_' ||
           (unsigned char)byte >= 0x80;
}

/* The bytes of a control character, which a terminal would obey; 0: it is none. */
static size_t control_length(const char *at)
{
    const unsigned char first = (unsigned char)at[0], second = (unsigned char)at[1];
    if (first < 0x20 || first == 0x7f)
        return 1;
    return first == 0xc2 && second >= 0x80 && second < 0xa0 ? 2 : 0;
}

static char to_lower(char byte)
{
    return is_upper(byte) ? (char)(byte + 'a' - 'A') : byte;
}

/* Whether `line` goes on with `lower`, a text in lower case. */
static bool goes_on(const char *line, const char *lower)
{
    for (; *lower; line++, lower++)
        if (to_lower(*line) != *lower)
            return false;
    return true;
}

/* ---- where in a line we are ---- */

struct place_in_line {
    const char *line; /* its beginning */
    const char *at;
};

static bool is_at_word(const struct place_in_line *place)
{
    return place->at == place->line || !is_of_word(place->at[-1]);
}

/* A rule looks at what is at a place: how many bytes of the line `instead` takes the place of, or 0
 * when the rule has nothing to say. */
enum { INSTEAD_SIZE = 128 };
typedef size_t redact_rule(struct redactor *redactor, const struct place_in_line *place,
                           char instead[INSTEAD_SIZE]);

/* Keeps `kept` bytes, at most a few, and leaves out those up to `end`. */
static size_t leave_out(const struct place_in_line *place, size_t kept, const char *end,
                        char instead[INSTEAD_SIZE])
{
    if (place->at + kept >= end)
        return 0;
    snprintf(instead, INSTEAD_SIZE, "%.*s" LEFT_OUT, (int)kept, place->at);
    return (size_t)(end - place->at);
}

static const char *skip_to(const char *at, const char *ends)
{
    return at + strcspn(at, ends);
}

/* ---- secrets ---- */

/* Words behind which a secret stands. `separators`: one of these must be between, blanks apart. */
struct secret_word {
    const char *word, *separators;
};

/* The secret ends with the line, or where a list goes on. */
static const struct secret_word words_of_line[] = {
    {"cookie", "=:"}, {"authorization", "=:"}, {"cr_response", ",:"},
    {"crv1", ":"},    {"scrv1", ":"},          {NULL, NULL},
};
static const struct secret_word words_of_value[] = {
    {"password", "=:"},         {"passwd", "=:"},     {"passphrase", "=:"},  {"pass", "=:"},
    {"secret", "=:"},           {"token", "=:"},      {"pin", "=:"},         {"otp", "=:"},
    {"response", "=:"},         {"session_id", "=:"}, {"auth-token", " =:"}, {"sess_id", "=:_"},
    {"auth-token-user", " =:"}, {NULL, NULL},
};

static const struct secret_word *secret_word_at(const char *at, const struct secret_word *rows)
{
    for (; rows->word; rows++)
        if (goes_on(at, rows->word) && at[strlen(rows->word)])
            return rows;
    return NULL;
}

/* Where the secret of the word at `at` begins; NULL: it has none. */
static const char *secret_behind(const struct secret_word *word, const char *at)
{
    const char *behind = at + strlen(word->word);
    if (*word->separators != ' ' || *behind != ' ')
        behind += strspn(behind, " \"'");
    if (!*behind || !strchr(word->separators, *behind))
        return NULL;
    behind++;
    return behind + strspn(behind, " \"'");
}

/* "x-auth-token" and "auth_token" end in a word, "compass" does not. */
static bool may_begin_secret_word(const struct place_in_line *place)
{
    const char before = place->at == place->line ? ' ' : place->at[-1];
    return before == '_' || !is_of_word(before);
}

static size_t leave_secret_out(const struct place_in_line *place, const struct secret_word *rows,
                               const char *ends, char instead[INSTEAD_SIZE])
{
    if (!may_begin_secret_word(place))
        return 0;
    /* Of words that begin alike the one with a secret counts. */
    for (const struct secret_word *row = rows; (row = secret_word_at(place->at, row)); row++) {
        const char *secret = secret_behind(row, place->at);
        if (secret && !secret_word_at(secret, rows))
            return leave_out(place, (size_t)(secret - place->at), skip_to(secret, ends), instead);
    }
    return 0;
}

static size_t rule_secret_line(struct redactor *redactor, const struct place_in_line *place,
                               char instead[INSTEAD_SIZE])
{
    (void)redactor;
    return leave_secret_out(place, words_of_line, "", instead);
}

static size_t rule_secret_value(struct redactor *redactor, const struct place_in_line *place,
                                char instead[INSTEAD_SIZE])
{
    (void)redactor;
    return leave_secret_out(place, words_of_value, " ,;\"'", instead);
}

/* Phrases behind which somebody else's text stands, up to one of `ends`. */
static const struct phrase {
    const char *words, *ends;
    const char *const *unless; /* it begins with one of these, in lower case */
} phrases[] = {
    {"user '", "'", NULL},
    {"user \"", "\"", NULL},
    {"username '", "'", NULL},
    {"uv_", " ,'\"", NULL},
    {"changed by ", ",.",
     (const char *const[]){"builtin\\", "nt authority\\", "nt service\\", "everyone", "s-1-",
                           "only ", NULL}},
};

static size_t rule_phrase(struct redactor *redactor, const struct place_in_line *place,
                          char instead[INSTEAD_SIZE])
{
    (void)redactor;
    if (!is_at_word(place))
        return 0;
    for (size_t i = 0; i < ARRAY_COUNT(phrases); i++) {
        const struct phrase *row = &phrases[i];
        const char *foreign = place->at + strlen(row->words);
        bool is_kept = false;
        if (!goes_on(place->at, row->words))
            continue;
        for (const char *const *known = row->unless; known && *known; known++)
            is_kept |= goes_on(foreign, *known);
        return is_kept ? 0
                       : leave_out(place, strlen(row->words), skip_to(foreign, row->ends), instead);
    }
    return 0;
}

/* Openvpn's management interface: names and answers of the user are among its commands. */
static size_t rule_management(struct redactor *redactor, const struct place_in_line *place,
                              char instead[INSTEAD_SIZE])
{
    static const char command[] = "cmd '"; /* MANAGEMENT: CMD 'verb ...' */
    static const char *const harmless[] = {"bytecount", "hold",  "log",    "mute", "pid",
                                           "signal",    "state", "status", "verb", "version"};
    (void)redactor;
    if (!is_at_word(place) || !goes_on(place->at, command))
        return 0;
    const char *verb = place->at + sizeof(command) - 1;
    const size_t length = strspn(verb, "abcdefghijklmnopqrstuvwxyz-");
    for (size_t i = 0; i < ARRAY_COUNT(harmless); i++)
        if (strlen(harmless[i]) == length && goes_on(verb, harmless[i]))
            return 0;
    return leave_out(place, (size_t)(verb - place->at) + (length < 32 ? length : 32),
                     verb + strlen(verb), instead);
}

/* What is behind the host may be a ticket, what is before it a password. */
static size_t rule_link(struct redactor *redactor, const struct place_in_line *place,
                        char instead[INSTEAD_SIZE])
{
    (void)redactor;
    if (strncmp(place->at, "://", 3) != 0)
        return 0;
    const char *host = place->at + 3;
    const char *end = skip_to(host, " \"'<>,");
    const char *path = host;
    while (is_of_word(*path) || (*path && strchr(".-:[]", *path)))
        path++;
    if (*path == '@' || path - host > 64)
        path = host;
    return leave_out(place, (size_t)(path - place->at), end, instead);
}

/* Text that looks drawn at random: hexadecimal digits, or base64 of either alphabet. */
enum { RANDOM_LENGTH = 32 };

static size_t rule_random(struct redactor *redactor, const struct place_in_line *place,
                          char instead[INSTEAD_SIZE])
{
    bool has_digit = false, has_upper = false, has_lower = false, is_plain = true;
    const char *end = place->at;
    (void)redactor;
    if (!is_at_word(place))
        return 0;
    for (; is_digit(*end) || is_upper(*end) || is_lower(*end) || (*end && strchr("+/_-", *end));
         end++) {
        has_digit |= is_digit(*end);
        has_upper |= is_upper(*end);
        has_lower |= is_lower(*end);
        is_plain &= !strchr("+/_-", *end);
    }
    end += strspn(end, "="); /* base64 fills up with them */
    if (end - place->at < RANDOM_LENGTH || !has_digit || !(has_upper || has_lower))
        return 0;
    return is_plain || (has_upper && has_lower) ? leave_out(place, 0, end, instead) : 0;
}

/* ---- people ---- */

static size_t rule_name(struct redactor *redactor, const struct place_in_line *place,
                        char instead[INSTEAD_SIZE])
{
    if (!is_at_word(place))
        return 0;
    for (size_t i = 0; i < redactor->name_count; i++) {
        const size_t length = strlen(redactor->names[i]);
        if (goes_on(place->at, redactor->names[i]) && !is_of_word(place->at[length]))
            return leave_out(place, 0, place->at + length, instead);
    }
    return 0;
}

static size_t rule_mail(struct redactor *redactor, const struct place_in_line *place,
                        char instead[INSTEAD_SIZE])
{
    const char *at = place->at;
    (void)redactor;
    if (!is_at_word(place))
        return 0;
    while (is_of_word(*at) || (*at && strchr(".+-", *at)))
        at++;
    if (at == place->at || *at != '@' || !is_of_word(at[1]))
        return 0;
    for (at++; is_of_word(*at) || ((*at == '.' || *at == '-') && is_of_word(at[1]));)
        at++;
    return leave_out(place, 0, at, instead);
}

/* The folder of a user, whose name may have blanks. */
static size_t rule_home(struct redactor *redactor, const struct place_in_line *place,
                        char instead[INSTEAD_SIZE])
{
    static const char *const above[] = {"\\users\\", "/users/", "\\documents and settings\\",
                                        "\\home\\", "/home/"};
    static const char *const shared[] = {"public", "default", "all users"};
    (void)redactor;
    for (size_t i = 0; i < ARRAY_COUNT(above); i++) {
        const char *name = place->at + strlen(above[i]);
        if (!goes_on(place->at, above[i]))
            continue;
        while (*name == '\\') /* a text in which each is doubled */
            name++;
        const char *end = skip_to(name, "\\/\"'<>|:*?");
        if (*end != '\\' && *end != '/')
            end = skip_to(name, " \\/\"'<>|:*?,;)");
        for (size_t j = 0; j < ARRAY_COUNT(shared); j++)
            if (strlen(shared[j]) == (size_t)(end - name) && goes_on(name, shared[j]))
                return 0;
        return leave_out(place, (size_t)(name - place->at), end, instead);
    }
    return 0;
}

/* Of an account or of this computer: its number says who it is. */
static size_t rule_sid(struct redactor *redactor, const struct place_in_line *place,
                       char instead[INSTEAD_SIZE])
{
    static const char prefix[] = "s-1-5-21-";
    (void)redactor;
    if (!is_at_word(place) || !goes_on(place->at, prefix))
        return 0;
    return leave_out(place, sizeof(prefix) - 1,
                     place->at + sizeof(prefix) - 1 +
                         strspn(place->at + sizeof(prefix) - 1, "0123456789-"),
                     instead);
}

/* ---- addresses ---- */

static size_t rule_address(struct redactor *redactor, const struct place_in_line *place,
                           char instead[INSTEAD_SIZE])
{
    static const char version[] = "version ";
    uint8_t bytes[16];
    size_t number = 0;
    if (!is_at_word(place))
        return 0;
    const size_t length = redact_address_read(place->at, bytes);
    if (!length)
        return 0;
    if (place->at - place->line >= (int)sizeof(version) - 1 &&
        goes_on(place->at - (sizeof(version) - 1), version))
        return 0;
    if (!redact_address_is_public(bytes)) {
        snprintf(instead, INSTEAD_SIZE, "%.*s", (int)length, place->at);
        return length;
    }
    while (number < redactor->address_count &&
           memcmp(redactor->addresses[number], bytes, sizeof(bytes)) != 0)
        number++;
    if (number == redactor->address_count && number < REDACT_ADDRESSES)
        memcpy(redactor->addresses[redactor->address_count++], bytes, sizeof(bytes));
    if (number < REDACT_ADDRESSES)
        snprintf(instead, INSTEAD_SIZE, "<address %u>", (unsigned)number + 1);
    else
        snprintf(instead, INSTEAD_SIZE, "<address>");
    return length;
}

static size_t rule_hardware(struct redactor *redactor, const struct place_in_line *place,
                            char instead[INSTEAD_SIZE])
{
    (void)redactor;
    if (!is_at_word(place))
        return 0;
    const size_t length = redact_hardware_read(place->at);
    return length ? leave_out(place, 0, place->at + length, instead) : 0;
}

/* ---- lines ---- */

/* The rules go through the whole line one pass after the other, so that nothing takes away the word
 * by which a greater secret is known. In a pass the first rule that has something to say counts. */
enum { MOST_RULES = 8 };
static redact_rule *const passes[][MOST_RULES] = {
    {rule_management, rule_secret_line},
    {rule_secret_value, rule_link, rule_random},
    {rule_phrase, rule_home, rule_sid, rule_mail, rule_name, rule_hardware, rule_address},
};

static size_t redact_at(struct redactor *redactor, redact_rule *const rules[MOST_RULES],
                        const struct place_in_line *place, char instead[INSTEAD_SIZE])
{
    for (size_t i = 0; i < MOST_RULES && rules[i]; i++) {
        const size_t length = rules[i](redactor, place, instead);
        if (length)
            return length;
    }
    const size_t length = control_length(place->at);
    snprintf(instead, INSTEAD_SIZE, "%c", length ? '?' : *place->at);
    return length ? length : 1;
}

static void redact_pass(struct redactor *redactor, redact_rule *const rules[MOST_RULES],
                        const char *line, char redacted[REDACT_LINE])
{
    struct place_in_line place = {line, line};
    char instead[INSTEAD_SIZE];
    size_t length = 0;
    while (*place.at) {
        place.at += redact_at(redactor, rules, &place, instead);
        const size_t more = strlen(instead);
        if (length + more >= REDACT_LINE)
            break;
        memcpy(redacted + length, instead, more);
        length += more;
    }
    redacted[length] = 0;
}

void redact_line(struct redactor *redactor, const char *line, char redacted[REDACT_LINE])
{
    char other[REDACT_LINE];
    if (redactor->in_key || strstr(line, "-----BEGIN ")) {
        redactor->in_key = !strstr(line, "-----END ");
        snprintf(redacted, REDACT_LINE, LEFT_OUT);
        return;
    }
    redact_pass(redactor, passes[0], line, redacted);
    redact_pass(redactor, passes[1], redacted, other);
    redact_pass(redactor, passes[2], other, redacted);
}

/* ---- names ---- */

static bool is_nobody(const char *name)
{
    static const char *const known[] = {"system",         "everyone",        "users",
                                        "administrators", "builtin",         "nt authority",
                                        "nt service",     "interactive",     "authenticated users",
                                        "local service",  "network service", "trustedinstaller",
                                        "creator owner"};
    if (strlen(name) < 3)
        return true;
    for (size_t i = 0; i < ARRAY_COUNT(known); i++)
        if (strcmp(known[i], name) == 0)
            return true;
    return false;
}

static void learn_part(struct redactor *redactor, const char *name, size_t length)
{
    char part[REDACT_NAME];
    if (redactor->name_count == REDACT_NAMES || length >= sizeof(part))
        return;
    for (size_t i = 0; i < length; i++)
        part[i] = to_lower(name[i]);
    part[length] = 0;
    if (is_nobody(part))
        return;
    for (size_t i = 0; i < redactor->name_count; i++)
        if (strcmp(redactor->names[i], part) == 0)
            return;
    memcpy(redactor->names[redactor->name_count++], part, length + 1);
}

void redact_learn(struct redactor *redactor, const char *name)
{
    const char *separator = strchr(name, '\\');
    if (strncmp(name, "S-1-", 4) == 0)
        return;
    if (separator)
        learn_part(redactor, name, (size_t)(separator - name));
    name = separator ? separator + 1 : name;
    learn_part(redactor, name, strlen(name));
}

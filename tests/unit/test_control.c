/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "control/control.h"
#include "tests/unit/cmocka_test.h"
#include "wire/control_request.h"

enum { SESSIONS = 2048, ANN = 1, BEN = 2 };

/* ---- a host with sessions ---- */

struct toy_host {
    struct control_host host;
    struct control_session sessions[SESSIONS];
    size_t count;
    uint32_t list_error, end_error, attach_error;
    size_t stubborn; /* of those to be ended: so many are not undone in time */
    uint32_t ended[SESSIONS], attached;
    size_t ended_count;
    unsigned lists, clean_ups;
};

static const unsigned char ann[] = {1, ANN}, ben[] = {1, BEN};

static void toy_describe(struct control_host *host, struct control_service *service)
{
    (void)host;
    *service = (struct control_service){.version = u"1.2.3",
                                        .instance = u"$work",
                                        .process_id = 99,
                                        .uptime = 3600,
                                        .open_entries = 1,
                                        .left = 2,
                                        .start_undone = 3,
                                        .start_gone = 4,
                                        .start_left_alone = 5,
                                        .start_failed = 6};
}

static uint32_t toy_list(struct control_host *host, struct control_sessions *sessions)
{
    struct toy_host *toy = (struct toy_host *)host;
    if (toy->list_error)
        return toy->list_error;
    *sessions = (struct control_sessions){calloc(SESSIONS, sizeof(*sessions->items)), toy->count};
    assert_non_null(sessions->items);
    for (size_t i = 0; i < toy->count; i++)
        sessions->items[i] = &toy->sessions[i];
    toy->lists++;
    return 0;
}

/* Every session of the list is still in it, wherever. */
static void toy_release(struct control_host *host, struct control_sessions *sessions)
{
    struct toy_host *toy = (struct toy_host *)host;
    assert_int_equal(sessions->count, toy->count);
    uint64_t sum = 0;
    for (size_t i = 0; i < toy->count; i++)
        sum += sessions->items[i]->serial - toy->sessions[i].serial;
    assert_int_equal(sum, 0);
    free(sessions->items);
    toy->lists--;
}

static void toy_look(struct control_host *host, const struct control_session *session,
                     struct control_facts *facts)
{
    (void)host;
    struct text user = TEXT_ON(facts->user), adapter = TEXT_ON(facts->adapter);
    text_append(&user, session->owner == ann ? u"CORP\\ann" : u"CORP\\ben");
    text_append(&adapter, u"Tunnel");
    facts->addresses = 1;
    facts->routes = 2;
    facts->name_servers = 3;
    facts->rules = 4;
    facts->filters = 5;
    facts->is_ending = session->process_id == 8;
}

static uint32_t toy_end(struct control_host *host, struct control_sessions *sessions)
{
    struct toy_host *toy = (struct toy_host *)host;
    for (size_t i = 0; i < sessions->count; i++)
        toy->ended[toy->ended_count++] = sessions->items[i]->process_id;
    sessions->count = toy->stubborn;
    return toy->end_error;
}

static uint32_t toy_attach(struct control_host *host, const struct control_session *session)
{
    struct toy_host *toy = (struct toy_host *)host;
    toy->attached = session->process_id;
    return toy->attach_error;
}

static void toy_clean_up(struct control_host *host, size_t *undone, size_t *left)
{
    ((struct toy_host *)host)->clean_ups++;
    *undone = 7;
    *left = 1;
}

static uint32_t toy_look_at_firewall(struct control_host *host, const struct control_caller *caller,
                                     struct control_firewall *firewall)
{
    (void)host;
    (void)caller;
    firewall->state = KILL_SWITCH_OFF;
    return 0;
}

static void toy_look_at_update(struct control_host *host, struct control_update *update)
{
    (void)host;
    *update = (struct control_update){.state = ATTEMPT_WAITING, .version = u"1.2.4"};
}

static void toy_add(struct toy_host *toy, uint32_t process_id, const unsigned char *owner,
                    const char16_t *config)
{
    uint64_t serial = toy->count + 1;
    toy->sessions[toy->count++] = (struct control_session){.serial = serial,
                                                           .process_id = process_id,
                                                           .client_id = 70,
                                                           .since = 1796110637,
                                                           .owner = owner,
                                                           .owner_size = sizeof(ann),
                                                           .config = config};
}

static int set_up(void **state)
{
    struct toy_host *toy = calloc(1, sizeof(*toy));
    if (!toy)
        return -1;
    toy->host = (struct control_host){.describe = toy_describe,
                                      .list = toy_list,
                                      .release = toy_release,
                                      .look = toy_look,
                                      .end = toy_end,
                                      .attach = toy_attach,
                                      .clean_up = toy_clean_up,
                                      .look_at_firewall = toy_look_at_firewall,
                                      .look_at_update = toy_look_at_update};
    toy_add(toy, 7, ann, u"C:\\work.ovpn");
    toy_add(toy, 8, ben, u"C:\\ben.ovpn");
    toy_add(toy, 9, ann, u"");
    *state = toy;
    return 0;
}

static int tear_down(void **state)
{
    struct toy_host *toy = *state;
    assert_int_equal(toy->lists, 0); /* whatever a verb lists it releases */
    free(toy);
    return 0;
}

/* ---- asking ---- */

static const struct control_caller as_ann = {ann, sizeof(ann), false},
                                   as_administrator = {ben, sizeof(ben), true},
                                   as_nobody = {NULL, 0, false};

static char16_t answer_units[CONTROL_REPLY_MAX_UNITS];

/* Serves the words, each with its terminator, and reads the reply. */
static bool ask_units(struct toy_host *toy, const struct control_caller *caller,
                      const char16_t *units, size_t size, struct control_answer *answer)
{
    struct control_reply reply;
    bool goes_on = control_serve(&toy->host, caller, units, size, &reply, answer_units);
    assert_false(reply.is_full);
    assert_true(control_answer_read(answer_units, reply.length, answer));
    return goes_on;
}

/* `argument` may be NULL. */
static struct control_answer ask(struct toy_host *toy, const struct control_caller *caller,
                                 const char16_t *verb, const char16_t *argument)
{
    const struct control_request request = {argument ? 2 : 1, {verb, argument}};
    struct control_answer answer;
    char16_t units[64];
    size_t size = control_request_encode(&request, units, ARRAY_COUNT(units));
    assert_true(size);
    assert_true(ask_units(toy, caller, units, size, &answer));
    return answer;
}

static void expect_pair(struct control_answer *answer, const char16_t *key, const char16_t *value)
{
    const char16_t *found_key, *found;
    assert_int_equal(control_answer_next(answer, &found_key, &found), CONTROL_VALUE);
    assert_true(text_equal(found_key, key));
    assert_true(text_equal(found, value));
}

static void expect_item(struct control_answer *answer, enum control_item item)
{
    const char16_t *key, *value;
    assert_int_equal(control_answer_next(answer, &key, &value), item);
}

static void expect_failure(struct control_answer answer, uint32_t code, const char16_t *name,
                           const char16_t *reason)
{
    assert_int_equal(answer.code, code);
    assert_true(text_equal(answer.name, name));
    expect_pair(&answer, u"reason", reason);
}

/* ---- what is no request ---- */

static void test_what_is_no_request_ends_the_connection(void **state)
{
    static const char16_t words[] = u"status";
    struct control_answer answer;
    assert_false(ask_units(*state, &as_ann, words, sizeof(words) - sizeof(*words), &answer));
    expect_failure(answer, ERROR_INVALID_DATA, u"request",
                   u"This is no request of the control pipe");
}

static void test_an_unknown_verb_ends_nothing(void **state)
{
    static const char16_t *const verbs[] = {u"Status", u"stat", u"statusx", u"\n", u"firewalls"};
    for (size_t i = 0; i < ARRAY_COUNT(verbs); i++)
        expect_failure(ask(*state, &as_administrator, verbs[i], NULL), ERROR_NOT_SUPPORTED,
                       u"request", u"This service does not know the verb");
}

static void test_the_number_of_arguments_must_be_right(void **state)
{
    static const char16_t *const without[] = {u"version", u"cleanup"}, *const with[] = {u"stop",
                                                                                        u"attach"};
    static const char16_t too_many[] = u"status\0001\0002";
    struct control_answer answer;
    for (size_t i = 0; i < ARRAY_COUNT(without); i++)
        expect_failure(ask(*state, &as_administrator, without[i], u"1"), ERROR_INVALID_PARAMETER,
                       without[i], u"This verb takes no argument");
    for (size_t i = 0; i < ARRAY_COUNT(with); i++)
        expect_failure(ask(*state, &as_administrator, with[i], NULL), ERROR_INVALID_PARAMETER,
                       with[i], u"This verb takes one argument");
    assert_true(ask_units(*state, &as_ann, too_many, sizeof(too_many), &answer));
    expect_failure(answer, ERROR_INVALID_PARAMETER, u"status", u"This verb takes one argument");
}

/* ---- version, status ---- */

static void test_version(void **state)
{
    struct control_answer answer = ask(*state, &as_ann, u"version", NULL);
    assert_int_equal(answer.code, 0);
    expect_pair(&answer, u"version", u"1.2.3");
    expect_pair(&answer, u"instance", u"$work");
    expect_item(&answer, CONTROL_END);
}

static void expect_service(struct control_answer *answer, const char16_t *sessions)
{
    expect_pair(answer, u"version", u"1.2.3");
    expect_pair(answer, u"instance", u"$work");
    expect_pair(answer, u"pid", u"99");
    expect_pair(answer, u"uptime", u"3600");
    expect_pair(answer, u"sessions", sessions);
    expect_pair(answer, u"open_entries", u"1");
    expect_pair(answer, u"left", u"2");
    expect_pair(answer, u"start_undone", u"3");
    expect_pair(answer, u"start_gone", u"4");
    expect_pair(answer, u"start_left_alone", u"5");
    expect_pair(answer, u"start_failed", u"6");
    expect_pair(answer, u"firewall", u"off");
    expect_pair(answer, u"update", u"waiting");
    expect_pair(answer, u"update_version", u"1.2.4");
}

static void expect_session(struct control_answer *answer, const char16_t *pid,
                           const char16_t *state, const char16_t *user, const char16_t *config)
{
    expect_item(answer, CONTROL_RECORD);
    expect_pair(answer, u"pid", pid);
    expect_pair(answer, u"state", state);
    expect_pair(answer, u"user", user);
    expect_pair(answer, u"config", config);
    expect_pair(answer, u"since", u"1796110637");
    expect_pair(answer, u"client", u"70");
    expect_pair(answer, u"adapter", u"Tunnel");
    expect_pair(answer, u"addresses", u"1");
    expect_pair(answer, u"routes", u"2");
    expect_pair(answer, u"name_servers", u"3");
    expect_pair(answer, u"rules", u"4");
    expect_pair(answer, u"filters", u"5");
}

static void test_status_shows_a_user_their_own_sessions(void **state)
{
    struct control_answer answer = ask(*state, &as_ann, u"status", NULL);
    assert_int_equal(answer.code, 0);
    expect_service(&answer, u"2");
    expect_session(&answer, u"7", u"running", u"CORP\\ann", u"C:\\work.ovpn");
    expect_session(&answer, u"9", u"running", u"CORP\\ann", u"");
    expect_item(&answer, CONTROL_END);
}

static void test_status_shows_administrators_all_sessions(void **state)
{
    struct control_answer answer = ask(*state, &as_administrator, u"status", NULL);
    expect_service(&answer, u"3");
    expect_session(&answer, u"7", u"running", u"CORP\\ann", u"C:\\work.ovpn");
    expect_session(&answer, u"8", u"ending", u"CORP\\ben", u"C:\\ben.ovpn");
    expect_session(&answer, u"9", u"running", u"CORP\\ann", u"");
    expect_item(&answer, CONTROL_END);
}

static void test_a_caller_without_a_user_sees_nothing(void **state)
{
    struct control_answer answer = ask(*state, &as_nobody, u"status", NULL);
    expect_service(&answer, u"0");
    expect_item(&answer, CONTROL_END);
}

static void test_status_goes_on_at_a_mark(void **state)
{
    struct control_answer answer = ask(*state, &as_administrator, u"status", u"2");
    expect_service(&answer, u"3");
    expect_session(&answer, u"9", u"running", u"CORP\\ann", u"");
    expect_item(&answer, CONTROL_END);
    answer = ask(*state, &as_administrator, u"status", u"9999999999999999999");
    expect_service(&answer, u"3");
    expect_item(&answer, CONTROL_END);
}

static void test_what_is_no_mark_is_refused(void **state)
{
    static const char16_t *const marks[] = {u"", u"0", u"-1", u"1x", u"99999999999999999999"};
    for (size_t i = 0; i < ARRAY_COUNT(marks); i++)
        expect_failure(ask(*state, &as_ann, u"status", marks[i]), ERROR_INVALID_PARAMETER,
                       u"status", u"The mark is none of this service's");
}

static uint64_t number_in(const char16_t *text)
{
    uint64_t number = 0;
    for (; *text; text++)
        number = number * 10 + (uint64_t)(*text - u'0');
    return number;
}

/* Reads a page: its sessions must be `*next`, `*next` + 1, and so on. Copies the mark, or leaves it
 * empty. */
static void read_page(struct control_answer *answer, uint64_t *next, char16_t mark[32])
{
    const char16_t *key, *value;
    enum control_item item;
    bool is_session = false;
    *mark = 0;
    while ((item = control_answer_next(answer, &key, &value)) != CONTROL_END) {
        if (item == CONTROL_RECORD) {
            is_session = true;
        } else if (is_session && text_equal(key, u"pid")) {
            assert_int_equal(number_in(value), (*next)++);
        } else if (text_equal(key, u"mark")) {
            struct text copy = text_on(mark, 32);
            text_append(&copy, value);
        }
    }
}

/* Returns how many pages there were. */
static unsigned read_all_pages(struct toy_host *toy)
{
    uint64_t next = 1000;
    unsigned pages = 0;
    char16_t mark[32] = u"";
    do {
        struct control_answer answer = ask(toy, &as_administrator, u"status", *mark ? mark : NULL);
        assert_int_equal(answer.code, 0);
        read_page(&answer, &next, mark);
        pages++;
    } while (*mark);
    assert_int_equal(next, 1000 + toy->count);
    return pages;
}

static void test_of_2048_sessions_none_is_cut_or_told_twice(void **state)
{
    struct toy_host *toy = *state;
    toy->count = 0;
    for (uint32_t i = 0; i < SESSIONS; i++)
        toy_add(toy, 1000 + i, i % 2 ? ann : ben, u"C:\\Program Files\\OpenVPN\\config\\a.ovpn");
    assert_in_range(read_all_pages(toy), 10, 40);
}

static void test_the_longest_texts_leave_room_for_a_session_a_page(void **state)
{
    struct toy_host *toy = *state;
    static char16_t config[CONTROL_CONFIG_UNITS + 1];
    for (size_t i = 0; i < CONTROL_CONFIG_UNITS; i++)
        config[i] = u'%';
    toy->count = 0;
    for (uint32_t i = 0; i < 5; i++)
        toy_add(toy, 1000 + i, ann, config);
    assert_int_equal(read_all_pages(toy), 3);
}

/* ---- stop ---- */

static void test_stop_ends_an_own_session(void **state)
{
    struct toy_host *toy = *state;
    struct control_answer answer = ask(toy, &as_ann, u"stop", u"9");
    assert_int_equal(answer.code, 0);
    expect_pair(&answer, u"stopped", u"1");
    expect_item(&answer, CONTROL_END);
    assert_int_equal(toy->ended_count, 1);
    assert_int_equal(toy->ended[0], 9);
}

static void test_stop_of_another_users_session_is_refused(void **state)
{
    struct toy_host *toy = *state;
    expect_failure(ask(toy, &as_ann, u"stop", u"8"), ERROR_ACCESS_DENIED, u"stop",
                   u"This process is another user's");
    expect_failure(ask(toy, &as_nobody, u"stop", u"8"), ERROR_ACCESS_DENIED, u"stop",
                   u"This process is another user's");
    assert_int_equal(toy->ended_count, 0);
}

static void test_an_administrator_stops_anybodys(void **state)
{
    struct toy_host *toy = *state;
    assert_int_equal(ask(toy, &as_administrator, u"stop", u"7").code, 0);
    assert_int_equal(toy->ended[0], 7);
}

static void test_stop_all_is_about_what_the_caller_may_end(void **state)
{
    struct toy_host *toy = *state;
    struct control_answer answer = ask(toy, &as_ann, u"stop", u"all");
    expect_pair(&answer, u"stopped", u"2");
    assert_int_equal(toy->ended_count, 2);
    assert_int_equal(toy->ended[0], 7);
    assert_int_equal(toy->ended[1], 9);
    toy->ended_count = 0;
    answer = ask(toy, &as_administrator, u"stop", u"all");
    expect_pair(&answer, u"stopped", u"3");
    assert_int_equal(toy->ended_count, 3);
    answer = ask(toy, &as_nobody, u"stop", u"all");
    expect_pair(&answer, u"stopped", u"0");
}

static void test_stop_of_what_is_no_session(void **state)
{
    static const char16_t *const words[] = {u"", u"ALL", u"7x", u"-7", u"99999999999999999999"};
    for (size_t i = 0; i < ARRAY_COUNT(words); i++)
        expect_failure(ask(*state, &as_administrator, u"stop", words[i]), ERROR_INVALID_PARAMETER,
                       u"stop", u"The argument is no process id");
    expect_failure(ask(*state, &as_administrator, u"stop", u"10"), ERROR_NOT_FOUND, u"stop",
                   u"No session has this process");
    /* A number whose low half is that of a session. */
    expect_failure(ask(*state, &as_administrator, u"stop", u"4294967303"), ERROR_NOT_FOUND, u"stop",
                   u"No session has this process");
}

static void test_stop_names_what_is_still_being_undone(void **state)
{
    struct toy_host *toy = *state;
    toy->stubborn = 2;
    struct control_answer answer = ask(toy, &as_administrator, u"stop", u"all");
    assert_int_equal(answer.code, 1460);
    expect_pair(&answer, u"reason", u"still undoing: 7 8");
    expect_pair(&answer, u"stopped", u"1");
    expect_pair(&answer, u"left", u"2");
    toy->end_error = 1115;
    assert_int_equal(ask(toy, &as_administrator, u"stop", u"all").code, 1115);
}

/* ---- attach ---- */

static void test_attach_is_about_own_sessions_only(void **state)
{
    struct toy_host *toy = *state;
    struct control_answer answer = ask(toy, &as_ann, u"attach", u"7");
    assert_int_equal(answer.code, 0);
    expect_pair(&answer, u"pid", u"7");
    assert_int_equal(toy->attached, 7);
    expect_failure(ask(toy, &as_ann, u"attach", u"8"), ERROR_ACCESS_DENIED, u"attach",
                   u"This process is another user's");
    /* of the user ben, an administrator */
    expect_failure(ask(toy, &as_administrator, u"attach", u"7"), ERROR_ACCESS_DENIED, u"attach",
                   u"This process is another user's");
    assert_int_equal(toy->attached, 7);
}

static void test_attach_tells_why_it_failed(void **state)
{
    struct toy_host *toy = *state;
    toy->attach_error = ERROR_NOT_FOUND;
    expect_failure(ask(toy, &as_ann, u"attach", u"7"), ERROR_NOT_FOUND, u"attach",
                   u"This session has just ended");
    toy->attach_error = 183;
    expect_failure(ask(toy, &as_ann, u"attach", u"7"), 183, u"attach",
                   u"This connection has a session already");
    expect_failure(ask(toy, &as_ann, u"attach", u"all"), ERROR_INVALID_PARAMETER, u"attach",
                   u"The argument is no process id");
}

/* ---- cleanup ---- */

static void test_cleanup_is_for_administrators(void **state)
{
    struct toy_host *toy = *state;
    expect_failure(ask(toy, &as_ann, u"cleanup", NULL), ERROR_ACCESS_DENIED, u"cleanup",
                   u"This is for administrators only");
    assert_int_equal(toy->clean_ups, 0);
    struct control_answer answer = ask(toy, &as_administrator, u"cleanup", NULL);
    assert_int_equal(answer.code, 0);
    expect_pair(&answer, u"undone", u"7");
    expect_pair(&answer, u"left", u"1");
    expect_item(&answer, CONTROL_END);
    assert_int_equal(toy->clean_ups, 1);
}

/* ---- short of memory ---- */

static void test_every_verb_that_lists_survives_a_shortage_of_memory(void **state)
{
    struct toy_host *toy = *state;
    static const char16_t *const requests[][2] = {
        {u"status", NULL}, {u"stop", u"all"}, {u"attach", u"7"}};
    toy->list_error = ERROR_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < ARRAY_COUNT(requests); i++)
        expect_failure(ask(toy, &as_ann, requests[i][0], requests[i][1]), ERROR_NOT_ENOUGH_MEMORY,
                       requests[i][0], u"The sessions cannot be listed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_no_request_ends_the_connection),
        TEST(test_an_unknown_verb_ends_nothing),
        TEST(test_the_number_of_arguments_must_be_right),
        TEST(test_version),
        TEST(test_status_shows_a_user_their_own_sessions),
        TEST(test_status_shows_administrators_all_sessions),
        TEST(test_a_caller_without_a_user_sees_nothing),
        TEST(test_status_goes_on_at_a_mark),
        TEST(test_what_is_no_mark_is_refused),
        TEST(test_of_2048_sessions_none_is_cut_or_told_twice),
        TEST(test_the_longest_texts_leave_room_for_a_session_a_page),
        TEST(test_stop_ends_an_own_session),
        TEST(test_stop_of_another_users_session_is_refused),
        TEST(test_an_administrator_stops_anybodys),
        TEST(test_stop_all_is_about_what_the_caller_may_end),
        TEST(test_stop_of_what_is_no_session),
        TEST(test_stop_names_what_is_still_being_undone),
        TEST(test_attach_is_about_own_sessions_only),
        TEST(test_attach_tells_why_it_failed),
        TEST(test_cleanup_is_for_administrators),
        TEST(test_every_verb_that_lists_survives_a_shortage_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

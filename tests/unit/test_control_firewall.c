/* SPDX-License-Identifier: MIT */
/* `firewall start`, `stop` and `isup`: what is asked of the service, who may, and what is answered.
 */
#include "base/array.h"
#include "base/errors.h"
#include "base/text.h"
#include "control/control.h"
#include "tests/unit/cmocka_test.h"
#include "wire/control_request.h"

#include <string.h>

/* ---- a host with a kill switch ---- */

static struct {
    struct control_host host;
    struct control_firewall firewall;
    struct control_firewall_rights rights;
    struct firewall_start started;
    unsigned starts, stops;
    uint32_t look_error, start_error, stop_error;
} toy;

static uint32_t toy_look(struct control_host *host, const struct control_caller *caller,
                         struct control_firewall *firewall)
{
    (void)host;
    (void)caller;
    *firewall = toy.firewall;
    return toy.look_error;
}

static void toy_judge(struct control_host *host, const struct control_caller *caller,
                      struct control_firewall_rights *rights)
{
    (void)host;
    (void)caller;
    *rights = toy.rights;
}

static uint32_t toy_start(struct control_host *host, const struct control_caller *caller,
                          const struct firewall_start *start)
{
    (void)host;
    (void)caller;
    toy.started = *start;
    toy.starts++;
    return toy.start_error;
}

static uint32_t toy_stop(struct control_host *host, const struct control_caller *caller,
                         bool *was_up)
{
    (void)host;
    (void)caller;
    toy.stops++;
    *was_up = toy.firewall.state != KILL_SWITCH_OFF;
    return toy.stop_error;
}

static int set_up(void **state)
{
    struct text owner;
    (void)state;
    memset(&toy, 0, sizeof(toy));
    toy.host = (struct control_host){.look_at_firewall = toy_look,
                                     .judge_firewall = toy_judge,
                                     .start_firewall = toy_start,
                                     .stop_firewall = toy_stop};
    toy.rights = (struct control_firewall_rights){.may_start = true, .is_automatic = true};
    toy.firewall = (struct control_firewall){
        .state = KILL_SWITCH_CONNECTED,
        .allow_lan = true,
        .is_callers = true,
        .since = 1796110637,
        .tunnels = 1,
        .above = u"Fabrikam",
        .gateways = {2,
                     {{{FAMILY_IPV4, {198, 51, 100, 7}}, 1194, 17},
                      {{FAMILY_IPV6, {0x20, 1, 0xD, 0xB8, [15] = 7}}, 443, 6}}},
    };
    owner = TEXT_ON(toy.firewall.owner);
    text_append(&owner, u"CORP\\ann");
    return 0;
}
#define TEST(name) cmocka_unit_test_setup(name, set_up)

/* ---- asking ---- */

static char16_t answer_units[CONTROL_REPLY_MAX_UNITS];

static struct control_answer ask_strings(const struct control_request *request)
{
    static const struct control_caller caller = {"\1", 1, false};
    static char16_t units[CONTROL_REQUEST_MAX_UNITS];
    struct control_reply reply;
    struct control_answer answer;
    size_t size = control_request_encode(request, units, ARRAY_COUNT(units));
    assert_true(size);
    assert_true(control_serve(&toy.host, &caller, units, size, &reply, answer_units));
    assert_true(control_answer_read(answer_units, reply.length, &answer));
    assert_true(text_equal(answer.name, u"firewall"));
    return answer;
}
#define ASK(...)                                                                                   \
    ask_strings(&(struct control_request){1 + ARRAY_COUNT(((const char16_t *[]){__VA_ARGS__})),    \
                                          {u"firewall", __VA_ARGS__}})

static void expect_pair(struct control_answer *answer, const char16_t *key, const char16_t *value)
{
    const char16_t *found_key, *found;
    assert_int_equal(control_answer_next(answer, &found_key, &found), CONTROL_VALUE);
    assert_true(text_equal(found_key, key));
    assert_true(text_equal(found, value));
}

static void expect_failure(struct control_answer answer, uint32_t code, const char16_t *reason)
{
    assert_int_equal(answer.code, code);
    expect_pair(&answer, u"reason", reason);
    assert_int_equal(toy.starts, 0);
}

static void expect_connected(struct control_answer answer)
{
    assert_int_equal(answer.code, 0);
    expect_pair(&answer, u"firewall", u"connected");
    expect_pair(&answer, u"firewall_damaged", u"0");
    expect_pair(&answer, u"firewall_owner", u"CORP\\ann");
    expect_pair(&answer, u"firewall_since", u"1796110637");
    expect_pair(&answer, u"firewall_lan", u"1");
    expect_pair(&answer, u"firewall_gateways", u"198.51.100.7:1194/udp [2001:db8::7]:443/tcp");
    expect_pair(&answer, u"firewall_tunnels", u"1");
    expect_pair(&answer, u"firewall_above", u"Fabrikam");
    expect_pair(&answer, u"firewall_yours", u"1");
    expect_pair(&answer, u"firewall_way_out",
                u"gatehouse firewall stop, run by CORP\\ann or an administrator; or "
                u"gatehouse-service -cleanup, run as administrator");
}

/* ---- isup ---- */

static void test_isup_tells_everybody(void **state)
{
    (void)state;
    toy.rights = (struct control_firewall_rights){0};
    expect_connected(ASK(u"isup"));
}

static void test_isup_says_that_it_is_off(void **state)
{
    const char16_t *key, *value;
    (void)state;
    toy.firewall = (struct control_firewall){.state = KILL_SWITCH_OFF};
    struct control_answer answer = ASK(u"isup");
    assert_int_equal(answer.code, 0);
    expect_pair(&answer, u"firewall", u"off");
    assert_int_equal(control_answer_next(&answer, &key, &value), CONTROL_END);
}

static void test_isup_without_an_answer_is_a_failure(void **state)
{
    (void)state;
    toy.look_error = 1753;
    expect_failure(ASK(u"isup"), 1753, u"Windows' filtering platform (service BFE) does not run");
}

/* ---- start ---- */

static void test_start_takes_its_words(void **state)
{
    (void)state;
    expect_connected(ASK(u"start", u"restart", u"allow-lan", u"198.51.100.7:1194/udp"));
    assert_int_equal(toy.starts, 1);
    assert_true(toy.started.allow_lan);
    assert_int_equal(toy.started.gateways.count, 1);
}

static void test_start_takes_64_gateways_and_every_word(void **state)
{
    static char16_t texts[GATEWAYS_MAX][GATEWAY_UNITS];
    struct control_request request = {
        5, {u"firewall", u"start", u"restart", u"allow-lan", u"remote-ok"}};
    (void)state;
    for (size_t i = 0; i < GATEWAYS_MAX; i++) {
        struct text text = TEXT_ON(texts[i]);
        text_append_format(&text, "[2001:db8:1111:2222:3333:4444:5555:%04x]:65535/tcp",
                           0x1000 + (unsigned)i);
        request.strings[request.count++] = texts[i];
    }
    assert_int_equal(ask_strings(&request).code, 0);
    assert_int_equal(toy.started.gateways.count, GATEWAYS_MAX);
    assert_true(toy.started.remote_ok);
}

static void test_a_wrong_word_is_named(void **state)
{
    (void)state;
    expect_failure(ASK(u"start", u"198.51.100.7", u"vpn.example"), ERROR_INVALID_NETNAME,
                   u"A gateway is an address; a name must be resolved before: vpn.example");
    expect_failure(ASK(u"start"), ERROR_INVALID_PARAMETER,
                   u"Which gateways may be reached? \"lockdown\" if none");
}

static void test_who_may_not_start_it_is_refused(void **state)
{
    (void)state;
    toy.rights.may_start = false;
    expect_failure(ASK(u"start", u"lockdown"), ERROR_ACCESS_DENIED,
                   u"You may not start the kill switch: the setting firewall_users says who may");
}

static void test_a_remote_session_must_know_what_it_does(void **state)
{
    (void)state;
    toy.rights.is_remote = true;
    expect_failure(ASK(u"start", u"lockdown"), 1230,
                   u"This is a remote session: it would be cut off, and not come back before the "
                   u"kill switch is stopped; with remote-ok it is started all the same");
    assert_int_equal(ASK(u"start", u"remote-ok", u"lockdown").code, 0);
    assert_int_equal(toy.starts, 1);
}

static void test_a_service_that_is_not_automatic_does_not_start_it(void **state)
{
    (void)state;
    toy.rights.is_automatic = false;
    expect_failure(ASK(u"start", u"lockdown"), 1058,
                   u"Windows does not start this service automatically, so the kill switch would "
                   u"end with the next restart");
}

static void test_what_the_service_cannot_do_has_its_code_and_reason(void **state)
{
    static const struct {
        uint32_t error;
        const char16_t *reason;
    } rows[] = {
        {ERROR_NOT_OWNER,
         u"Somebody else has started the kill switch; only they and administrators may change or "
         u"stop it"},
        {0x80320012,
         u"Another program holds Windows' filtering platform: the event log names those "
         u"that use it"},
        {ERROR_FILE_NOT_FOUND, u"openvpn.exe is not where the setting exe_path says"},
        {ERROR_ACCESS_DENIED, u"The kill switch stays as it was: the event log says more"},
        {ERROR_GEN_FAILURE, u"The kill switch stays as it was: the event log says more"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        toy.start_error = toy.stop_error = rows[i].error;
        struct control_answer start = ASK(u"start", u"lockdown");
        const uint32_t told =
            rows[i].error == ERROR_NOT_OWNER ? ERROR_ACCESS_DENIED : rows[i].error;
        assert_int_equal(start.code, told);
        expect_pair(&start, u"reason", rows[i].reason);
        struct control_answer stop = ASK(u"stop");
        assert_int_equal(stop.code, told);
        expect_pair(&stop, u"reason", rows[i].reason);
    }
}

/* ---- stop ---- */

static void test_stop_tells_whether_it_was_up(void **state)
{
    (void)state;
    toy.rights = (struct control_firewall_rights){0}; /* whose it is decides alone */
    struct control_answer answer = ASK(u"stop");
    assert_int_equal(answer.code, 0);
    expect_pair(&answer, u"firewall", u"off");
    expect_pair(&answer, u"firewall_was_up", u"1");
    toy.firewall.state = KILL_SWITCH_OFF;
    answer = ASK(u"stop");
    expect_pair(&answer, u"firewall", u"off");
    expect_pair(&answer, u"firewall_was_up", u"0");
    assert_int_equal(toy.stops, 2);
}

/* ---- what is none of these ---- */

static void test_other_words_are_refused(void **state)
{
    static const struct control_request alone = {1, {u"firewall"}};
    (void)state;
    expect_failure(ask_strings(&alone), ERROR_INVALID_PARAMETER,
                   u"This verb takes an argument at least");
    expect_failure(ASK(u"begin"), ERROR_INVALID_PARAMETER, u"firewall takes start, stop or isup");
    expect_failure(ASK(u"stop", u"now"), ERROR_INVALID_PARAMETER, u"This verb takes no argument");
    expect_failure(ASK(u"isup", u"now"), ERROR_INVALID_PARAMETER, u"This verb takes no argument");
    assert_int_equal(toy.stops, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_isup_tells_everybody),
        TEST(test_isup_says_that_it_is_off),
        TEST(test_isup_without_an_answer_is_a_failure),
        TEST(test_start_takes_its_words),
        TEST(test_start_takes_64_gateways_and_every_word),
        TEST(test_a_wrong_word_is_named),
        TEST(test_who_may_not_start_it_is_refused),
        TEST(test_a_remote_session_must_know_what_it_does),
        TEST(test_a_service_that_is_not_automatic_does_not_start_it),
        TEST(test_what_the_service_cannot_do_has_its_code_and_reason),
        TEST(test_stop_tells_whether_it_was_up),
        TEST(test_other_words_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

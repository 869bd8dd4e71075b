/* SPDX-License-Identifier: MIT */
/* `update offer` and `update result`: what is asked of the service, who may, and what is answered.
 */
#include "base/array.h"
#include "base/errors.h"
#include "base/text.h"
#include "control/control.h"
#include "tests/unit/cmocka_test.h"
#include "wire/control_request.h"

#include <string.h>

/* ---- a host with updates ---- */

static const unsigned char ann[] = {1, 1}, ben[] = {1, 2};

static struct {
    struct control_host host;
    struct control_update update;
    struct control_session sessions[2];
    const struct control_session *listed[2];
    size_t session_count;
    enum update_reason judgement, refusal;
    struct control_update_offer offered;
    unsigned offers, lists;
    uint32_t list_error;
} toy;

static void toy_describe(struct control_host *host, struct control_service *service)
{
    (void)host;
    *service = (struct control_service){.version = u"1.1.0"};
}

static uint32_t toy_list(struct control_host *host, struct control_sessions *sessions)
{
    (void)host;
    if (toy.list_error)
        return toy.list_error;
    *sessions = (struct control_sessions){toy.listed, toy.session_count};
    toy.lists++;
    return 0;
}

static void toy_release(struct control_host *host, struct control_sessions *sessions)
{
    (void)host;
    (void)sessions;
    toy.lists--;
}

static void toy_look(struct control_host *host, struct control_update *update)
{
    (void)host;
    *update = toy.update;
}

static void toy_look_for(struct control_host *host, struct control_update_source *source)
{
    (void)host;
    *source = (struct control_update_source){u"stable", u"https://vpn.example/", u"install", 3, 12};
}

static enum update_reason toy_judge(struct control_host *host, const struct control_caller *caller)
{
    (void)host;
    (void)caller;
    return toy.judgement;
}

static uint32_t toy_offer(struct control_host *host, const struct control_caller *caller,
                          const struct control_update_offer *offer, struct update_refusal *refusal)
{
    (void)host;
    (void)caller;
    toy.offers++;
    toy.offered = *offer;
    return toy.refusal ? update_refuse(refusal, toy.refusal) : 0;
}

static int set_up(void **state)
{
    (void)state;
    memset(&toy, 0, sizeof(toy));
    toy.host = (struct control_host){.describe = toy_describe,
                                     .list = toy_list,
                                     .release = toy_release,
                                     .look_at_update = toy_look,
                                     .look_for_updates = toy_look_for,
                                     .judge_update = toy_judge,
                                     .offer_update = toy_offer};
    toy.update = (struct control_update){.state = ATTEMPT_WAITING,
                                         .version = u"1.2.0",
                                         .code = 1618,
                                         .reason = u"Another installation is running",
                                         .since = 1796110637};
    for (size_t i = 0; i < ARRAY_COUNT(toy.sessions); i++) {
        toy.sessions[i] =
            (struct control_session){.owner = i ? ben : ann, .owner_size = sizeof(ann)};
        toy.listed[i] = &toy.sessions[i];
    }
    return 0;
}
#define TEST(name) cmocka_unit_test_setup(name, set_up)

/* ---- asking ---- */

static char16_t answer_units[CONTROL_REPLY_MAX_UNITS];
static char16_t request_units[CONTROL_REQUEST_MAX_UNITS];
static bool is_administrator;

static struct control_answer ask_strings(const struct control_request *request)
{
    const struct control_caller caller = {ann, sizeof(ann), is_administrator};
    struct control_reply reply;
    struct control_answer answer;
    size_t size = control_request_encode(request, request_units, ARRAY_COUNT(request_units));
    assert_true(size);
    assert_true(control_serve(&toy.host, &caller, request_units, size, &reply, answer_units));
    assert_true(control_answer_read(answer_units, reply.length, &answer));
    assert_true(text_equal(answer.name, u"update"));
    assert_int_equal(toy.lists, 0);
    return answer;
}
#define ASK(...)                                                                                   \
    ask_strings(&(struct control_request){1 + ARRAY_COUNT(((const char16_t *[]){__VA_ARGS__})),    \
                                          {u"update", __VA_ARGS__}})

static void expect_pair(struct control_answer *answer, const char16_t *key, const char16_t *value)
{
    const char16_t *found_key, *found;
    assert_int_equal(control_answer_next(answer, &found_key, &found), CONTROL_VALUE);
    assert_true(text_equal(found_key, key));
    assert_true(text_equal(found, value));
}

static void expect_wrong(struct control_answer answer, const char16_t *reason)
{
    assert_int_equal(answer.code, ERROR_INVALID_PARAMETER);
    expect_pair(&answer, u"reason", reason);
    assert_int_equal(toy.offers, 0);
}

static void expect_refusal(struct control_answer answer, enum update_reason reason,
                           const char16_t *name)
{
    char16_t units[UPDATE_REFUSAL_SIZE];
    struct text text = TEXT_ON(units);
    text_append_ascii(&text, update_reason_text(reason));
    assert_int_equal(answer.code, update_reason_code(reason));
    expect_pair(&answer, u"reason", units);
    expect_pair(&answer, u"refusal", name);
}

#define MANIFEST u"manifest=C:\\a\\stable.manifest"
#define PACKAGE  u"package=C:\\a\\x.msi"

/* ---- result ---- */

static void test_result_tells_everybody(void **state)
{
    const char16_t *key, *value;
    (void)state;
    toy.judgement = UPDATE_OFF;
    struct control_answer answer = ASK(u"result");
    assert_int_equal(answer.code, 0);
    expect_pair(&answer, u"state", u"waiting");
    expect_pair(&answer, u"version", u"1.2.0");
    expect_pair(&answer, u"installed", u"1.1.0");
    expect_pair(&answer, u"code", u"1618");
    expect_pair(&answer, u"reason", u"Another installation is running");
    expect_pair(&answer, u"since", u"1796110637");
    expect_pair(&answer, u"root", u"3");
    expect_pair(&answer, u"manifest", u"12");
    expect_pair(&answer, u"channel", u"stable");
    expect_pair(&answer, u"update_url", u"https://vpn.example/");
    expect_pair(&answer, u"updates", u"install");
    assert_int_equal(control_answer_next(&answer, &key, &value), CONTROL_END);
}

static void test_every_state_has_its_word(void **state)
{
    static const char16_t *const words[] = {u"none",      u"waiting", u"installing",
                                            u"installed", u"failed",  u"restart_needed"};
    (void)state;
    for (enum attempt_state each = ATTEMPT_NONE; each < ATTEMPT_STATE_COUNT; each++) {
        toy.update = (struct control_update){.state = each, .reason = u""};
        struct control_answer answer = ASK(u"result");
        expect_pair(&answer, u"state", words[each]);
    }
}

/* ---- offer ---- */

static void test_an_offer_is_passed_on_and_answered(void **state)
{
    (void)state;
    struct control_answer answer = ASK(u"offer", u"root=C:\\a\\2.root", MANIFEST,
                                       u"root=C:\\a\\3.root", u"when-idle", PACKAGE);
    assert_int_equal(answer.code, 0);
    expect_pair(&answer, u"state", u"waiting");
    expect_pair(&answer, u"version", u"1.2.0");
    assert_int_equal(toy.offers, 1);
    assert_true(toy.offered.when_idle);
    assert_true(text_equal(toy.offered.manifest, u"C:\\a\\stable.manifest"));
    assert_true(text_equal(toy.offered.package, u"C:\\a\\x.msi"));
    assert_int_equal(toy.offered.root_count, 2);
    assert_true(text_equal(toy.offered.roots[0], u"C:\\a\\2.root"));
    assert_true(text_equal(toy.offered.roots[1], u"C:\\a\\3.root"));
}

static void test_a_wrong_word_is_named(void **state)
{
    (void)state;
    expect_wrong(ASK(u"offer", MANIFEST), u"update offer takes manifest=<path> and package=<path>");
    expect_wrong(ASK(u"offer", PACKAGE), u"update offer takes manifest=<path> and package=<path>");
    expect_wrong(ASK(u"offer", MANIFEST, PACKAGE, u"now"),
                 u"update offer does not take this, or not once more: now");
    expect_wrong(ASK(u"offer", MANIFEST, PACKAGE, PACKAGE),
                 u"update offer does not take this, or not once more: package=C:\\a\\x.msi");
    expect_wrong(ASK(u"offer", MANIFEST, PACKAGE, u"when-idle", u"when-idle"),
                 u"update offer does not take this, or not once more: when-idle");
    expect_wrong(ASK(u"offer", MANIFEST, PACKAGE, u"root="),
                 u"update offer does not take this, or not once more: root=");
    expect_wrong(ASK(u"install"), u"update takes offer or result");
    expect_wrong(ASK(u"result", u"now"), u"This verb takes no argument");
}

static void test_32_roots_are_taken_and_no_more(void **state)
{
    struct control_request request = {4, {u"update", u"offer", MANIFEST, PACKAGE}};
    (void)state;
    for (size_t i = 0; i < CONTROL_UPDATE_ROOTS; i++)
        request.strings[request.count++] = u"root=C:\\r";
    assert_int_equal(ask_strings(&request).code, 0);
    toy.offers = 0;
    request.strings[request.count++] = u"root=C:\\s";
    expect_wrong(ask_strings(&request),
                 u"update offer does not take this, or not once more: root=C:\\s");
}

static void test_whom_the_settings_do_not_let_is_refused(void **state)
{
    (void)state;
    toy.judgement = UPDATE_OFF;
    expect_refusal(ASK(u"offer", MANIFEST, PACKAGE), UPDATE_OFF, u"off");
    toy.judgement = UPDATE_USER;
    expect_refusal(ASK(u"offer", MANIFEST, PACKAGE), UPDATE_USER, u"user");
    assert_int_equal(toy.offers, 0);
}

static void test_the_refusal_of_the_service_is_told(void **state)
{
    (void)state;
    toy.refusal = UPDATE_MANIFEST_EXPIRED;
    expect_refusal(ASK(u"offer", MANIFEST, PACKAGE), UPDATE_MANIFEST_EXPIRED, u"manifest-expired");
}

/* ---- the sessions of others ---- */

static void test_ones_own_sessions_may_be_ended(void **state)
{
    (void)state;
    toy.session_count = 1;
    assert_int_equal(ASK(u"offer", MANIFEST, PACKAGE).code, 0);
}

static void test_the_sessions_of_others_are_waited_for(void **state)
{
    (void)state;
    toy.session_count = 2;
    expect_refusal(ASK(u"offer", MANIFEST, PACKAGE), UPDATE_SESSIONS, u"sessions");
    assert_int_equal(toy.offers, 0);
    assert_int_equal(ASK(u"offer", MANIFEST, PACKAGE, u"when-idle").code, 0);
    assert_int_equal(toy.offers, 1);
}

/* They may come between the look at the sessions and the installation. */
static void test_sessions_that_others_begin_later_are_waited_for(void **state)
{
    (void)state;
    assert_int_equal(ASK(u"offer", MANIFEST, PACKAGE).code, 0);
    assert_true(toy.offered.when_idle);
}

static void test_an_administrator_may_end_them(void **state)
{
    (void)state;
    toy.session_count = 2;
    is_administrator = true;
    const uint32_t code = ASK(u"offer", MANIFEST, PACKAGE).code;
    is_administrator = false;
    assert_int_equal(code, 0);
    assert_false(toy.offered.when_idle);
}

static void test_sessions_that_cannot_be_listed_are_not_ended(void **state)
{
    (void)state;
    toy.list_error = ERROR_NOT_ENOUGH_MEMORY;
    assert_int_equal(ASK(u"offer", MANIFEST, PACKAGE).code, ERROR_NOT_ENOUGH_MEMORY);
    assert_int_equal(toy.offers, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_result_tells_everybody),
        TEST(test_every_state_has_its_word),
        TEST(test_an_offer_is_passed_on_and_answered),
        TEST(test_a_wrong_word_is_named),
        TEST(test_32_roots_are_taken_and_no_more),
        TEST(test_whom_the_settings_do_not_let_is_refused),
        TEST(test_the_refusal_of_the_service_is_told),
        TEST(test_ones_own_sessions_may_be_ended),
        TEST(test_the_sessions_of_others_are_waited_for),
        TEST(test_sessions_that_others_begin_later_are_waited_for),
        TEST(test_an_administrator_may_end_them),
        TEST(test_sessions_that_cannot_be_listed_are_not_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

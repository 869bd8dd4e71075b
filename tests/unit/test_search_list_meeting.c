/* SPDX-License-Identifier: MIT */
/* Two sessions change one search list at the same time: the second one begins at each call to the
 * registry that the first one makes. Whoever comes first, the list has what both want, and at the
 * end it is as before. */
#include "tests/unit/channel_machine.h"

#include "undo/claims.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

static const char *domain;

static uint32_t add_domain(struct channel *to)
{
    return send_dns(to, VPN_NAME, FAMILY_IPV4, "", domain);
}

static uint32_t delete_domain(struct channel *to)
{
    return send_delete_dns(to, VPN_NAME, FAMILY_IPV4, domain);
}

static const struct meeting_case {
    uint32_t (*first)(struct channel *to), (*second)(struct channel *to);
} cases[] = {
    {add_domain, add_domain},
    {add_domain, delete_domain},
    {delete_domain, add_domain},
    {delete_domain, delete_domain},
};

static struct meeting {
    const struct meeting_case *row;
    unsigned calls, at; /* the calls of the first session, and at which the second one begins */
    pthread_t second;
    uint32_t second_error;
    atomic_bool has_ended; /* the second one's request */
} meeting;

static _Thread_local bool is_second;

static void *run_second(void *unused)
{
    is_second = true;
    meeting.second_error = meeting.row->second(&other);
    atomic_store(&meeting.has_ended, true);
    return unused;
}

/* Whether somebody waits for a resource that another thread has reserved. */
static bool is_second_waiting(void)
{
    bool is_waiting = false;
    lock_acquire(&ledger->lock);
    for (const struct resource *at = ledger->resources; at; at = at->hh.next)
        is_waiting |= at->users > 1;
    lock_release(&ledger->lock);
    return is_waiting;
}

static void meet(void)
{
    if (is_second || ++meeting.calls != meeting.at)
        return;
    pthread_create(&meeting.second, NULL, run_second, NULL);
    while (!atomic_load(&meeting.has_ended) && !is_second_waiting())
        sched_yield();
}

static uint32_t (*real_get_value)(struct registry *self, const char16_t *key, const char16_t *name,
                                  struct registry_data *data);
static uint32_t (*real_set_value)(struct registry *self, const char16_t *key, const char16_t *name,
                                  uint32_t type, const void *bytes, uint32_t size);

static uint32_t get_value_and_meet(struct registry *self, const char16_t *key, const char16_t *name,
                                   struct registry_data *data)
{
    meet();
    return real_get_value(self, key, name, data);
}

static uint32_t set_value_and_meet(struct registry *self, const char16_t *key, const char16_t *name,
                                   uint32_t type, const void *bytes, uint32_t size)
{
    meet();
    return real_set_value(self, key, name, type, bytes, size);
}

/* How often the list has the domain. */
static unsigned count_of_domain(void)
{
    unsigned count = 0;
    const char *at = machine_value(machine, TCPIP, u"SearchList");
    while (at && (at = strstr(at, domain)) != NULL) {
        count++;
        at += strlen(domain);
    }
    return count;
}

/* Returns false when the first session makes fewer calls than that. */
static bool try_meeting(const struct meeting_case *row, unsigned at)
{
    unsigned before_both = count_of_domain();
    meeting = (struct meeting){.row = row};
    if (row->first == delete_domain)
        assert_int_equal(add_domain(&channel), 0);
    if (row->second == delete_domain)
        assert_int_equal(add_domain(&other), 0);
    meeting.calls = 0;
    meeting.at = at;
    assert_int_equal(row->first(&channel), 0);
    bool have_met = meeting.calls >= at;
    meeting.at = 0;
    if (!have_met)
        return false;
    pthread_join(meeting.second, NULL);
    assert_int_equal(meeting.second_error, 0);
    assert_int_equal(count_of_domain(),
                     before_both + (row->first == add_domain) + (row->second == add_domain));
    channel_close(&channel);
    assert_int_equal(count_of_domain(), before_both + (row->second == add_domain));
    channel_close(&other);
    assert_unchanged();
    return true;
}

static void try_meetings(const struct meeting_case *row)
{
    unsigned at = 1;
    while (try_meeting(row, at))
        at++;
    assert_in_range(at, 4, 100);
    channel_close(&channel);
    channel_close(&other);
    assert_unchanged();
}

static void test_what_each_session_wants_is_in_the_list_and_no_more(void **state)
{
    static const char *const domains[] = {"vpn.example", "corp.example" /* there before */};
    struct registry *registry = network->registry;
    (void)state;
    real_get_value = registry->get_value;
    real_set_value = registry->set_value;
    registry->get_value = get_value_and_meet;
    registry->set_value = set_value_and_meet;
    for (size_t i = 0; i < sizeof(domains) / sizeof(*domains); i++)
        for (size_t j = 0; j < sizeof(cases) / sizeof(*cases); j++) {
            domain = domains[i];
            try_meetings(&cases[j]);
        }
    registry->get_value = real_get_value;
    registry->set_value = real_set_value;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_each_session_wants_is_in_the_list_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* policy_user.h: a user without rights, some files, and what the service makes of options that the
 * user asks for. */
#ifndef TESTS_UNIT_POLICY_USER_H
#define TESTS_UNIT_POLICY_USER_H

#include "base/cleanup.h"
#include "base/errors.h"
#include "base/text.h"
#include "policy/policy.h"
#include "tests/unit/cmocka_test.h"

#define CONFIG u"C:\\Program Files\\OpenVPN\\config"
#define WORK   u"C:\\Users\\joe"

extern const struct policy plain_policy;

/* From the options to the child's command line, as the service does it for a user without
 * rights. */
uint32_t policy_run(const struct policy *policy, const char16_t *directory, const char16_t *options,
                    char16_t **line, struct policy_refusal *refusal);

#endif

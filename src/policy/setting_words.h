/* SPDX-License-Identifier: MIT */
/* setting_words.h: what the settings mean, in words for people. The table of docs/protocol.md and
 * the template for editors of group policies are made of them; the programs have no use for them.
 */
#ifndef POLICY_SETTING_WORDS_H
#define POLICY_SETTING_WORDS_H

#include "policy/setting.h"

/* ASCII. */
struct setting_words {
    const char *title;       /* a few words, in which an editor of policies lists it */
    const char *description; /* what it is or does, without a full stop, code in backquotes */
};

extern const struct setting_words settings_words[SETTINGS_COUNT];

#endif

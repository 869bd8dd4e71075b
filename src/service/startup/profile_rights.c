/* SPDX-License-Identifier: MIT */
#include "service/startup/profile_rights.h"

bool caller_may_run_profiles(const struct caller *caller, const struct settings *settings)
{
    return settings->takes_user_profiles && caller_is_of(caller, WinInteractiveSid) &&
           caller_is_unrestricted(caller) &&
           (!*settings->user_profiles_group ||
            caller_is_of_group(caller, settings->user_profiles_group));
}

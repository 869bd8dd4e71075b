/* SPDX-License-Identifier: MIT */
#include "installer/properties.h"

const struct public_property public_properties[] = {
    {u"INSTALLDIR", NULL},
    {u"CONFIG", u"config_dir"},
    {u"ADMINGROUP", u"ovpn_admin_group"},
    {u"PRIORITY", u"priority"},
    {u"TAKEOVER", NULL},
    {u"UPDATES", u"updates"},
    {u"UPDATE_URL", u"update_url"},
    {u"UPDATE_CHANNEL", u"update_channel"},
    {u"UPDATE_USERS", u"update_users"},
    {u"USER_PROFILES", u"user_profiles"},
    {u"USER_PROFILES_GROUP", u"user_profiles_group"},
};
const size_t public_property_count = ARRAY_COUNT(public_properties);

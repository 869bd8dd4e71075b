# SPDX-License-Identifier: MIT
"""Who may use any option and any config: docs/protocol.md, "Option check"."""
from __future__ import annotations

from dataclasses import replace
from typing import Iterator

import pytest

from harness.bridge import Bridge
from harness.checks import check_at_rest
from harness.fakes import (ADMINISTRATOR, ADMINISTRATORS, DENY_ONLY, DOMAIN_SID,
                           FILTERED_ADMINISTRATOR, GROUP_MEMBER_BY_DATABASE, GROUP_MEMBER_BY_TOKEN,
                           LOCAL_GROUPS, OPENVPN_ADMINISTRATORS, PLAIN_USER, SERVICE_USER,
                           LocalGroup, Persona)
from harness.installation import Installation, Options
from harness.runner import Runner
from protocol.support.raw_client import (SYSTEM_TEXTS, Caller, config_refusal, error_reply,
                                         option_refusal)

#: Refused to all but authorised users; the scripted openvpn.exe accepts it.
PRIVILEGED = '--route-method exe --config "{config}"'
REFUSED = option_refusal("--route-method")

LOOK_UPS = ("LookupAccountSidW", "LookupAccountNameW", "NetLocalGroupGetMembers")

ERROR_ACCESS_DENIED, ERROR_NONE_MAPPED, NERR_GROUP_NOT_FOUND = 5, 1332, 2220
RPC_S_SERVER_UNAVAILABLE = 1722

CAROL = GROUP_MEMBER_BY_DATABASE
ADMINISTRATOR_BY_DATABASE = Persona("frida", f"{DOMAIN_SID}-1006")
ADMINS, USERS_GROUP, OPENVPN_ADMINS = LOCAL_GROUPS

ALL_GROUPS = (replace(ADMINS, members=(*ADMINS.members, ADMINISTRATOR_BY_DATABASE.sid)),
              USERS_GROUP, OPENVPN_ADMINS)

#: Authorised users, and the group that authorises them.
BY_GROUP = {
    "administrator": (ADMINISTRATOR, "Administrators"),
    "filtered administrator": (FILTERED_ADMINISTRATOR, "Administrators"),
    "administrator by database": (ADMINISTRATOR_BY_DATABASE, "Administrators"),
    "member by token": (GROUP_MEMBER_BY_TOKEN, "OpenVPN Administrators"),
    "member by token, for denials only": (
        PLAIN_USER.with_group(OPENVPN_ADMINISTRATORS, DENY_ONLY), "OpenVPN Administrators"),
    "member by database": (CAROL, "OpenVPN Administrators"),
}

#: Accounts that belong to Windows and its services.
SERVICE_ACCOUNTS = {
    name: Persona(name, sid, "NT AUTHORITY").with_group(ADMINISTRATORS)
    for name, sid in (("SYSTEM", "S-1-5-18"), ("LOCAL SERVICE", "S-1-5-19"),
                      ("NETWORK SERVICE", "S-1-5-20"))
}
SERVICE_ACCOUNT_REFUSED = "SYSTEM, LOCAL SERVICE and NETWORK SERVICE are not served"

#: Users who look authorised and are not.
NOBODY = {
    "plain user": PLAIN_USER,
    "user without groups": replace(PLAIN_USER, groups={}),
    "member of a group next to it": PLAIN_USER.with_group(f"{DOMAIN_SID}-10100"),
    "member of another builtin group": PLAIN_USER.with_group("S-1-5-32-5440"),
    "user named as the group": replace(PLAIN_USER, name="Administrators"),
    "user named as the service user": replace(PLAIN_USER, name="OpenVPNService"),
    "service user in other letters": replace(SERVICE_USER, name="openvpnservice"),
    "service user of a domain in other letters": replace(SERVICE_USER, domain="NT Service"),
    "service user of another domain": replace(SERVICE_USER, domain="NT SERVICES"),
    "another service": replace(SERVICE_USER, name="OpenVPNServiceInteractive"),
    "service user with a longer name": replace(SERVICE_USER, name="OpenVPNService2"),
    "user without a name": replace(PLAIN_USER, name="", domain=""),
}


@pytest.mark.parametrize("persona, group", BY_GROUP.values(), ids=BY_GROUP.keys())
def test_member_may_use_any_option(caller: Caller, persona: Persona, group: str) -> None:
    caller.installation.fakes.personas(persona)
    caller.installation.fakes.local_groups(*ALL_GROUPS)
    assert caller.arguments(PRIVILEGED)[:2] == ["--route-method", "exe"]


@pytest.mark.parametrize("persona, group", BY_GROUP.values(), ids=BY_GROUP.keys())
def test_log_says_who_is_authorised_by_which_group(caller: Caller, persona: Persona, group: str
                                                   ) -> None:
    caller.installation.fakes.personas(persona)
    caller.installation.fakes.local_groups(*ALL_GROUPS)
    assert caller.arguments(PRIVILEGED)
    assert any(f"Authorizing user '{persona.name}@{persona.domain}' by virtue of membership in "
               f"group '{group}'" in event for event in caller.installation.record.events())


def test_service_user_may_use_any_option(caller: Caller) -> None:
    caller.installation.fakes.personas(SERVICE_USER)
    assert caller.arguments(PRIVILEGED)[:2] == ["--route-method", "exe"]
    assert any("Authorizing user 'OpenVPNService@NT SERVICE'" in event
               for event in caller.installation.record.events())


@pytest.mark.parametrize("persona", NOBODY.values(), ids=NOBODY.keys())
def test_other_users_may_not(caller: Caller, persona: Persona) -> None:
    caller.installation.fakes.personas(persona)
    assert caller.ask("--route-method exe") == REFUSED
    assert not any("Authorizing" in event for event in caller.installation.record.events())


def test_authorised_user_may_use_any_config(caller: Caller) -> None:
    caller.installation.fakes.personas(ADMINISTRATOR)
    path = rf"{caller.installation.folder}\log\elsewhere.ovpn"
    assert caller.arguments('--config "{config}"', file=r"log\elsewhere.ovpn") == ["--config", path]


def test_authorised_user_gets_his_path_as_he_wrote_it(caller: Caller) -> None:
    caller.installation.fakes.personas(ADMINISTRATOR)
    asked = rf"{caller.installation.folder}\config\..\log\.\elsewhere.ovpn"
    given = caller.arguments(f'--route-method exe --config "{asked}"', file=r"log\elsewhere.ovpn")
    assert given[2:] == ["--config", asked]


def test_config_accepted_before_the_refused_option_stays_as_it_was_written(caller: Caller) -> None:
    """The check replaces paths while it reads; an authorised user must get the original ones."""
    caller.installation.fakes.personas(ADMINISTRATOR)
    asked = rf"{caller.installation.folder}\config\.\first.ovpn"
    given = caller.arguments(f'--config "{asked}" --route-method exe', file=r"config\first.ovpn")
    assert given[:2] == ["--config", asked]


# ---- accounts that are refused

@pytest.mark.parametrize("options", ['--verb 3', PRIVILEGED], ids=["allowed", "privileged"])
@pytest.mark.parametrize("persona", SERVICE_ACCOUNTS.values(), ids=SERVICE_ACCOUNTS.keys())
def test_account_of_windows_services_is_refused(caller: Caller, persona: Persona, options: str
                                                ) -> None:
    caller.installation.fakes.personas(persona)
    config = caller.installation.write_config("plain.ovpn", "client\n")
    assert caller.ask(options.replace("{config}", config)) == error_reply(
        ERROR_ACCESS_DENIED, SERVICE_ACCOUNT_REFUSED, SYSTEM_TEXTS[ERROR_ACCESS_DENIED])
    assert not caller.installation.record.calls("CreateProcessAsUserW")
    assert any(SERVICE_ACCOUNT_REFUSED in event for event in caller.installation.record.events())


@pytest.mark.parametrize("sid", ["S-1-5-180", "S-1-5-18-1001", "S-1-5-21-18", "S-1-5-17"])
def test_account_with_a_similar_sid_is_served(caller: Caller, sid: str) -> None:
    caller.installation.fakes.personas(Persona("gina", sid))
    assert caller.arguments('--config "{config}"')[0] == "--config"


# ---- the order of the checks

def test_authorised_user_with_allowed_options_is_not_looked_up(caller: Caller) -> None:
    caller.installation.fakes.personas(ADMINISTRATOR)
    caller.arguments('--config "{config}" --verb 3')
    assert not caller.installation.record.calls(*LOOK_UPS)
    assert not any("Authorizing" in event for event in caller.installation.record.events())


def test_refused_user_is_looked_up_in_both_groups(caller: Caller) -> None:
    caller.ask("--route-method exe")
    asked = [call["group"] for call in caller.installation.record.calls("NetLocalGroupGetMembers")]
    assert asked == ["Administrators", "OpenVPN Administrators"]


def test_members_are_asked_for_by_sid(caller: Caller) -> None:
    caller.ask("--route-method exe")
    calls = caller.installation.record.calls("NetLocalGroupGetMembers")
    assert {call["level"] for call in calls} == {0}


def test_group_in_the_token_saves_the_database_query(caller: Caller) -> None:
    caller.installation.fakes.personas(ADMINISTRATOR)
    caller.arguments(PRIVILEGED)
    assert not caller.installation.record.calls("NetLocalGroupGetMembers")


def test_member_of_both_groups_is_authorised_as_an_administrator(caller: Caller) -> None:
    both = GROUP_MEMBER_BY_TOKEN.with_group(ADMINISTRATORS)
    caller.installation.fakes.personas(both)
    caller.arguments(PRIVILEGED)
    assert any("in group 'Administrators'" in event
               for event in caller.installation.record.events())


def test_administrators_in_the_database_come_before_the_other_group_in_the_token(caller: Caller
                                                                                 ) -> None:
    caller.installation.fakes.personas(GROUP_MEMBER_BY_TOKEN)
    caller.installation.fakes.local_groups(
        replace(ADMINS, members=(GROUP_MEMBER_BY_TOKEN.sid,)), OPENVPN_ADMINS)
    caller.arguments(PRIVILEGED)
    assert any("in group 'Administrators'" in event
               for event in caller.installation.record.events())


def test_membership_is_asked_for_at_each_start(caller: Caller) -> None:
    assert caller.ask("--route-method exe") == REFUSED
    caller.installation.fakes.local_groups(
        ADMINS, replace(OPENVPN_ADMINS, members=(PLAIN_USER.sid,)))
    assert caller.arguments(PRIVILEGED)
    caller.installation.fakes.local_groups(*LOCAL_GROUPS)
    assert caller.ask("--route-method exe") == REFUSED


def test_each_client_is_checked_on_its_own(caller: Caller, bridge: Bridge) -> None:
    caller.installation.fakes.personas(PLAIN_USER, ADMINISTRATOR.of(bridge.process))
    admin = caller.connect(bridge)
    assert caller.ask("--route-method exe") == REFUSED
    config = caller.installation.write_config("admin.ovpn", "client\n")
    caller.installation.fakes.fail("CreateProcessAsUserW", ERROR_ACCESS_DENIED)
    assert admin.start(caller.directory, f'--config "{config}" --up x').code == ERROR_ACCESS_DENIED


# ---- systems in other languages

def test_administrators_are_known_in_any_language(caller: Caller) -> None:
    caller.installation.fakes.personas(ADMINISTRATOR)
    caller.installation.fakes.local_groups(LocalGroup("Administrateurs", ADMINISTRATORS))
    caller.arguments(PRIVILEGED)
    assert any("in group 'Administrateurs'" in event
               for event in caller.installation.record.events())


def test_database_is_asked_by_the_local_name_of_administrators(caller: Caller) -> None:
    name = "\u0410\u0434\u043c\u0438\u043d\u0438\u0441\u0442\u0440\u0430\u0442\u043e\u0440\u044b"
    caller.installation.fakes.personas(ADMINISTRATOR_BY_DATABASE)
    caller.installation.fakes.local_groups(
        LocalGroup(name, ADMINISTRATORS, (ADMINISTRATOR_BY_DATABASE.sid,), "BUILTIN"))
    caller.arguments(PRIVILEGED)
    assert any(f"in group '{name}'" in event for event in caller.installation.record.events())


def test_group_that_only_has_the_english_name_means_nothing(caller: Caller) -> None:
    caller.installation.fakes.local_groups(
        LocalGroup("Administrateurs", ADMINISTRATORS, (), "BUILTIN"),
        LocalGroup("Administrators", f"{DOMAIN_SID}-2000", (PLAIN_USER.sid,)), OPENVPN_ADMINS)
    assert caller.ask("--route-method exe") == REFUSED


def test_name_of_a_user_may_be_longer_than_his_domain(caller: Caller) -> None:
    persona = replace(ADMINISTRATOR, name="a" * 60, domain="D")
    caller.installation.fakes.personas(persona)
    caller.arguments(PRIVILEGED)
    assert any(f"Authorizing user '{'a' * 60}@D'" in event
               for event in caller.installation.record.events())


# ---- failing look-ups

def test_user_without_an_account_is_authorised_by_his_groups(caller: Caller) -> None:
    caller.installation.fakes.personas(ADMINISTRATOR)
    caller.installation.fakes.fail("LookupAccountSidW", ERROR_NONE_MAPPED, times=0)
    caller.arguments(PRIVILEGED)
    assert any("Authorizing user '@' by virtue of membership in group 'Administrators'" in event
               for event in caller.installation.record.events())


def test_user_without_an_account_and_groups_is_refused(caller: Caller) -> None:
    caller.installation.fakes.fail("LookupAccountSidW", ERROR_NONE_MAPPED, times=0)
    assert caller.ask("--route-method exe") == REFUSED


def test_service_user_whose_look_up_fails_is_refused(caller: Caller) -> None:
    caller.installation.fakes.personas(SERVICE_USER)
    caller.installation.fakes.fail("LookupAccountSidW", ERROR_NONE_MAPPED)
    assert caller.ask("--route-method exe") == REFUSED


def test_missing_group_does_not_stop_administrators(caller: Caller) -> None:
    caller.installation.fakes.personas(ADMINISTRATOR)
    caller.installation.fakes.local_groups(ADMINS)
    assert caller.arguments(PRIVILEGED)


def test_group_that_does_not_exist_authorises_nobody(caller: Caller) -> None:
    caller.installation.fakes.personas(GROUP_MEMBER_BY_TOKEN)
    caller.installation.fakes.local_groups(ADMINS)
    assert caller.ask("--route-method exe") == REFUSED


@pytest.mark.parametrize("code", [ERROR_ACCESS_DENIED, NERR_GROUP_NOT_FOUND,
                                  RPC_S_SERVER_UNAVAILABLE], ids=str)
def test_failing_database_still_allows_groups_of_the_token(caller: Caller, code: int) -> None:
    caller.installation.fakes.personas(GROUP_MEMBER_BY_TOKEN)
    caller.installation.fakes.fail("NetLocalGroupGetMembers", code, times=0)
    assert caller.arguments(PRIVILEGED)


def test_database_that_fails_authorises_nobody(caller: Caller) -> None:
    caller.installation.fakes.personas(CAROL)
    caller.installation.fakes.fail("NetLocalGroupGetMembers", ERROR_ACCESS_DENIED, times=0)
    assert caller.ask("--route-method exe") == REFUSED


def test_failing_name_of_one_group_still_allows_the_other(caller: Caller) -> None:
    caller.installation.fakes.personas(CAROL)
    caller.installation.fakes.fail("LookupAccountNameW", ERROR_NONE_MAPPED, times=0)
    assert caller.arguments(PRIVILEGED)


# ---- settings

GROUP, SERVICE = "VPN operators", "VpnKeeper"
OPERATORS = LocalGroup(GROUP, f"{DOMAIN_SID}-1020", (CAROL.sid,))


@pytest.fixture(scope="module")
def renamed_installation(runner: Runner, bridge: Bridge, worker_name: str
                         ) -> Iterator[Installation]:
    """An installation with another group and another service user."""
    made = Installation(runner, bridge, f"{worker_name}named", Options(settings=(
        ("ovpn_admin_group", GROUP), ("ovpn_service_user", SERVICE))))
    made.create()
    made.populate()
    made.start()
    yield made
    made.destroy()


@pytest.fixture
def renamed(renamed_installation: Installation, bridge: Bridge, user_bridge: Bridge
            ) -> Iterator[Caller]:
    """The raw client of that installation."""
    renamed_installation.populate()
    renamed_installation.fakes.personas(PLAIN_USER)
    renamed_installation.fakes.local_groups(ADMINS, OPENVPN_ADMINS, OPERATORS)
    made = Caller(renamed_installation, bridge, user_bridge)
    yield made
    made.close()
    check_at_rest(renamed_installation)


@pytest.mark.parametrize("persona", [
    CAROL, PLAIN_USER.with_group(OPERATORS.sid), ADMINISTRATOR, replace(SERVICE_USER, name=SERVICE),
], ids=["by database", "by token", "administrator", "service user"])
def test_settings_name_who_is_authorised(renamed: Caller, persona: Persona) -> None:
    renamed.installation.fakes.personas(persona)
    assert renamed.arguments(PRIVILEGED)


@pytest.mark.parametrize("persona", [GROUP_MEMBER_BY_TOKEN, SERVICE_USER],
                         ids=["group", "service user"])
def test_default_names_are_not_authorised_when_settings_replace_them(
        renamed: Caller, persona: Persona) -> None:
    renamed.installation.fakes.personas(persona)
    assert renamed.ask("--route-method exe") == option_refusal("--route-method", GROUP)


def test_refusals_name_the_group_that_is_set(renamed: Caller) -> None:
    outside = r"C:\windows\win.ini"
    assert renamed.ask(f"--config {outside}") == config_refusal(outside, renamed.directory, GROUP)
    assert renamed.ask("--up x") == option_refusal("--up", GROUP)

# SPDX-License-Identifier: MIT
"""Start-up data of more than 4,096 units, for authorised callers, and a config from the standard
input: docs/protocol.md, "Start-up"."""
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Iterator, List

import pytest

from harness.bridge import Bridge
from harness.client import Client, Reply, startup
from harness.eventually import eventually
from harness.fakes import ADMINISTRATOR, GROUP_MEMBER_BY_DATABASE, PLAIN_USER, Persona
from harness.impersonation import Impersonations
from harness.installation import Installation
from harness.openvpn import Openvpn
from harness.process import Process, handle_count
from harness.session import Session
from protocol.support.raw_client import (ERROR_ACCESS_DENIED, SYSTEM_TEXTS, Caller, data_error,
                                         error_reply, units)

InstallationMaker = Callable[..., Installation]

MOST_UNITS, MOST_UNITS_OF_OTHERS = 65536, 4096

ERROR_NO_SYSTEM_RESOURCES = 1450

MALFORMED = data_error("GetStartupData")
SYSTEM = Persona("SYSTEM", "S-1-5-18", "NT AUTHORITY")

#: What eduVPN's app sends, before the profile.
OPTIONS = "--config stdin"


def filled(head: str, count: int) -> str:
    """`head` and a comment, `count` units in all; the comment is of three bytes a unit in UTF-8."""
    assert count > len(head)
    return head + "#" + "\u20ac" * (count - len(head) - 1)


def padded(count: int, options: str = OPTIONS) -> bytes:
    """Well-formed data with so many units."""
    return startup(r"C:\windows", options,
                   filled("", count - len(r"C:\windows") - len(options) - 3))


class App:
    """Starts openvpn.exe with a profile on its standard input, as eduVPN does."""

    def __init__(self, caller: Caller, bridge: Bridge) -> None:
        self.caller = caller
        self._bridge = bridge
        self._sessions: List[Session] = []

    def start(self, count: int, options: str = OPTIONS) -> Session:
        """With start-up data of `count` units; the session's config is its standard input."""
        openvpn = Openvpn(self._bridge)
        directory = self.caller.directory
        profile = filled(openvpn.config(), count - len(directory) - len(options) - 3)
        client = self.caller.connect()
        client.send(startup(directory, options, profile))
        reply = client.read()
        if reply.code:
            openvpn.close()
            raise AssertionError(f"refused: {reply}")
        openvpn.accept()
        session = Session(client, openvpn, reply, Process.open(self._bridge, openvpn.process))
        self._sessions.append(session)
        assert openvpn.stdin(len(profile.encode()), 10) == profile.encode()
        assert openvpn.stdin_has_ended(), "nothing follows the profile"
        return session

    def close(self) -> None:
        """End all sessions."""
        for session in self._sessions:
            session.close()


@pytest.fixture
def app(caller: Caller, bridge: Bridge) -> Iterator[App]:
    """The app of an administrator."""
    caller.installation.fakes.personas(ADMINISTRATOR)
    made = App(caller, bridge)
    yield made
    made.close()


# ---- what is served

@pytest.mark.parametrize("count", [200, MOST_UNITS_OF_OTHERS, MOST_UNITS_OF_OTHERS + 1, 20000,
                                   MOST_UNITS - 1, MOST_UNITS])
def test_openvpn_reads_the_profile_to_its_end(app: App, count: int) -> None:
    session = app.start(count)
    assert session.openvpn.describe()["arguments"][1:3] == ["--config", "stdin"]


@pytest.mark.parametrize("options", ['"--config" "stdin"', "stdin", '--verb 3 --config "std"in',
                                     "--config stdin --verb 3"])
def test_options_that_mean_the_standard_input_end_it(app: App, options: str) -> None:
    app.start(5000, options)


@pytest.mark.parametrize("options", ["--setenv A stdin", "--setenv config stdin",
                                     "--auth-retry stdin"])
def test_other_options_keep_it_open(caller: Caller, options: str) -> None:
    caller.installation.fakes.personas(ADMINISTRATOR)
    session = caller.start(f'--config "{{config}}" {options}', stdin="secret\n")
    assert session.openvpn.stdin(7, 10) == b"secret\n"
    assert not session.openvpn.stdin_has_ended(0.1)


def test_member_of_the_group_is_served(app: App) -> None:
    app.caller.installation.fakes.personas(GROUP_MEMBER_BY_DATABASE)
    app.start(20000)


def test_caller_is_identified_and_authorised_once(app: App) -> None:
    app.start(20000)
    record = app.caller.installation.record
    assert len(record.calls("ImpersonateNamedPipeClient")) == 1
    assert sum("Authorizing user" in event for event in record.events()) == 1
    assert not Impersonations(record).open


def test_long_options_are_served(app: App, bridge: Bridge) -> None:
    openvpn = Openvpn(bridge)
    path = app.caller.installation.write_config("long.ovpn", openvpn.config())
    value = "x" * 10000
    client = app.caller.connect()
    client.send(startup(app.caller.directory, f'--config "{path}" --setenv A {value}'))
    assert client.read().process
    openvpn.accept()
    assert openvpn.describe()["arguments"][3:6] == ["--setenv", "A", value]
    openvpn.exit()
    openvpn.close()


# ---- what is refused

LONG_AND_MALFORMED = {
    "one unit too many": padded(MOST_UNITS + 1),
    "two units too many": padded(MOST_UNITS + 2),
    "far too many": padded(400000),
    "beyond what is read": padded(3 << 19),
    "zeros, one too many": b"\0\0" * (MOST_UNITS + 1),
    "not terminated": padded(20000)[:-2] + units("x"),
    "not terminated but by half a unit": padded(20000)[:-1],
    "no zero at all": units("x" * 20000),
    "ends at the working folder": units("x" * 20000 + "\0"),
    "ends at the options": units("C:\\windows\0" + "x" * 20000 + "\0"),
    "surrogate far behind": padded(20000)[:-4] + units("\ud800\0"),
}


@pytest.mark.parametrize("data", LONG_AND_MALFORMED.values(), ids=LONG_AND_MALFORMED.keys())
def test_long_and_malformed_data_is_refused(app: App, data: bytes) -> None:
    assert app.caller.reply_to(data) == MALFORMED
    assert not app.caller.installation.record.calls("CreateProcessAsUserW")


def test_service_goes_on_and_leaks_nothing(app: App, bridge: Bridge) -> None:
    service = app.caller.installation.service.status().process
    app.caller.reply_to(padded(MOST_UNITS + 1))
    before = handle_count(bridge, service)
    for data in LONG_AND_MALFORMED.values():
        app.caller.reply_to(data)
    assert eventually(lambda: handle_count(bridge, service),
                      lambda count: count <= before) <= before
    app.start(MOST_UNITS)
    assert app.caller.installation.service.status().process == service


@pytest.mark.parametrize("count", [MOST_UNITS_OF_OTHERS + 1, 20000, MOST_UNITS])
def test_other_callers_are_refused_and_told(caller: Caller, count: int) -> None:
    caller.installation.fakes.personas(PLAIN_USER)
    assert caller.reply_to(padded(count, "--verb 3")) == MALFORMED
    assert any("authorised callers only" in event
               for event in caller.installation.record.events())


@pytest.mark.parametrize("persona", [PLAIN_USER, ADMINISTRATOR], ids=["other", "authorised"])
@pytest.mark.parametrize("count", [20000, MOST_UNITS + 1, 500000])
def test_client_that_writes_before_it_reads_gets_the_answer(caller: Caller, persona: Persona,
                                                            count: int) -> None:
    """The pipe has room for 8,192 units: the write ends only when all of it has been read."""
    caller.installation.fakes.personas(persona)
    client = caller.connect()
    client.send(padded(count)[:-2] + units("x"))
    assert client.read().raw == MALFORMED


def test_client_above_a_limit_that_writes_much_gets_the_answer(
        make_installation: InstallationMaker, user_bridge: Bridge) -> None:
    small = make_installation(settings=(("max_clients", "1"),))
    small.start()
    first = small.connect(user_bridge)
    small.record.wait_for("_beginthreadex")  # of two at once either may be served first
    second = small.connect(user_bridge)
    second.send(padded(20000))
    assert second.read().function == "Too many concurrent clients"
    first.close()
    second.close()


def test_service_account_is_refused(caller: Caller) -> None:
    caller.installation.fakes.personas(SYSTEM)
    client = caller.connect()
    client.send(padded(20000))
    assert client.read().raw == error_reply(
        ERROR_ACCESS_DENIED, "SYSTEM, LOCAL SERVICE and NETWORK SERVICE are not served",
        SYSTEM_TEXTS[ERROR_ACCESS_DENIED])


@pytest.mark.parametrize("call", ["ImpersonateNamedPipeClient", "OpenThreadToken"])
def test_client_that_cannot_be_identified_is_told(app: App, call: str) -> None:
    client = app.caller.connect()
    app.caller.installation.fakes.fail(call, ERROR_NO_SYSTEM_RESOURCES)
    client.send(padded(20000))
    reply = client.read()
    assert (reply.code, reply.function) == (ERROR_NO_SYSTEM_RESOURCES, call)
    app.caller.installation.fakes.clear_faults()
    app.start(20000)


def test_many_at_once_are_answered(app: App) -> None:
    clients = [app.caller.connect() for _ in range(24)]
    data = padded(MOST_UNITS)[:-2] + units("x")

    def send(client: Client) -> None:
        client.send(data)

    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(send, clients))
    assert {client.read().raw for client in clients} == {MALFORMED}
    app.start(MOST_UNITS)


@pytest.mark.parametrize("setting, most", [("5000", 5000), ("4096", 4096)])
def test_setting_limits_the_units(make_installation: InstallationMaker, user_bridge: Bridge,
                                  bridge: Bridge, setting: str, most: int) -> None:
    installation = make_installation(settings=(("max_startup_units", setting),))
    installation.start()
    installation.fakes.personas(ADMINISTRATOR)
    caller = Caller(installation, bridge, user_bridge)
    app = App(caller, bridge)
    app.start(most)
    assert Reply.parse(caller.reply_to(padded(most + 1))).function == "GetStartupData"
    app.close()
    caller.close()

# SPDX-License-Identifier: MIT
"""gatehouse.exe about what runs: status, disconnect, list, cleanup, and a client that leaves."""
from __future__ import annotations

import getpass
import os
import re
from pathlib import Path
from typing import Callable, Dict, Iterator, List

import pytest

from harness.bridge import Bridge
from harness.eventually import eventually
from harness.fakes import ADMINISTRATOR, PLAIN_USER, TAP, TAP_ALIAS
from harness.installation import Installation
from harness.messages import name_servers, route
from harness.runner import Runner
from harness.session import Session
from protocol.support.gatehouse_program import Gatehouse, Json, starting
from protocol.support.kill_switch import GATEWAYS, KillSwitch

SessionMaker = Callable[..., Session]
Connect = Callable[..., Gatehouse]
Ask = Callable[..., Gatehouse]

DONE, TROUBLE, USAGE, NO_SERVICE, REFUSED, TIMED_OUT, NOT_CONNECTED = 0, 1, 2, 3, 4, 7, 9
ACCESS_DENIED, NOT_FOUND, SERVICE_NOT_ACTIVE = 5, 1168, 1062

MEBIBYTE = 1 << 20

CHANGE = route("10.20.0.0/16", "10.8.0.1", TAP)


@pytest.fixture
def ask(installation: Installation, bridge: Bridge, user_bridge: Bridge) -> Iterator[Ask]:
    """Starts gatehouse.exe about the installation as alice, whose sessions `user_bridge` starts.
    Those of `bridge` are an administrator's."""
    installation.fakes.personas(PLAIN_USER, ADMINISTRATOR.of(bridge.process))
    with starting(lambda arguments: Gatehouse.ask(installation, user_bridge, arguments)) as start:
        yield start


@pytest.fixture
def ask_as_administrator(installation: Installation, ask: Ask, user_bridge: Bridge) -> Ask:
    """The same as an administrator."""
    installation.fakes.personas(ADMINISTRATOR, PLAIN_USER.of(user_bridge.process))
    return ask


def pid(session: Session) -> str:
    """The process id of its openvpn.exe."""
    return str(session.reply.process)


# ---- status ----

def of_connections(text: str) -> List[str]:
    """The lines behind those about the service, whose last start may have found something."""
    lines = text.splitlines()
    assert re.match(r"The service runs for 0 h \d+ min: version 0\.", lines[0]), text
    return [line for line in lines[1:] if not line.startswith("Its start has put back ")]


def test_status_shows_the_service_and_its_connections(
        installation: Installation, ask: Ask, start_session: SessionMaker) -> None:
    session = start_session(prefix="work ")
    start_session(prefix="home\u00fc")
    for message in (CHANGE, name_servers(TAP_ALIAS, "10.8.0.1")):
        assert session.openvpn.request(message) == 0
    text = ask("status").done()
    assert f"process {installation.service.status().process}, " in text.splitlines()[0]
    titles, *rows = of_connections(text)
    assert titles.split() == ["NAME", "STATE", "USER", "SINCE", "ADAPTER", "ADDRESSES", "ROUTES",
                              "DNS", "RULES", "FILTERS", "PROCESS"]
    assert [row.split("  ")[0].rsplit("gatehouse-test", 1)[0] for row in rows] == [
        "work ", "home\u00fc"]
    for title in ("STATE", "USER", "SINCE", "ADAPTER"):
        at = titles.index(title)
        assert all(row[at - 1] == " " and row[at] != " " for row in rows), (titles, rows)
    assert "  connected  " in rows[0] and "  starting   " in rows[1]
    assert rf"{PLAIN_USER.domain}\alice" in rows[0]
    assert rows[0].endswith(pid(session))


def test_status_without_connections_says_so(ask: Ask) -> None:
    assert of_connections(ask("status").done()) == ["There are no connections."]
    assert of_connections(ask("status work").done()) == ["There is no connection work."]


def test_status_as_json(installation: Installation, ask: Ask, start_session: SessionMaker) -> None:
    session = start_session(prefix="work ")
    assert session.openvpn.request(CHANGE) == 0
    status = ask("status --json").object()
    assert status["schema"] == 1
    assert status["service"]["name"] == installation.service.name
    assert status["service"]["instance"] == installation.instance
    assert status["service"]["pid"] == installation.service.status().process
    assert status["service"]["open_entries"] >= 1
    assert set(status["service"]["last_start"]) == {"undone", "gone", "left_alone", "failed"}
    shown, = status["sessions"]
    assert shown["config"].endswith(rf"\{shown['name']}.ovpn")
    assert shown["pid"] == session.reply.process
    assert (shown["state"], shown["routes"], shown["addresses"]) == ("connected", 1, 0)


def test_status_says_who_blocks(installation: Installation, ask: Ask, bridge: Bridge) -> None:
    assert ask("status --json").object()["firewall"] == {"state": "off"}
    assert "kill switch" not in ask("status").done()
    installation.service.set_automatic(True)
    switch = KillSwitch(installation, bridge)
    record = switch.start(*GATEWAYS)
    try:
        shown, way_out, last = of_connections(ask("status").done())
        made = ask("status --json").object()["firewall"]
    finally:
        switch.stop()
        installation.service.set_automatic(False)
    assert shown.startswith("The kill switch is up (connecting), started by ")
    assert f" {record['firewall_owner']}, 20" in shown
    assert shown.endswith(f"; gateways: {' '.join(GATEWAYS)}.")
    assert way_out == f"The way out: {record['firewall_way_out']}."
    assert last == "There are no connections."
    assert made == {
        "state": "connecting", "damaged": False, "owner": record["firewall_owner"],
        "since": int(record["firewall_since"]), "lan": False, "gateways": " ".join(GATEWAYS),
        "tunnels": 0, "above": "", "yours": False, "way_out": record["firewall_way_out"]}


@pytest.mark.parametrize("named", ["{name}", "{upper}", "{name}.ovpn", "{path}", "{pid}"])
def test_a_connection_is_named_by_its_file_or_process(
        installation: Installation, ask: Ask, start_session: SessionMaker, named: str) -> None:
    session = start_session(prefix="work ")
    start_session(prefix="home ")
    row = next(each for each in installation.control().sessions() if each["pid"] == pid(session))
    name = row["config"].rsplit("\\", 1)[1][:-len(".ovpn")]
    operand = named.format(name=name, upper=name.upper(), path=row["config"], pid=pid(session))
    status = ask(f'status "{operand}" --json').object()
    assert [each["pid"] for each in status["sessions"]] == [session.reply.process]


def test_quiet_tells_by_the_exit_code_alone(ask: Ask, start_session: SessionMaker) -> None:
    assert ask("status work --quiet").done(NOT_CONNECTED) == ""
    session = start_session()
    assert ask(f"status {pid(session)} --quiet").done(NOT_CONNECTED) == "", "it is starting"
    assert session.openvpn.request(CHANGE) == 0
    assert ask(f"status {pid(session)} --quiet").done() == ""


def test_status_of_a_stopped_service_says_how_to_start_it(installation: Installation, ask: Ask
                                                          ) -> None:
    installation.stop()
    failure = ask("status --json").failure(NO_SERVICE)
    assert failure["code"] == SERVICE_NOT_ACTIVE
    assert f'net start "{installation.service.name}"' in failure["advice"]
    assert ask("status work --quiet").process.wait() == NO_SERVICE


def test_watch_adds_a_line_for_each_change_and_ends_with_the_service(
        installation: Installation, ask: Ask, start_session: SessionMaker) -> None:
    watch = ask("status --watch --json")
    assert watch.wait_for_lines(1)[0]["sessions"] == []
    session = start_session()
    assert session.openvpn.request(CHANGE) == 0

    def has_route(lines: List[Json]) -> bool:
        return any(each["routes"] for each in lines[-1]["sessions"])

    lines = eventually(watch.lines, has_route)
    assert has_route(lines), lines
    assert all(before["sessions"] != after["sessions"] for before, after in zip(lines, lines[1:]))
    installation.stop()
    assert watch.failure(NO_SERVICE)["code"] == SERVICE_NOT_ACTIVE


# ---- disconnect ----

@pytest.mark.parametrize("verb", ["disconnect", "stop"])
def test_disconnect_ends_a_connection_and_returns_when_all_is_undone(
        installation: Installation, ask: Ask, start_session: SessionMaker, verb: str) -> None:
    session, other = start_session(), start_session()
    assert session.openvpn.request(CHANGE) == 0
    text = ask(f"{verb} {pid(session)}").done()
    assert not installation.differences()
    assert text.endswith(f" has ended (process {pid(session)}), and its settings are restored.\n")
    assert not session.process.is_alive()
    assert other.process.is_alive()


def test_disconnect_all_ends_the_callers_own(installation: Installation, ask: Ask,
                                             start_session: SessionMaker, bridge: Bridge) -> None:
    own = [start_session() for _ in range(3)]
    other = start_session(client_bridge=bridge)
    assert ask("disconnect --all --json").object() == {"schema": 1, "stopped": 3, "left": 0}
    assert not any(session.process.is_alive() for session in own)
    assert other.process.is_alive()
    assert ask("disconnect --all").done() == "There are no connections.\n"
    assert len(installation.control().sessions()) == 1


def test_the_connection_of_another_user_has_no_name_here(ask: Ask, start_session: SessionMaker,
                                                         bridge: Bridge) -> None:
    session = start_session(client_bridge=bridge)
    failure = ask(f"disconnect {pid(session)} --json").failure(NOT_CONNECTED)
    assert failure["code"] == NOT_FOUND
    assert "gatehouse status" in failure["advice"]
    assert session.process.is_alive()


def test_an_administrator_ends_the_connection_of_a_user(ask_as_administrator: Ask,
                                                        start_session: SessionMaker) -> None:
    session = start_session()
    ask_as_administrator(f"disconnect {pid(session)}").done()
    assert not session.process.is_alive()


def test_an_undo_that_takes_long_is_waited_for_if_that_is_wanted(
        installation: Installation, ask: Ask, start_session: SessionMaker) -> None:
    session = start_session()
    assert session.openvpn.request(CHANGE) == 0
    installation.fakes.fault("DeleteIpForwardEntry2", "block")
    waiting = ask(f"disconnect {pid(session)} --wait")
    failure = ask(f"disconnect {pid(session)} --json").failure(TIMED_OUT)
    assert f"still undoing: {pid(session)}" in failure["what"]
    assert waiting.process.is_alive(), waiting.text()
    installation.fakes.clear_faults()
    waiting.done()
    assert not installation.differences()


# ---- cleanup ----

def test_cleanup_is_for_administrators(ask: Ask) -> None:
    failure = ask("cleanup --json").failure(REFUSED)
    assert failure["code"] == ACCESS_DENIED
    assert "administrator" in failure["advice"]


def test_cleanup_of_nothing(ask_as_administrator: Ask) -> None:
    assert ask_as_administrator("cleanup").done() == (
        "0 changes of ended connections were undone, 0 are left.\n")


def test_cleanup_undoes_what_was_left_and_says_what_is_still_left(
        installation: Installation, ask_as_administrator: Ask, start_session: SessionMaker
        ) -> None:
    session = start_session()
    assert session.openvpn.request(CHANGE) == 0
    installation.fakes.fail("DeleteIpForwardEntry2", ACCESS_DENIED, times=1000)
    session.end()
    failing = ask_as_administrator("cleanup --json")
    assert failing.process.wait() == TROUBLE
    counts, error = failing.lines()
    assert (counts["undone"], counts["left"]) == (0, 1)
    assert "Event Viewer" in error["advice"]
    assert ask_as_administrator("status --json").object()["service"]["left"] == 1
    installation.fakes.clear_faults()
    undone = ask_as_administrator("cleanup --json").object()
    assert undone == {"schema": 1, "undone": 1, "left": 0}
    assert not installation.differences()


# ---- list ----

@pytest.fixture
def user_folder(runner: Runner, worker_name: str) -> Iterator[Path]:
    """A folder below the one in which OpenVPN-GUI keeps a user's files."""
    home = os.environ.get("USERPROFILE", rf"C:\users\{getpass.getuser()}")
    made = runner.host_path(rf"{home}\OpenVPN\config\{worker_name}")
    made.mkdir(parents=True, exist_ok=True)
    yield made
    for each in made.iterdir():
        each.unlink()
    made.rmdir()


def test_list_shows_the_users_files_before_the_services(
        installation: Installation, ask: Ask, user_folder: Path, worker_name: str) -> None:
    for name in ("b", "A"):
        (user_folder / f"{worker_name} {name}.OVPN").write_text("client\n")
    (user_folder / "notes.txt").write_text("client\n")
    path = installation.write_config("home.ovpn", "client\n")
    rows = [each for each in ask("list --json").object()["configs"]
            if each["name"].startswith(worker_name) or each["name"] == "home"]
    assert [(row["name"], row["folder"]) for row in rows] == [
        (f"{worker_name} A", "user"), (f"{worker_name} b", "user"), ("home", "service")]
    assert rows[2]["file"].lower() == path.lower()
    table = ask("list").done().splitlines()
    assert table[0].split() == ["NAME", "FOLDER", "CHECK", "FILE"]
    assert ["home", "service", "unneeded"] in [row.split()[:3] for row in table]


def test_list_says_what_the_check_would_say(
        installation: Installation, ask: Ask, user_folder: Path, worker_name: str) -> None:
    for name, text in (("good", "client\n"), ("bad", "client\nup x\n"), ("long", "#" * MEBIBYTE)):
        (user_folder / f"{worker_name} {name}.ovpn").write_text(text + "\n")
    installation.write_config("bad.ovpn", "up x\n")

    def checks() -> Dict[str, str]:
        rows = ask("list --json").object()["configs"]
        return {row["name"]: row["check"] for row in rows}

    said = checks()
    assert [said[f"{worker_name} {name}"] for name in ("good", "bad", "long")] == [
        "passed", "refused", "unreadable"]
    assert said["bad"] == "unneeded"
    installation.registry.set_text(installation.key, "option_policy", "strict")
    try:
        assert checks()["bad"] == "refused"
    finally:
        installation.registry.delete(installation.key, "option_policy")


@pytest.mark.parametrize("name", ["home", "HOME.ovpn"])
def test_connect_takes_a_name_of_the_list(installation: Installation, connect: Connect, name: str
                                          ) -> None:
    installation.write_config("home.ovpn", "client\n")
    client = connect(name)
    client.wait_for("CONNECTED")
    shown, = installation.control().sessions()
    assert shown["config"].endswith(r"\home.ovpn")


def test_a_path_is_no_name_of_the_list(installation: Installation, connect: Connect) -> None:
    installation.write_config("home.ovpn", "client\n")
    assert "There is no such file: " in connect(r".\home").failure(USAGE)["what"]


# ---- a client that leaves ----

def test_a_detached_connection_goes_on_and_is_ended_from_elsewhere(
        installation: Installation, connect: Connect, ask: Ask) -> None:
    installation.write_config("home.ovpn", "client\n")
    client = connect("home --detach")
    assert client.process.wait() == DONE
    assert client.states()[-2:] == ["CONNECTED", "DETACHED"]
    assert installation.differences()
    shown, = ask("status home --json").object()["sessions"]
    assert (shown["pid"], shown["state"]) == (client.lines()[-1]["process"], "connected")
    ask("disconnect home").done()
    assert not installation.differences()


def test_a_connection_ends_with_a_client_that_is_killed(installation: Installation,
                                                        connect: Connect) -> None:
    installation.write_config("home.ovpn", "client\n")
    client = connect("home")
    client.wait_for("CONNECTED")
    assert installation.differences()
    client.process.kill()
    assert not eventually(installation.differences, lambda left: not left)
    assert installation.control().sessions() == []


def test_a_connection_that_is_kept_outlives_its_client(installation: Installation,
                                                       connect: Connect, ask: Ask) -> None:
    installation.write_config("home.ovpn", "client\n")
    client = connect("home --keep")
    client.wait_for("CONNECTED")
    client.process.kill()
    client.process.wait()
    status = ask("status home --json").object()
    assert [each["state"] for each in status["sessions"]] == ["connected"]
    ask("disconnect --all").done()
    assert not installation.differences()


def test_a_client_of_a_session_that_was_ended_elsewhere_ends_in_order(
        installation: Installation, connect: Connect, ask: Ask) -> None:
    installation.write_config("home.ovpn", "client\n")
    client = connect("home")
    client.wait_for("CONNECTED")
    ask("disconnect home").done()
    assert client.process.wait() == DONE
    assert client.states()[-1] == "DISCONNECTED"


def test_what_does_not_end_with_its_client_is_a_warning(installation: Installation,
                                                        connect: Connect, ask: Ask) -> None:
    installation.write_config("home.ovpn", "client\n")
    installation.fakes.fail("ImpersonateNamedPipeClient", ACCESS_DENIED, nth=2)
    client = connect("home")
    client.wait_for("CONNECTED")
    warning = next(line for line in client.lines() if line["state"] == "WARNING")
    assert warning["code"] == ACCESS_DENIED
    assert warning["advice"]
    ask("disconnect --all").done()

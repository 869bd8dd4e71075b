# SPDX-License-Identifier: MIT
"""The DNS settings in the registry before, during and after sessions, as golden files."""
from __future__ import annotations

import re
from typing import Callable, Dict, Iterator, List

import pytest

from harness.bridge import Bridge
from harness.eventually import eventually
from harness.fakes import TAP_ALIAS, WINTUN_ALIAS, Population, RegistryDump
from harness.golden import check_golden, registry_changes, registry_text
from harness.installation import Installation
from harness.messages import Dialect, Message, name_servers, resolution
from harness.service import CONTROL_STOP, State
from harness.session import Session

SessionMaker = Callable[..., Session]
InstallationMaker = Callable[..., Installation]

pytestmark = pytest.mark.undo

POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows NT\DNSClient"
SERVICES = r"HKLM\SYSTEM\CurrentControlSet\Services"
RULES = rf"{SERVICES}\Dnscache\Parameters\DnsPolicyConfig"
TCPIP = rf"{SERVICES}\Tcpip\Parameters"

#: An odd number, which is never a process id.
DEAD = 4711

#: How Windows is notified, by the functions that do it.
NOTIFICATIONS = {"RtlPublishWnfStateData": "group policy", "ControlService": "DNS client"}


class Chronicle:
    """Records, stage by stage, how the registry differs from the beginning."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._names: Dict[int, str] = {}
        self._before = installation.fakes.registry()
        self._mark = installation.record.mark()
        self._text = ["== before ==\n" + self._beginning()]

    def name(self, process_id: int, name: str) -> None:
        """Replace a process id in key names by a name."""
        self._names[process_id] = name

    def add(self, title: str) -> None:
        """Add a stage: the notifications since the last one, and the differences."""
        notified = [NOTIFICATIONS[call["call"]]
                    for call in self._installation.record.calls(*NOTIFICATIONS, since=self._mark)]
        self._mark = self._installation.record.mark()
        changes = registry_changes(self._before, self._renamed(self._installation.fakes.registry()))
        self._text.append(f"\n== {title} ==\nnotified: {', '.join(notified) or 'nobody'}\n"
                          + (changes or "as before\n"))

    def check(self, name: str) -> None:
        """Compare with the golden file."""
        check_golden(f"dns/{name}.txt", "".join(self._text))

    def _beginning(self) -> str:
        """The relevant part of the first dump: everything else would be the same in every file."""
        self._before = self._renamed(self._before)
        wanted = {key: values for key, values in self._before.items()
                  if key.startswith((POLICY, RULES)) or key == TCPIP or key.endswith(
                      (r"Parameters\Interfaces\{5E1D0002-AB12-4CD3-8A07-060504030201}",
                       r"Parameters\Interfaces\{5E1D0009-AB12-4CD3-8A07-060504030201}"))}
        return registry_text(wanted)

    def _renamed(self, registry: RegistryDump) -> RegistryDump:
        def rename(match: "re.Match[str]") -> str:
            process_id = int(match[2])
            return match[1] + self._names.get(process_id, f"{process_id}")

        return {re.sub(r"(OpenVPNDNSRouting[^\\]*-)(\d+)$", rename, key): values
                for key, values in registry.items()}


@pytest.fixture
def chronicle(installation: Installation) -> Chronicle:
    """For the machine as it is populated by default."""
    return Chronicle(installation)


def ask(session: Session, *requests: Message, dialect: Dialect = Dialect.V2_7) -> None:
    """Send requests, which must all succeed."""
    assert [session.openvpn.request(each, dialect) for each in requests] == [0] * len(requests)


CATCH_ALL = resolution(TAP_ALIAS, "10.8.0.1", "fd00:8::1", search="corp.example,vpn.example")
SPLIT = resolution(TAP_ALIAS, "10.8.0.1", "10.8.0.2",
                   resolve=[".corp.example", ".lab.example"])
PLAIN = (name_servers(TAP_ALIAS, "10.8.0.1", "10.8.0.2"),
         name_servers(TAP_ALIAS, "fd00:8::1"),
         name_servers(TAP_ALIAS, domains="vpn.example,corp.example"))


# ---- one session ----

ADDITIONS: Dict[str, List[Message]] = {
    "name servers and domains": list(PLAIN),
    "catch-all": [CATCH_ALL],
    "catch-all without search domains": [resolution(TAP_ALIAS, "fd00:8::1")],
    "catch-all with dnssec": [resolution(TAP_ALIAS, "10.8.0.1", dnssec=True)],
    "split": [SPLIT],
    "split with search domains": [
        resolution(TAP_ALIAS, "10.8.0.1", resolve=[".corp.example"], search="corp.example")],
    "split of an adapter without settings": [
        resolution(WINTUN_ALIAS, "10.8.0.1", resolve=[".corp.example"], search="corp.example")],
    "another in its place": [CATCH_ALL, SPLIT],
}


@pytest.mark.parametrize("requests", ADDITIONS.values(), ids=ADDITIONS.keys())
def test_one_session(chronicle: Chronicle, start_session: SessionMaker,
                     request: pytest.FixtureRequest, requests: List[Message]) -> None:
    session = start_session()
    chronicle.name(session.process.id, "<session>")
    for number, message in enumerate(requests):
        ask(session, message)
        chronicle.add(f"request {number + 1}: {message.name}")
    session.end()
    chronicle.add("ended")
    chronicle.check(request.node.callspec.id.replace(" ", "-"))


@pytest.mark.parametrize("name, add, delete", [
    ("deleted-rules", [CATCH_ALL], [resolution(TAP_ALIAS, delete=True)]),
    ("deleted-name-servers", list(PLAIN), [
        name_servers(TAP_ALIAS, family=23, delete=True),
        name_servers(TAP_ALIAS, domains="vpn.example,corp.example", delete=True),
        name_servers(TAP_ALIAS, delete=True)]),
])
def test_deleted_by_the_session_itself(installation: Installation, chronicle: Chronicle,
                                       start_session: SessionMaker, name: str,
                                       add: List[Message], delete: List[Message]) -> None:
    session = start_session()
    chronicle.name(session.process.id, "<session>")
    ask(session, *add)
    chronicle.add("added")
    ask(session, *delete)
    chronicle.add("deleted")
    assert not installation.differences()
    session.end()
    chronicle.add("ended")
    chronicle.check(name)


def test_session_killed(installation: Installation, chronicle: Chronicle,
                        start_session: SessionMaker) -> None:
    session = start_session()
    chronicle.name(session.process.id, "<session>")
    ask(session, CATCH_ALL)
    chronicle.add("added")
    session.kill()
    chronicle.add("killed")
    assert not installation.differences()
    chronicle.check("session-killed")


def test_service_stopped(installation: Installation, chronicle: Chronicle,
                         start_session: SessionMaker) -> None:
    session = start_session()
    chronicle.name(session.process.id, "<session>")
    ask(session, *PLAIN, SPLIT)
    chronicle.add("added")
    installation.service.control(CONTROL_STOP)
    session.openvpn.exit()
    installation.service.wait(State.STOPPED)
    chronicle.add("service stopped")
    assert not installation.differences()
    chronicle.check("service-stopped")


def test_client_of_2_6(make_installation: InstallationMaker, start_session: SessionMaker) -> None:
    installation = make_installation(openvpn="2.6")
    installation.start()
    chronicle = Chronicle(installation)
    session = start_session(installation)
    ask(session, name_servers(TAP_ALIAS, "10.8.0.1", "10.8.0.2"),
        name_servers(TAP_ALIAS, "fd00:8::1"), dialect=Dialect.V2_6_6)
    chronicle.add("name servers added")
    ask(session, name_servers(TAP_ALIAS, domains="vpn.example"), dialect=Dialect.V2_6_6)
    chronicle.add("domain added")
    session.end()
    chronicle.add("ended")
    chronicle.check("client-of-2.6")


# ---- other machines ----

#: The machine's population, and the request of a session.
MACHINES: Dict[str, Population] = {
    "policy has rules": Population(policy_rules=True),
    "policy has a search list": Population(policy_search_list="gp.example"),
    "policy has both": Population(policy_search_list="gp.example", policy_rules=True,
                                  system_rules=True),
    "somebody has a local rule": Population(system_rules=True),
    "no search list": Population(system_search_list=""),
    "search list with odd tokens": Population(
        system_search_list="Corp.example,corp.example,, vpn.example ,example.net"),
}


@pytest.fixture
def machine(installation: Installation, request: pytest.FixtureRequest) -> Iterator[Installation]:
    """The installation, populated as the parameter says."""
    installation.populate(request.param)
    yield installation
    assert not installation.differences()
    installation.populate()


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES.keys(), indirect=True)
def test_machine(machine: Installation, start_session: SessionMaker,
                 request: pytest.FixtureRequest) -> None:
    chronicle = Chronicle(machine)
    session = start_session()
    chronicle.name(session.process.id, "<session>")
    ask(session, resolution(TAP_ALIAS, "10.8.0.1", resolve=[".corp.example"],
                            search="corp.example,vpn.example"))
    chronicle.add("added")
    session.end()
    chronicle.add("ended")
    chronicle.check(request.node.callspec.id.replace(" ", "-"))


# ---- two sessions ----

@pytest.mark.parametrize("first", [0, 1], ids=["older-ends-first", "newer-ends-first"])
def test_two_sessions_share_a_suffix(installation: Installation, chronicle: Chronicle,
                                     start_session: SessionMaker, first: int) -> None:
    sessions = [start_session(), start_session()]
    requests = [resolution(TAP_ALIAS, "10.8.0.1", search="corp.example,one.example"),
                resolution(WINTUN_ALIAS, "10.9.0.1", resolve=[".two.example"],
                           search="two.example,corp.example")]
    names = ["<older>", "<newer>"]
    for session, request, name in zip(sessions, requests, names):
        chronicle.name(session.process.id, name)
        ask(session, request)
        chronicle.add(f"{name} has come")
    for number in (first, 1 - first):
        sessions[number].end()
        chronicle.add(f"{names[number]} has gone")
    assert not installation.differences()
    chronicle.check(f"two-sessions-{'older' if first == 0 else 'newer'}-ends-first")


# ---- the start of a service ----

def restart(installation: Installation, population: Population) -> Chronicle:
    """Start the service on a machine where an earlier one has left changes."""
    if installation.is_running():
        installation.stop()
    installation.populate(population)
    chronicle = Chronicle(installation)
    installation.start()
    return chronicle


@pytest.fixture
def stale(installation: Installation) -> Iterator[Installation]:
    """The installation, for a machine that its service must clean up."""
    yield installation
    installation.populate()


LEFTOVERS: Dict[str, Population] = {
    "rules": Population(stale_rules=(DEAD, DEAD + 2)),
    "system search list": Population(stale_system_list=True),
    "everything": Population(stale_rules=(DEAD,), system_rules=True, stale_system_list=True),
    "everything in the policy": Population(
        stale_rules=(DEAD,), policy_rules=True, policy_search_list="gp.example",
        stale_policy_list=True),
}


@pytest.mark.parametrize("population", LEFTOVERS.values(), ids=LEFTOVERS.keys())
def test_leftovers_are_cleaned_at_the_start(stale: Installation, request: pytest.FixtureRequest,
                                            population: Population) -> None:
    chronicle = restart(stale, population)
    chronicle.add("started")
    chronicle.check("left-" + request.node.callspec.id.replace(" ", "-"))


def test_rules_of_another_program_with_our_process_id_are_cleaned(stale: Installation,
                                                                  bridge: Bridge) -> None:
    chronicle = restart(stale, Population(stale_rules=(bridge.process,)))
    chronicle.name(bridge.process, "<no openvpn.exe>")
    assert not [key for key in stale.fakes.registry() if "OpenVPNDNSRouting" in key]


def test_start_without_leftovers_notifies_once(installation: Installation) -> None:
    """The last process may have died after an undo and before it notified."""
    installation.stop()
    mark = installation.record.mark()
    installation.start()
    calls = [call["call"] for call in installation.record.calls(*NOTIFICATIONS, since=mark)]
    assert calls and len(calls) == len(set(calls))
    assert not installation.differences()


def test_search_list_that_another_program_has_changed_since_stays(stale: Installation) -> None:
    stale.stop()
    stale.populate(Population(stale_system_list=True))
    stale.fakes.set_value(TCPIP, "SearchList", "REG_SZ", "new.example")
    stale.start()
    values = stale.fakes.registry()[TCPIP]
    assert values["SearchList"]["data"] == "new.example"
    assert "InitialSearchList" not in values


# ---- services side by side ----

@pytest.fixture
def sibling(installation: Installation) -> Iterator[Installation]:
    """Another instance on the same machine, not started."""
    made = installation.sibling("b")
    yield made
    made.remove_sibling()


def test_start_of_another_instance_leaves_living_sessions_alone(
        installation: Installation, sibling: Installation, chronicle: Chronicle,
        start_session: SessionMaker) -> None:
    session = start_session()
    chronicle.name(session.process.id, "<session>")
    ask(session, CATCH_ALL)
    chronicle.add("added")
    sibling.start()
    chronicle.add("another instance has started")
    session.end()
    chronicle.add("ended")
    sibling.stop()
    chronicle.add("the other instance has stopped")
    assert not installation.differences()
    chronicle.check("another-instance-starts")


@pytest.mark.parametrize("first", [0, 1], ids=["older ends first", "newer ends first"])
def test_sessions_of_two_instances_share_a_search_list(
        installation: Installation, sibling: Installation, start_session: SessionMaker, first: int
        ) -> None:
    sibling.start()
    sessions = [start_session(), start_session(sibling)]
    own = ["one.example", "two.example"]
    for session, domain in zip(sessions, own):
        ask(session, name_servers(TAP_ALIAS, domains=f"shared.example,{domain}"))

    def search_list() -> List[str]:
        text: str = installation.fakes.registry()[TCPIP]["SearchList"]["data"]
        return text.split(",")

    sessions[first].end()
    assert sorted(search_list()) == sorted(
        ["corp.example", "example.net", "shared.example", own[1 - first]])
    sessions[1 - first].end()
    assert not installation.differences()


def test_another_instance_cleans_up_after_a_crashed_service(
        installation: Installation, sibling: Installation, start_session: SessionMaker) -> None:
    session = start_session()
    ask(session, resolution(TAP_ALIAS, "10.8.0.1", resolve=[".corp.example"]),
        name_servers(TAP_ALIAS, domains="vpn.example"))
    installation.crash()
    # Its job has ended openvpn.exe, too.
    assert not eventually(session.process.is_alive, lambda alive: not alive)
    sibling.start()
    changed = installation.fakes.registry()
    assert not [key for key in changed if "OpenVPNDNSRouting" in key]
    assert "vpn.example" in changed[TCPIP]["SearchList"]["data"]  # in the journal of the first one
    installation.start()
    assert not installation.differences()

# SPDX-License-Identifier: MIT
"""Each call to Windows that a message makes fails in turn: the client is told, no change is left
half-made, and the session stays usable."""
from __future__ import annotations

from collections import Counter
from typing import Callable, Dict, Iterator, List, Mapping, Set, Tuple

import pytest

from harness.fakes import TAP, WINTUN
from harness.installation import Installation
from harness.messages import Dialect, Interface, Message, address
from harness.session import Session
from protocol.support.change_cases import CASES, NEW, TAP_BOTH, WINTUN_NAME, Case, dns, mtu, on
from protocol.support.kill_switch import first_change

SessionMaker = Callable[..., Session]

#: The injected error; no handler treats it specially.
ERROR_WRITE_FAULT = 29

#: Calls that the message itself does not make.
NOT_ASKED = {
    "Commit",  # inside the model
    "ProgramStart",  # inside a program that runs: "netsh" and the like are its exit code
    "ReportEventW", "RegisterEventSourceW",  # the event log
    # the answer and the journal, which test_recovery_service.py tests
    "WriteFile", "FlushFileBuffers", "SetFilePointerEx",
    "FwpmEngineClose0",  # these cannot fail on an open handle, and close what has failed
}

#: A marker that tells other instances not to clean up the list when they start. Without it the
#: session still restores the list.
_MARK = {"OpenProcessToken": "list in use", "GetTokenInformation": "list in use"}

_METRIC = {"GetIpInterfaceEntry": "metric of IPv6", "SetIpInterfaceEntry": "metric of IPv6",
           "ConvertInterfaceLuidToGuid": "metric of IPv6"}

_UNBLOCK = {"FwpmFilterGetById0": "whether the block is still there", **_METRIC}

#: Calls whose failure is only logged, by kind of message ("" for all).
ONLY_LOGGED: Dict[str, Dict[str, str]] = {
    "": {
        # The DNS client reads its settings again at the latest at the next change of the network.
        "OpenSCManagerW": "telling the DNS client",
        "OpenServiceW": "telling the DNS client",
        "ControlService": "telling the DNS client",
    },
    # Where it puts back what was deleted, Windows tells of an address that no session has any more:
    # the network has changed, and a thread of its own looks at what that has left.
    "add_address": {"_beginthreadex": "looking at what a changed network has left"},
    # An interface may lack IPv6, and without the metric the filters still work. A block that cannot
    # be looked at counts as gone, and its handle is closed, with which it goes.
    "add_wfp_block": _METRIC, "delete_wfp_block": _UNBLOCK,
    "add_block_dns": _METRIC, "delete_block_dns": _UNBLOCK,
    # netsh fails when there is nothing to delete.
    "add_wins": {"netsh": "deleting what may not be there",
                 "CreateProcessW": "deleting what may not be there"},
    "delete_wins": {"netsh": "deleting what may not be there",
                    "CreateProcessW": "deleting what may not be there"},
    # Rules for other networks are optional: a network that can't be read gets none. A search list
    # that can't be read counts as not in use.
    "add_nrpt": {"RegOpenKeyExW": "other networks", "RegQueryValueExW": "other networks",
                 "RegEnumKeyExW": "other networks", "GetIfEntry2": "other networks",
                 "ConvertInterfaceGuidToLuid": "other networks", **_MARK},
    "add_dns": {"RegOpenKeyExW": "which search list", "RegQueryValueExW": "which search list",
                **_MARK},
    # A value beside a search list that is as before: the next start deletes it. If it is unknown
    # whether the value is needed, it stays only beside a changed list.
    "delete_dns": {"RegOpenKeyExW": "needless note", "RegQueryValueExW": "needless note", **_MARK},
    "delete_nrpt": {"RegOpenKeyExW": "needless note", "RegQueryValueExW": "needless note", **_MARK},
}

#: One case for each path through a handler.
CHOSEN: Tuple[Tuple[str, str], ...] = (
    ("add_address", "IPv4"), ("add_address", "by a name in other letters"),
    ("delete_address", "one that was there"),
    ("add_route", "IPv4"), ("add_route", "by a name in other letters"),
    ("delete_route", "one that was there"),
    ("add_dns", "servers and domains"), ("add_dns", "servers and suffix"),
    ("add_nrpt", "some domains"), ("add_nrpt", "search domains"), ("add_nrpt", "everything"),
    ("flush_neighbors", "family 2"), ("flush_neighbors", "family 23"),
    ("add_wfp_block", "flags 0x2"), ("add_block_dns", "2.6"),
    ("add_wins", "one server"),
)
BY_LABEL = {(case.message.name, case.label): case for case in CASES}


class Faults:
    """Makes calls fail for the messages of one session."""

    def __init__(self, installation: Installation, session: Session, dialect: Dialect) -> None:
        self._installation = installation
        self._session = session
        self._dialect = dialect
        self.wrong: List[str] = []
        #: Failures that were only logged.
        self.logged: Set[str] = set()

    def ask(self, message: Message) -> int:
        """Send it; the error of the acknowledgement."""
        return self._session.openvpn.request(message, self._dialect)

    def look_up_adapter(self, interface: Interface = TAP_BOTH) -> None:
        """Make the service look up the adapter, which it remembers."""
        assert self.ask(dns(interface=interface, delete=True)) == 0

    def make_tunnel(self, interface: int = TAP) -> None:
        """Make the adapter the session's tunnel for the kill switch, which is looked at once."""
        assert self.ask(first_change(interface)) == 0

    def finish(self) -> None:
        """End the session; the machine must be as before it."""
        self._session.openvpn.exit()
        self._session.client.wait_closed()
        assert not self._installation.differences()

    def count_calls(self, message: Message) -> Mapping[str, int]:
        """How often each function is called when no call fails."""
        before = Counter(self._installation.fakes.counters())
        assert self.ask(message) == 0
        made = Counter(self._installation.fakes.counters())
        made.subtract(before)
        return {call: count for call, count in made.items() if count and call not in NOT_ASKED}

    def ask_with_failure(self, message: Message, call: str, nth: int) -> int:
        """Send it while the nth call of a function fails."""
        fakes = self._installation.fakes
        before = fakes.counters().get(call, 0)
        fakes.fail(call, ERROR_WRITE_FAULT, nth=nth)
        answer = self.ask(message)
        fakes.clear_faults()
        if fakes.counters()[call] - before < nth:
            self.wrong.append(f"{message.name}: call {nth} of {call} never came")
        return answer

    def fail_each(self, message: Message, made: Mapping[str, int], *, once_more: bool,
                  back: Callable[[], None]) -> None:
        """Fail each call of `message` in turn. Then the machine must be as before, or after sending
        `once_more`. Where the failure is only logged, `back` restores the state before."""
        before = self._installation.differences()
        for call, nth in attempts(made):
            answer = self.ask_with_failure(message, call, nth)
            where = f"{message.name} without call {nth} of {call} answers {answer:#x}"
            if answer and once_more:
                assert self.ask(message) == 0, where
            if answer == 0:
                self.logged.add(call)
            if answer == 0 or once_more:
                back()
            left = set(self._installation.differences()) ^ set(before)
            assert not left, "\n".join([where, *left])


def attempts(made: Mapping[str, int]) -> Iterator[Tuple[str, int]]:
    """Each function, and which of its calls shall fail."""
    for call, count in made.items():
        for nth in range(1, count + 1):
            yield call, nth


def begin(case: Case, installation: Installation, older: Installation,
          start_session: SessionMaker) -> Faults:
    """A session of a release that sends the case."""
    if case.sent_by(NEW[0]):
        return Faults(installation, start_session(), NEW[0].dialect)
    older.populate()
    return Faults(older, start_session(older), Dialect.V2_6_6)


def only_logged(name: str) -> Set[str]:
    """Calls of this kind of message whose failure is not reported to the client."""
    return {*ONLY_LOGGED[""], *ONLY_LOGGED.get(name, {})}


@pytest.mark.parametrize("name", CHOSEN, ids=[f"{kind}, {label}" for kind, label in CHOSEN])
def test_each_call_that_fails(installation: Installation, older: Installation,
                              start_session: SessionMaker, name: Tuple[str, str]) -> None:
    case = BY_LABEL[name]
    message, end = case.message, case.end
    faults = begin(case, installation, older, start_session)
    is_other = WINTUN_NAME in vars(message).values()
    faults.look_up_adapter(WINTUN_NAME if is_other else TAP_BOTH)
    faults.make_tunnel(WINTUN if is_other else TAP)

    def take_back() -> None:
        assert end and faults.ask(end) == 0

    def again() -> None:
        assert faults.ask(message) == 0

    if not case.changes:
        faults.fail_each(message, faults.count_calls(message), once_more=False, back=lambda: None)
    elif end:
        made, ending = faults.count_calls(message), faults.count_calls(end)
        faults.fail_each(message, made, once_more=False, back=take_back)
        again()
        assert faults.logged <= only_logged(message.name)
        faults.logged.clear()
        faults.fail_each(end, ending, once_more=True, back=again)
        assert faults.logged <= only_logged(end.name)
        take_back()
    assert faults.logged <= only_logged((end or message).name)
    faults.finish()
    assert not faults.wrong, "\n".join(faults.wrong)


#: The look at what Windows has made of an MTU: if it fails, the MTU counts as set.
READ_BACK = ("GetIpInterfaceEntry", 2)


@pytest.mark.parametrize("message", [on("enable_dhcp"), mtu(1340)],
                         ids=["enable_dhcp", "set_mtu"])
def test_each_call_that_fails_of_what_lasts_as_long_as_the_session(
        installation: Installation, start_session: SessionMaker, message: Message) -> None:
    first = Faults(installation, start_session(), Dialect.V2_7)
    first.look_up_adapter()
    first.make_tunnel()
    made = first.count_calls(message)
    first.finish()
    faults = Faults(installation, start_session(), Dialect.V2_7)
    faults.look_up_adapter()
    faults.make_tunnel()
    kept = only_logged(message.name)
    for call, nth in attempts(made):
        answer = faults.ask_with_failure(message, call, nth)
        if answer == 0:
            assert call in kept or (call, nth) == READ_BACK, f"call {nth} of {call}"
            faults.finish()
            faults = Faults(installation, start_session(), Dialect.V2_7)
            faults.look_up_adapter()
            faults.make_tunnel()
        assert not installation.differences(), f"call {nth} of {call}"
    assert faults.ask(message) == 0
    faults.finish()
    assert not faults.wrong, "\n".join(faults.wrong)


@pytest.mark.parametrize("message", [address("10.8.0.10/24", TAP), dns("10.8.0.53"), mtu(1340)],
                         ids=["by index", "by name", "MTU"])
def test_adapter_that_cannot_be_looked_up_is_refused(
        installation: Installation, start_session: SessionMaker, message: Message) -> None:
    """Each call with which the service looks up an adapter, which it does only once."""
    first = Faults(installation, start_session(), Dialect.V2_7)
    made = Counter(first.count_calls(message))
    first.finish()
    second = Faults(installation, start_session(), Dialect.V2_7)
    second.look_up_adapter()
    made.subtract(second.count_calls(message))
    second.finish()
    faults = Faults(installation, start_session(), Dialect.V2_7)
    looked_up = {call: count for call, count in made.items() if count > 0}
    assert {"ConvertInterfaceLuidToGuid", "RegEnumKeyExW"} <= set(looked_up)
    looked_up["ConvertInterfaceAliasToLuid" if message.name == "add_dns"
              else "ConvertInterfaceIndexToLuid"] = 1
    for call, nth in attempts(looked_up):
        assert faults.ask_with_failure(message, call, nth) != 0, f"call {nth} of {call}"
        assert not installation.differences(), f"call {nth} of {call}"
    assert faults.ask(message) == 0
    faults.finish()
    assert not faults.wrong, "\n".join(faults.wrong)

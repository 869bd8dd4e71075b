# SPDX-License-Identifier: MIT
"""Each call of Windows that a message makes fails in turn: the client is told, nothing of what was
begun is left behind, and the session goes on."""
from __future__ import annotations

from collections import Counter
from typing import Callable, Dict, Iterator, List, Mapping, Set, Tuple

import pytest

from harness.fakes import TAP
from harness.installation import Installation
from harness.messages import Dialect, Interface, Message, address
from harness.session import Session
from protocol.support.change_cases import CASES, NEW, TAP_BOTH, WINTUN_NAME, Case, dns, mtu, on

SessionMaker = Callable[..., Session]

#: What Windows is made to answer; no handler has a meaning of its own for it.
ERROR_WRITE_FAULT = 29

#: Calls in the counters that are not what the message asks Windows for.
NOT_ASKED = {
    "Commit",  # within the model
    "ProgramStart",  # within a program that has started: "netsh" and the like are its exit code
    "ReportEventW", "RegisterEventSourceW",  # the event log
    # the answer, and the journal: test_recovery_service.py
    "WriteFile", "FlushFileBuffers", "SetFilePointerEx",
    "FwpmEngineClose0",  # cannot fail on a handle that is open; what has failed is closed by it
}

#: Tells instances of the service that start meanwhile not to clean up the list; there are seldom
#: any, and without it the list is still put back by the session.
_MARK = {"OpenProcessToken": "list in use", "GetTokenInformation": "list in use"}

_METRIC = {"GetIpInterfaceEntry": "metric of IPv6", "SetIpInterfaceEntry": "metric of IPv6",
           "ConvertInterfaceLuidToGuid": "metric of IPv6"}

#: Calls whose failure is written to the log and no more, by kind of message ("" for all).
ONLY_LOGGED: Dict[str, Dict[str, str]] = {
    "": {
        # The DNS client reads its settings again at the next change of the network at the latest.
        "OpenSCManagerW": "telling the DNS client",
        "OpenServiceW": "telling the DNS client",
        "ControlService": "telling the DNS client",
    },
    # An interface need not have IPv6, and without the metric the filters work all the same.
    "add_wfp_block": _METRIC, "delete_wfp_block": _METRIC,
    "add_block_dns": _METRIC, "delete_block_dns": _METRIC,
    # netsh fails when there is nothing to delete.
    "add_wins": {"netsh": "deleting what may not be there",
                 "CreateProcessW": "deleting what may not be there"},
    "delete_wins": {"netsh": "deleting what may not be there",
                    "CreateProcessW": "deleting what may not be there"},
    # The rules for other networks are a courtesy: one that can't be read has none. A search list
    # that can't be read is not in use.
    "add_nrpt": {"RegOpenKeyExW": "other networks", "RegQueryValueExW": "other networks",
                 "RegEnumKeyExW": "other networks", "GetIfEntry2": "other networks",
                 "ConvertInterfaceGuidToLuid": "other networks", **_MARK},
    "add_dns": {"RegOpenKeyExW": "which search list", "RegQueryValueExW": "which search list",
                **_MARK},
    # A note beside a search list that is as before: the next start deletes it. If it can't be told
    # whether anybody needs it, it stays only beside another list.
    "delete_dns": {"RegOpenKeyExW": "needless note", "RegQueryValueExW": "needless note", **_MARK},
    "delete_nrpt": {"RegOpenKeyExW": "needless note", "RegQueryValueExW": "needless note", **_MARK},
}

#: One of each way through a handler.
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
    """Lets calls of one session's messages fail."""

    def __init__(self, installation: Installation, session: Session, dialect: Dialect) -> None:
        self._installation = installation
        self._session = session
        self._dialect = dialect
        self.wrong: List[str] = []
        #: Logged and no more, as it came about.
        self.logged: Set[str] = set()

    def ask(self, message: Message) -> int:
        """The acknowledgement's error."""
        return self._session.openvpn.request(message, self._dialect)

    def know_adapter(self, interface: Interface = TAP_BOTH) -> None:
        """Have the service find out what the adapter is, which it remembers."""
        assert self.ask(dns(interface=interface, delete=True)) == 0

    def finish(self) -> None:
        """End the session; all is as before it."""
        self._session.openvpn.exit()
        self._session.client.wait_closed()
        assert not self._installation.differences()

    def calls_of(self, message: Message) -> Mapping[str, int]:
        """How often each function is called when all goes well."""
        before = Counter(self._installation.fakes.counters())
        assert self.ask(message) == 0
        made = Counter(self._installation.fakes.counters())
        made.subtract(before)
        return {call: count for call, count in made.items() if count and call not in NOT_ASKED}

    def ask_without(self, message: Message, call: str, nth: int) -> int:
        """Ask while the nth call of a function fails."""
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
        """Fail each call of `message` in turn. The machine is as before then, or after asking
        `once_more`. Where the failure is only logged, `back` makes it what it was before."""
        before = self._installation.differences()
        for call, nth in attempts(made):
            answer = self.ask_without(message, call, nth)
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
    """Calls of this kind of message whose failure is not told to the client."""
    return {*ONLY_LOGGED[""], *ONLY_LOGGED.get(name, {})}


@pytest.mark.parametrize("name", CHOSEN, ids=[f"{kind}, {label}" for kind, label in CHOSEN])
def test_each_call_that_fails(installation: Installation, older: Installation,
                              start_session: SessionMaker, name: Tuple[str, str]) -> None:
    case = BY_LABEL[name]
    message, end = case.message, case.end
    faults = begin(case, installation, older, start_session)
    faults.know_adapter(WINTUN_NAME if WINTUN_NAME in vars(message).values() else TAP_BOTH)

    def take_back() -> None:
        assert end and faults.ask(end) == 0

    def again() -> None:
        assert faults.ask(message) == 0

    if not case.changes:
        faults.fail_each(message, faults.calls_of(message), once_more=False, back=lambda: None)
    elif end:
        made, ending = faults.calls_of(message), faults.calls_of(end)
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


@pytest.mark.parametrize("message", [on("enable_dhcp"), mtu(1340)],
                         ids=["enable_dhcp", "set_mtu"])
def test_each_call_that_fails_of_what_lasts_as_long_as_the_session(
        installation: Installation, start_session: SessionMaker, message: Message) -> None:
    first = Faults(installation, start_session(), Dialect.V2_7)
    first.know_adapter()
    made = first.calls_of(message)
    first.finish()
    faults = Faults(installation, start_session(), Dialect.V2_7)
    faults.know_adapter()
    kept = only_logged(message.name)
    for call, nth in attempts(made):
        answer = faults.ask_without(message, call, nth)
        if answer == 0:
            assert call in kept, f"call {nth} of {call}"
            faults.finish()
            faults = Faults(installation, start_session(), Dialect.V2_7)
            faults.know_adapter()
        assert not installation.differences(), f"call {nth} of {call}"
    assert faults.ask(message) == 0
    faults.finish()
    assert not faults.wrong, "\n".join(faults.wrong)


@pytest.mark.parametrize("message", [address("10.8.0.10/24", TAP), dns("10.8.0.53"), mtu(1340)],
                         ids=["by index", "by name", "MTU"])
def test_adapter_that_cannot_be_looked_up_is_none(
        installation: Installation, start_session: SessionMaker, message: Message) -> None:
    """Each call by which the service finds out about an adapter, which it does but once."""
    first = Faults(installation, start_session(), Dialect.V2_7)
    made = Counter(first.calls_of(message))
    first.finish()
    second = Faults(installation, start_session(), Dialect.V2_7)
    second.know_adapter()
    made.subtract(second.calls_of(message))
    second.finish()
    faults = Faults(installation, start_session(), Dialect.V2_7)
    looked_up = {call: count for call, count in made.items() if count > 0}
    assert {"ConvertInterfaceLuidToGuid", "RegEnumKeyExW"} <= set(looked_up)
    looked_up["ConvertInterfaceAliasToLuid" if message.name == "add_dns"
              else "ConvertInterfaceIndexToLuid"] = 1
    for call, nth in attempts(looked_up):
        assert faults.ask_without(message, call, nth) != 0, f"call {nth} of {call}"
        assert not installation.differences(), f"call {nth} of {call}"
    assert faults.ask(message) == 0
    faults.finish()
    assert not faults.wrong, "\n".join(faults.wrong)

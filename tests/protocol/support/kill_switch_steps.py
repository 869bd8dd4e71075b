# SPDX-License-Identifier: MIT
"""The transitions of the kill switch, and what of them the filtering engine must have whenever the
service dies, the power fails and Windows starts again: what there was before, or what there is
afterwards, and never anything else. At the end it is stopped, and nothing is left."""
from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from harness.bridge import BridgeError
from harness.eventually import eventually
from harness.fakes import Json
from harness.messages import encode
from harness.openvpn import OpenvpnError
from protocol.support.change_cases import RELEASES
from protocol.support.crash_points import ACTIONS
from protocol.support.kill_switch import GATEWAYS, KillSwitch, first_change
from protocol.support.lifecycle import CONNECTION_LOST, Death, FragileSession, Lifecycle
from protocol.support.verdict_rows import rows_of_the_machine, wrong_verdicts

#: What plays openvpn.exe.
RELEASE = RELEASES[-1]

#: Gateways that no packet of the table goes to: the verdicts are those of a lockdown.
ELSEWHERE = ("192.0.2.1", "[2001:db8:ffff::1]:1194")

#: Columns of the table of verdicts by those that follow: a new process of the service has no
#: tunnel, a new start of Windows has no gateways either until the service runs. "T" is one tunnel.
WITHOUT_TUNNELS = {"T": "C", "T+": "C+"}
WITHOUT_GATEWAYS = {"C": "L", "T": "L", "C+": "L+", "T+": "L+"}

COMMIT = "FwpmTransactionCommit0"

#: What is called between the beginning and the end of a change only.
IN_A_CHANGE = ("FwpmFilterAdd0", "FwpmFilterDeleteByKey0", "FwpmProviderAdd0",
               "FwpmProviderDeleteByKey0", "FwpmSubLayerAdd0", "FwpmSubLayerDeleteByKey0")


class MoreOpen(AssertionError):
    """A packet has another verdict than the policy in force gives it."""


# ---- the machine ----

class Stage:
    """The machine of a trial, with one session at most."""

    #: By what the engine has: the packets with a wrong verdict. The same engine judges equally.
    _judged: Dict[Tuple[str, str], List[str]] = {}

    def __init__(self, lifecycle: Lifecycle) -> None:
        self.lifecycle = lifecycle
        self.installation = lifecycle.installation
        self.switch = KillSwitch(self.installation, lifecycle.bridge)
        self._session: Optional[FragileSession] = None

    def __enter__(self) -> "Stage":
        self.installation.service.set_automatic(True)
        return self

    def __exit__(self, *error: object) -> None:
        self.drop_session()
        self.installation.service.set_automatic(False)

    # -- what happens --

    def start(self, *words: str) -> None:
        """The kill switch."""
        self.switch.start(*words)

    def stop(self) -> None:
        """The kill switch."""
        self.switch.stop()

    def use_tunnel(self) -> None:
        """A session makes its first change of an adapter."""
        self._session = FragileSession(self.lifecycle)
        self._session.begin()
        self._session.openvpn.send(encode(first_change(), RELEASE.dialect))

    def end_session(self) -> None:
        """openvpn.exe ends, and the service has undone everything."""
        assert self._session
        self._session.end()

    def drop_session(self) -> None:
        """Close what is left of it."""
        if self._session:
            self._session.close()
        self._session = None

    def kill(self) -> None:
        """The service, if it lives."""
        self.lifecycle.kill()
        assert eventually(lambda: not self.installation.is_running(), bool)
        self.drop_session()

    def damage(self) -> None:
        """Somebody deletes a filter that lets something out."""
        self.installation.fakes.delete_filter(self.ours()[-1]["id"])

    def repair(self) -> None:
        """The service looks at it, as it does from time to time."""
        whole = len(self.ours()) + 1
        self.switch.look_again()
        assert eventually(lambda: self.lifecycle.has_died() or len(self.ours()) == whole, bool)

    # -- what there is --

    def ours(self) -> List[Json]:
        """The filters of the kill switch; the last one lets something out."""
        filters = [row for row in self.installation.fakes.firewall()["filters"]
                   if "kill switch" in row["name"]]
        return sorted(filters, key=lambda row: bool(row["action"] == "permit"))

    def engine(self) -> str:
        """All that the filtering engine has, but for what differs each time."""
        engine = self.installation.fakes.firewall()
        for row in engine["filters"]:
            del row["id"]
        for row in engine["providers"]:
            row["data"] = _without_time(row["data"])
        parts: Dict[str, Any] = {kind: sorted(json.dumps(row) for row in engine[kind])
                                 for kind in ("filters", "providers", "sublayers")}
        return json.dumps({**parts, "phase": engine["phase"]})

    def check(self, column: str, may_be_less: bool = False) -> None:
        """The packets have these verdicts; or, with less, no packet passes that should not."""
        at = self.engine(), column
        if at not in self._judged:
            self._judged[at] = wrong_verdicts(self.installation, column, ("TUN",),
                                              rows_of_the_machine())
        wrong = [line for line in self._judged[at]
                 if not may_be_less or "'action': 'permit'" in line]
        if wrong:
            raise MoreOpen("\n".join([f"not as in {column}:", *wrong]))


def _without_time(data: str) -> str:
    """A policy's record without the time of its start: bytes 7 to 14."""
    return data[:14] + data[30:] if data.startswith("474b5301") else data


# ---- transitions ----

@dataclass(frozen=True)
class Transition:
    """From one column of the table of verdicts to another."""

    name: str
    before: str
    after: str
    prepare: Callable[[Stage], None]
    act: Callable[[Stage], None]
    #: Less than that passes before it.
    is_damaged: bool = False
    #: The column that the next process of the service makes of `before`; "": that without tunnels.
    next_start: str = ""

    def __str__(self) -> str:
        return self.name

    def __reduce__(self) -> Tuple[Callable[[str], "Transition"], Tuple[str]]:
        """Goes to another process by its name."""
        return transition_named, (self.name,)


def transition_named(name: str) -> Transition:
    """One of the table."""
    found, = [each for each in TRANSITIONS if each.name == name]
    return found


def nothing(_: Stage) -> None:
    """The machine as it is."""


def starts(*words: str) -> Callable[[Stage], None]:
    """Starts the kill switch."""
    return lambda stage: stage.start(*words)


def _connect(*words: str) -> Callable[[Stage], None]:
    def prepare(stage: Stage) -> None:
        stage.start(*words)
        stage.use_tunnel()
    return prepare


def _crash(stage: Stage) -> None:
    _connect(*GATEWAYS)(stage)
    stage.kill()


def _restart_windows(stage: Stage) -> None:
    _connect("allow-lan", *GATEWAYS)(stage)
    stage.lifecycle.reboot()
    stage.drop_session()


def _damage(stage: Stage) -> None:
    stage.start(*GATEWAYS)
    stage.damage()


def _start_service(stage: Stage) -> None:
    stage.lifecycle.start_once()


TRANSITIONS: Tuple[Transition, ...] = (
    Transition("off to lockdown", "off", "L", nothing, starts("lockdown")),
    Transition("off to connecting", "off", "C", nothing, starts(*GATEWAYS)),
    Transition("connecting to connected", "C", "T", starts(*GATEWAYS), Stage.use_tunnel),
    Transition("connected to connecting", "T", "C", _connect(*GATEWAYS), Stage.end_session),
    Transition("other gateways", "C", "L", starts(*GATEWAYS), starts(*ELSEWHERE)),
    Transition("with the LAN", "C", "C+", starts(*GATEWAYS), starts("allow-lan", *GATEWAYS)),
    Transition("without the LAN", "T+", "T", _connect("allow-lan", *GATEWAYS), starts(*GATEWAYS)),
    Transition("connected to lockdown", "T", "L", _connect(*GATEWAYS), starts("lockdown")),
    Transition("stop", "T", "off", _connect(*GATEWAYS), Stage.stop),
    Transition("start of the service", "T", "C", _crash, _start_service),
    Transition("start of Windows", "L+", "C+", _restart_windows, _start_service, next_start="C+"),
    Transition("repair", "C", "C", _damage, Stage.repair, is_damaged=True),
)


# ---- points ----

@dataclass(frozen=True)
class KillSwitchPoint:
    """The service dies at a call of a transition; or the machine does, whose power fails."""

    transition: Transition
    death: Death
    power_fails: bool

    def __str__(self) -> str:
        what = ", power fails" if self.power_fails else ""
        return f"kill switch {self.transition}: {self.death}{what}"


def kill_switch_points(transition: Transition, calls: Dict[str, int]) -> Iterator[KillSwitchPoint]:
    """The service dies before and after the effect of each of these calls, and the power fails
    before each; after the one that makes the change, too."""
    for call, count in calls.items():
        for nth in range(1, count + 1):
            for action in ACTIONS:
                death = Death(call, nth, action)
                yield KillSwitchPoint(transition, death, False)
                if action == "die" or call == COMMIT:
                    yield KillSwitchPoint(transition, death, True)


@dataclass(frozen=True)
class Play:
    """A transition that nothing interrupts: the calls to the filtering platform, and what the
    engine has afterwards."""

    calls: Dict[str, int]
    end: str


#: By folder and transition.
_plays: Dict[Tuple[str, str], Play] = {}


def _play_of(lifecycle: Lifecycle, transition: Transition) -> Play:
    key = lifecycle.installation.folder, transition.name
    if key not in _plays:
        _plays[key] = _play_whole(lifecycle, transition)
    return _plays[key]


def count_transition(lifecycle: Lifecycle, transition: Transition) -> Dict[str, int]:
    """Its calls to the filtering platform."""
    return _play_of(lifecycle, transition).calls


def _play_whole(lifecycle: Lifecycle, transition: Transition) -> Play:
    with lifecycle.trial(), Stage(lifecycle) as stage:
        transition.prepare(stage)
        stage.check(transition.before, transition.is_damaged)
        before = lifecycle.stable_calls()
        transition.act(stage)
        after = lifecycle.stable_calls()
        stage.check(transition.after)
        end = stage.engine()
        stage.drop_session()
        stage.stop()
    calls = {call: count - before.get(call, 0) for call, count in sorted(after.items())
             if call.startswith("Fwpm")}
    return Play({call: count for call, count in calls.items() if count}, end)


def _try_to_act(stage: Stage, transition: Transition) -> None:
    try:
        transition.act(stage)
    except (BridgeError, OpenvpnError) as error:
        if error.code not in CONNECTION_LOST or not eventually(stage.lifecycle.has_died, bool, 2):
            raise


def _decide(point: KillSwitchPoint, before: str, end: str, found: str) -> bool:
    """Whether the transition has happened. Raises AssertionError if that is not as it must be."""
    death = point.death
    assert found in (before, end), f"neither what there was nor what was to be: {found}"
    has_happened = found == end
    if death.call == COMMIT and before != end:
        assert has_happened == (death.action == "die_after"), found
    assert not (has_happened and death.call in IN_A_CHANGE), found
    return has_happened


def _start_windows(stage: Stage, column: str, is_damaged: bool) -> None:
    """The machine loses its power, and Windows starts step by step, without the service."""
    stage.lifecycle.reboot(bfe=False)
    if column == "off":
        assert not stage.ours()
    else:
        stage.check("bt")
    stage.installation.fakes.start_bfe()
    stage.check(WITHOUT_GATEWAYS.get(column, column), is_damaged)


def _die(stage: Stage, point: KillSwitchPoint) -> bool:
    """The service dies at the point, or afterwards. Returns whether it has reached it."""
    stage.lifecycle.inject(point.death)
    _try_to_act(stage, point.transition)
    is_reached = bool(stage.lifecycle.wait_deaths(1))
    stage.installation.fakes.clear_faults()
    stage.kill()
    return is_reached


def try_kill_switch_point(lifecycle: Lifecycle, point: KillSwitchPoint) -> bool:
    """Die there, start again, stop the kill switch, and check the engine after each of these.
    Returns whether the point was reached. Raises AssertionError."""
    transition = point.transition
    end = _play_of(lifecycle, transition).end
    with lifecycle.trial(), Stage(lifecycle) as stage:
        at_first = stage.switch.objects()
        transition.prepare(stage)
        before = stage.engine()
        is_reached = _die(stage, point)
        found = stage.engine()
        has_happened = _decide(point, before, end, found) if is_reached else found == end
        is_damaged = transition.is_damaged and not has_happened
        column = transition.after if has_happened else transition.before
        stage.check(column, is_damaged)
        if point.power_fails:
            _start_windows(stage, column, is_damaged)
        lifecycle.restart()
        restarted = WITHOUT_TUNNELS.get(column, column)
        stage.check(restarted if has_happened else transition.next_start or restarted)
        stage.stop()
        assert stage.switch.objects() == at_first
    return is_reached

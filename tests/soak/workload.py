# SPDX-License-Identifier: MIT
"""What happens to the two services of a soak.

The first one lives as long as the soak: whatever a session leaves in its process adds up. The
second one dies again and again: what it leaves on the machine adds up. Each has a machine of its
own."""
from __future__ import annotations

import os
import shutil
from collections import Counter
from typing import Callable, List, Optional, Tuple

from harness import process
from harness.bridge import Bridge, BridgeError
from harness.client import Client, startup
from harness.eventually import HANG, eventually
from harness.fakes import ADMINISTRATOR, PLAIN_USER
from harness.installation import OPENVPN_PROGRAMS, Installation, Options
from harness.openvpn import OpenvpnError
from harness.runner import Runner, build_folder
from protocol.support.change_cases import RELEASES, Release
from protocol.support.chaos import (ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY, Choices, Player,
                                    make_event, play, scenario_of)
from protocol.support.lifecycle import (CONNECTION_LOST, FragileSession, Lifecycle, LifecyclePool,
                                        NotRestored, Refused)
from protocol.support.scripts import SCRIPTS

#: A control that the hooks deliver as Windows' own.
SEND_RESUME = 200

#: Functions that fail while sessions start.
STARTING = ("ImpersonateNamedPipeClient", "OpenProcessToken", "GetTokenInformation",
            "CreateProcessAsUserW", "CreateFileW")

#: Start-up data that is refused.
REFUSED_DATA = (b"\0", b"\0\0" * 3, b"x" * 9000, startup("C:\\nowhere", "--verb 3"),
                startup("C:\\", "--up evil"), startup("C:\\", '--config "no such.ovpn"'))

#: One round of so many has this.
SCRIPTED, HAS_FAULTS_AT_START, HAS_A_CLIENT_THAT_DIES, HAS_A_RESUME = 4, 6, 8, 5


def _exit(session: FragileSession) -> None:
    session.openvpn.exit(0)


def _die(session: FragileSession) -> None:
    session.openvpn.die(1)


def _leave(session: FragileSession) -> None:
    session.disconnect()


#: How sessions end, and what is counted.
ENDS: Tuple[Tuple[str, Callable[[FragileSession], None]], ...] = (
    ("openvpn.exe ended", _exit), ("openvpn.exe died", _die), ("client left", _leave))


class Lasting:
    """A service that nothing ends. `counts` says what has happened to it."""

    def __init__(self, runner: Runner, bridge: Bridge, user_bridge: Bridge, name: str,
                 seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self.sessions = 0
        self.bridge = bridge
        self._runner = runner
        self._seed = seed
        self._release = RELEASES[-1]
        self.installation = Installation(runner, bridge, name,
                                         Options(openvpn=self._release.program))
        self._lifecycle = Lifecycle(self.installation, bridge, user_bridge)

    def prepare(self) -> None:
        """Install and start it. Only its events are recorded."""
        self._lifecycle.prepare()
        self.installation.fakes.recording("service")
        self.installation.fakes.personas(PLAIN_USER)

    @property
    def process(self) -> int:
        """The service's process id."""
        return self._lifecycle.process

    def destroy(self) -> None:
        """Remove it."""
        self.installation.destroy()

    def round(self) -> None:
        """A few sessions at once, and whatever else; at the end the machine is as before. Raises
        NotRestored or another AssertionError."""
        choices = Choices(self._seed)
        self._seed += 1
        script = choices.of(SCRIPTS)
        if choices.one_in(SCRIPTED):
            self._use(script.release)
            answers = self._lifecycle.play(script, FragileSession.end)
            assert len(answers) == len(script.messages), f"{script.name} was interrupted"
            self.sessions += 1
        else:
            self._use(choices.of(RELEASES[-2:]))
            self._random_sessions(choices)
        self._refused_clients(choices)
        self._come_to_rest()

    def _use(self, release: Release) -> None:
        """Replace openvpn.exe, as an update does."""
        if release != self._release:
            program = self.installation.host_folder / "bin" / "openvpn.exe"
            fresh = program.with_suffix(".new")
            shutil.copy2(build_folder() / "fakes" / OPENVPN_PROGRAMS[release.program], fresh)
            os.replace(fresh, program)
            self._release = release

    def _random_sessions(self, choices: Choices) -> None:
        doomed = (self._runner.bridge(restricted=True)
                  if choices.one_in(HAS_A_CLIENT_THAT_DIES) else None)
        player = Player(self._lifecycle)
        try:
            self._open(choices, player, doomed)
            self._events(choices, player)
            if doomed:
                process.kill(self.bridge, doomed.process)
                self.counts["client died"] += 1
            for number in range(len(player.sessions)):
                self._end(choices, player, number)
        finally:
            player.close()
            self.installation.fakes.clear_faults()
            if doomed:
                self._runner.end_bridge(doomed)

    def _open(self, choices: Choices, player: Player, doomed: Optional[Bridge]) -> None:
        has_faults = choices.one_in(HAS_FAULTS_AT_START)
        if has_faults:
            self.installation.fakes.fail(
                choices.of(STARTING), choices.of((ERROR_ACCESS_DENIED, ERROR_NOT_ENOUGH_MEMORY)),
                nth=choices.number(1, 3))
        for number in range(choices.number(1, 4)):
            session = FragileSession(self._lifecycle, number, doomed)
            try:
                session.begin()
            except (BridgeError, Refused):
                session.close()
                if not has_faults:
                    raise
                self.counts["start failed"] += 1
            else:
                player.sessions.append(session)
                self.sessions += 1
        self.installation.fakes.clear_faults()

    def _events(self, choices: Choices, player: Player) -> None:
        if not player.sessions:
            return
        for _ in range(choices.number(0, 16)):
            player.play(make_event(choices, self._release, len(player.sessions), kills=False))
        if choices.one_in(HAS_A_RESUME):
            self.installation.service.control(SEND_RESUME)
            self.counts["resume"] += 1

    def _end(self, choices: Choices, player: Player, number: int) -> None:
        session = player.sessions[number]
        if session:
            name, end = choices.of(ENDS)
            self.counts[name] += 1
            try:
                end(session)
            except (BridgeError, OpenvpnError) as error:
                if error.code not in CONNECTION_LOST:
                    raise
            player.end(number)

    def _refused_clients(self, choices: Choices) -> None:
        """Clients that come to nothing: most say something wrong, some leave without a word."""
        for _ in range(choices.number(0, 2)):
            client = Client(self._lifecycle.client_bridge, self.installation.pipe_name)
            if not choices.one_in(4):
                client.send(choices.of(REFUSED_DATA))
                client.read()
            client.close()
            self.counts["client refused"] += 1

    def _clean_up(self) -> None:
        """As an administrator, which nobody else is here."""
        self.installation.fakes.personas(PLAIN_USER, ADMINISTRATOR.of(self.bridge.process))
        control = self.installation.control(self.bridge)
        control.ask("cleanup")
        control.close()
        self.installation.fakes.personas(PLAIN_USER)

    def _come_to_rest(self) -> None:
        """What a fault has prevented from being undone is tried again now, not in a minute."""
        def is_at_rest() -> bool:
            try:
                self._lifecycle.check()
            except NotRestored:
                self._clean_up()
                return False
            return True

        eventually(is_at_rest, bool, HANG, 1.0)
        self._lifecycle.check()


class Dying:
    """A service that dies of faults and is killed, again and again, at any call."""

    def __init__(self, runner: Runner, bridge: Bridge, user_bridge: Bridge, name: str,
                 seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self.sessions = 0
        self._seed = seed
        self._pool = LifecyclePool(runner, bridge, user_bridge, name)

    def prepare(self) -> None:
        """Install and start it, once for each release of openvpn.exe."""
        for program in {release.program for release in RELEASES[-2:]}:
            self._pool.get(program)

    @property
    def installations(self) -> List[Installation]:
        """One for each release of openvpn.exe."""
        return self._pool.installations

    def destroy(self) -> None:
        """Remove them."""
        self._pool.destroy()

    def round(self) -> None:
        """One scenario of ci/sweep. Raises AssertionError, which names the seed."""
        seed = self._seed
        self._seed += 1
        scenario = scenario_of(seed)
        try:
            play(self._pool.get(scenario.release.program), scenario)
        except Exception as error:
            raise AssertionError(
                f"ci/sweep --only overlaps --seed {seed} --seeds 1\n{scenario}\n{error}") from error
        finally:
            self.sessions += sum(run.sessions for run in scenario.runs)
            self.counts["service died"] += len(scenario.runs)
            self.counts["Windows restarted"] += sum(run.reboots for run in scenario.runs)

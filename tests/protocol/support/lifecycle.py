# SPDX-License-Identifier: MIT
"""Starts, kills and restarts the service on one installation. The service may die at any call to
Windows; after the last restart the machine and the files of the installation must be as they were
at first."""
from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Callable, Dict, FrozenSet, Iterator, List, Optional

from harness import process
from harness.bridge import WAIT_TIMEOUT, Bridge, BridgeEnded, BridgeError
from harness.client import CLOSED, Client, Reply
from harness.eventually import HANG, eventually
from harness.fakes import Action, Json
from harness.installation import Installation, Options
from harness.openvpn import Openvpn, OpenvpnError
from harness.runner import Runner
from protocol.support.journal_file import Journal
from protocol.support.journal_reader import open_entries
from protocol.support.scripts import Script

ERROR_FILE_NOT_FOUND = 2

#: Error codes that a client or openvpn.exe gets from a service that has died or dies meanwhile.
CONNECTION_LOST = (*CLOSED, ERROR_FILE_NOT_FOUND)

#: The table of deaths has room for 64: it is emptied when it holds more than this.
_MOST_DEATHS = 40


class NotRestored(AssertionError):
    """A change is left after everything should have been undone."""


class Refused(AssertionError):
    """The service has refused to start a session."""


@dataclass(frozen=True)
class Death:
    """The service dies before or after the effect of a call: the nth from now."""

    call: str
    nth: int
    action: Action

    def __str__(self) -> str:
        return f"{self.call} {self.nth} {self.action}"


class FragileSession:
    """A client and an openvpn.exe whose service may die at any moment."""

    def __init__(self, lifecycle: Lifecycle, number: int = 0,
                 client_bridge: Optional[Bridge] = None) -> None:
        self.lifecycle = lifecycle
        self._client_bridge = client_bridge or lifecycle.client_bridge
        self.openvpn = Openvpn(lifecycle.bridge)
        self._client: Optional[Client] = None
        self._number = number
        self._is_over = lifecycle.has_died

    def begin(self, is_over: Optional[Callable[[], bool]] = None) -> None:
        """Start openvpn.exe and wait until it listens. Raises BridgeError when the service dies or,
        with `is_over`, when that says so: openvpn.exe may never come."""
        self._is_over = is_over or self._is_over
        installation = self.lifecycle.installation
        path = installation.write_config(f"session{self._number}.ovpn", self.openvpn.config())
        reply = self.ask_for_start(path)
        if reply.code in process.WINE_FAILED:
            self.disconnect()
            reply = self.ask_for_start(path)
        if reply.code:
            raise Refused(f"expected a start; came a refusal: {reply.line}")
        self._accept()

    def connect(self) -> Client:
        """The client, connected."""
        self._client = Client(self._client_bridge, self.lifecycle.installation.pipe_name)
        return self._client

    def ask_for_start(self, path: str) -> Reply:
        """Ask for an openvpn.exe with this config."""
        installation = self.lifecycle.installation
        event = self.openvpn.pipe_name.rsplit("\\", 1)[1]
        return self.connect().start(rf"{installation.folder}\config",
                                    f'--config "{path}" --service {event} 0')

    def _accept(self) -> None:
        """Wait for openvpn.exe, unless the session is over."""
        deadline = time.monotonic() + HANG
        while True:
            try:
                return self.openvpn.accept(0.2)
            except BridgeError as error:
                if error.code != WAIT_TIMEOUT or time.monotonic() > deadline:
                    raise
            if self._is_over():
                raise BridgeError(CLOSED[0], "ConnectNamedPipe", "accept")

    def try_send(self, data: bytes) -> bool:
        """Send a message and read the answer; False when the session or the service has ended."""
        try:
            self.openvpn.send(data)
        except (BridgeError, OpenvpnError) as error:
            if error.code not in CONNECTION_LOST:
                raise
            return False
        return True

    def end(self) -> None:
        """openvpn.exe ends; wait until the service closes the client's pipe."""
        assert self._client is not None
        self.openvpn.exit(0)
        self._client.wait_closed()

    def stop(self) -> None:
        """Somebody ends it by `stop` of the control pipe; the same wait follows."""
        assert self._client is not None
        control = self.lifecycle.installation.control(self._client_bridge)
        try:
            assert control.ask("stop", "all").code == 0
        finally:
            control.close()
        self._client.wait_closed()

    def close(self) -> None:
        """Close both ends."""
        self.openvpn.close()
        self.disconnect()

    def disconnect(self) -> None:
        """Close the client's end."""
        if self._client:
            with suppress(BridgeEnded):  # the client's process has been killed
                self._client.close()


class Lifecycle:
    """The service of an installation, started again after each death."""

    def __init__(self, installation: Installation, bridge: Bridge, client_bridge: Bridge) -> None:
        self.installation = installation
        self.bridge = bridge
        self.client_bridge = client_bridge
        self._process = 0
        self._is_killed = False
        self._earlier_deaths = 0
        self._files: FrozenSet[str] = frozenset()

    @property
    def process(self) -> int:
        """The service's process id."""
        return self._process

    def prepare(self) -> None:
        """Install everything and start the service for the first time."""
        self.installation.create()
        self._populate()
        self._earlier_deaths = 0
        self.restart()
        self._files = self._list_files()

    def _populate(self) -> None:
        self.installation.populate()
        self.installation.fakes.recording()

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Within it processes may die; afterwards everything must be as before. Raises NotRestored.
        After any failure everything is installed anew for the next trial."""
        fakes = self.installation.fakes
        try:
            self._earlier_deaths = len(fakes.deaths())
            if self._earlier_deaths > _MOST_DEATHS:
                self._populate()
                self._earlier_deaths = 0
            yield
            fakes.clear_faults()
            if not self.is_alive():
                self.restart()
            self.check()
        except Exception:
            self.prepare()
            raise

    # ---- deaths ----

    def inject(self, death: Death) -> None:
        """Let a process die at this call, counted from now."""
        self.installation.fakes.fault(death.call, death.action, nth=death.nth)

    def is_alive(self) -> bool:
        """Whether neither a fault nor kill() has ended the service since it was started."""
        return not self._is_killed and not self.has_died()

    def has_died(self) -> bool:
        """Whether a fault has ended the service. Programs that it has started may die instead."""
        return any(death["pid"] == self._process for death in self._deaths())

    def wait_deaths(self, count: int) -> List[str]:
        """The calls at which faults have ended processes in this trial. Waits a moment for threads
        in the background to reach their faults, until there are `count`."""
        dead = eventually(self._deaths, lambda rows: len(rows) >= count, 0.3)
        return [death["call"] for death in dead]

    def _deaths(self) -> List[Json]:
        return self.installation.fakes.deaths()[self._earlier_deaths:]

    def kill(self) -> None:
        """End the process, as Task Manager would; does nothing when it has died."""
        if self.is_alive():
            self._is_killed = True
            process.kill_if_there(self.bridge, self._process)

    def restart(self) -> None:
        """Start it until it runs. By then it has undone what its last process had left."""
        status = self.installation.start()
        self._process = status.process
        self._is_killed = False

    def start_once(self) -> None:
        """Start it; it may die at its start, and stays dead then."""
        status = self.installation.start_once()
        self._process = status.process
        self._is_killed = not status.is_alive

    def reboot(self, bfe: bool = True) -> None:
        """The machine loses its power and is started again; the service is not."""
        self._is_killed = True
        self.installation.reboot(bfe)

    def restart_if_program_died(self) -> None:
        """Restart once more if a program died instead of the service: that undo has failed, and the
        service retries it at its next start."""
        if self.is_alive() and self._deaths():
            self.installation.stop()
            self.restart()

    # ---- sessions ----

    def play(self, script: Script, end: Callable[[FragileSession], None]) -> List[bytes]:
        """Run a session, which ends by `end`. Returns the answers, or none when the service died
        meanwhile."""
        talk = FragileSession(self)
        try:
            talk.begin()
            answers = talk.openvpn.batch(script.data()).answers
            end(talk)
            return list(answers)
        except (BridgeError, OpenvpnError) as error:
            if error.code not in CONNECTION_LOST or not eventually(self.has_died, bool, 2):
                raise
            return []
        finally:
            talk.close()

    def stable_calls(self) -> Dict[str, int]:
        """The call counters, once they no longer change."""
        seen: List[Dict[str, int]] = [{}, {}]

        def ask() -> bool:
            seen[:] = [seen[1], self.installation.calls()]
            return seen[0] == seen[1]

        eventually(ask, bool)
        return seen[1]

    # ---- the check at the end ----

    def check(self) -> None:
        """Check that everything is as before. Raises NotRestored."""
        left = self.installation.differences()
        left += [f"running: {row}" for row in
                 eventually(self.installation.strangers, lambda rows: not rows)]
        files = self._list_files()
        left += [f"file {name}: {'new' if name in files else 'gone'}"
                 for name in sorted(files ^ self._files)]
        journal = Journal(self.installation).path.read_bytes()
        left += [f"journal: {entry}" for entry in open_entries(journal)
                 if entry.outlives_restart or entry.boot == self._boot()]
        if left:
            raise NotRestored("\n".join([*left, *self._circumstances()]))

    def _circumstances(self) -> List[str]:
        """Details for a failure report that would be gone soon."""
        return [f"service: process {self._process}, {'alive' if self.is_alive() else 'dead'}",
                f"deaths: {self._deaths()}",
                f"filtering sessions: {self.installation.fakes.firewall()['sessions']}",
                f"processes: {self.installation.processes()}"]

    def _list_files(self) -> FrozenSet[str]:
        root = self.installation.host_folder
        names = (str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
        return frozenset(name for name in names if not name.startswith(("config/", "record.")))

    def _boot(self) -> int:
        """The number that the journal gives to the current boot of Windows."""
        key = (rf"{self.installation.volatile_store}\SOFTWARE\Gatehouse\Boot"
               rf"\{self.installation.service.name}")
        number = self.installation.registry.get(key, "Identity")
        assert isinstance(number, int)
        return number


class LifecyclePool:
    """One prepared lifecycle for each program that plays openvpn.exe, and one more with each that
    takes profiles of users; made at its first use."""

    def __init__(self, runner: Runner, bridge: Bridge, client_bridge: Bridge, name: str) -> None:
        self._runner = runner
        self._bridge = bridge
        self._client_bridge = client_bridge
        self._name = name
        self._lifecycles: Dict[str, Lifecycle] = {}

    def get(self, program: str, takes_profiles: bool = False) -> Lifecycle:
        """The lifecycle on the installation with this openvpn.exe."""
        name = f"{self._name}{program.replace('.', '')}{'p' if takes_profiles else ''}"
        if name not in self._lifecycles:
            options = Options(openvpn=program, settings=(("user_profiles", "checked"),)
                              if takes_profiles else ())
            installation = Installation(self._runner, self._bridge, name, options)
            made = Lifecycle(installation, self._bridge, self._client_bridge)
            made.prepare()
            self._lifecycles[name] = made
        return self._lifecycles[name]

    @property
    def installations(self) -> List[Installation]:
        """Those made so far."""
        return [lifecycle.installation for lifecycle in self._lifecycles.values()]

    def destroy(self) -> None:
        """Remove the installations."""
        for lifecycle in self._lifecycles.values():
            lifecycle.installation.destroy()

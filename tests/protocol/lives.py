# SPDX-License-Identifier: MIT
"""Lives of the service on one installation: each begins with a start, may die at any call to
Windows, and is followed by the next. After the last one the machine must be as before, and the
files, too."""
from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Dict, FrozenSet, Iterator, List, Optional

from harness import process
from harness.bridge import WAIT_TIMEOUT, Bridge, BridgeError
from harness.client import CLOSED, Client, Reply
from harness.eventually import eventually
from harness.fakes import Action, Json
from harness.installation import Installation
from harness.openvpn import Openvpn, OpenvpnError
from protocol.journal import Journal
from protocol.journal_entries import open_entries
from protocol.scripts import Script

ERROR_FILE_NOT_FOUND = 2

#: What somebody sees who talks to a service that dies meanwhile, or has died.
LOST = (*CLOSED, ERROR_FILE_NOT_FOUND)

#: Then the table of the dead is emptied, which has room for 64.
_MOST_DEAD = 40


class NotAsBefore(AssertionError):
    """Something is left when all has been put back."""


@dataclass(frozen=True)
class Death:
    """Before or after the effect of a call: the nth from now."""

    call: str
    nth: int
    action: Action

    def __str__(self) -> str:
        return f"{self.call} {self.nth} {self.action}"


class Talk:
    """A client and an openvpn.exe, either of which may find that the service has gone."""

    def __init__(self, lives: Lives, number: int = 0) -> None:
        self._lives = lives
        self.openvpn = Openvpn(lives.bridge)
        self._client: Optional[Client] = None
        self._number = number

    def begin(self) -> None:
        """Until openvpn.exe listens. Raises BridgeError when the service dies."""
        installation = self._lives.installation
        path = installation.write_config(f"life{self._number}.ovpn", self.openvpn.config())
        reply = self._ask_for_start(path)
        if reply.code in process.WINE_FAILED:
            self.leave()
            reply = self._ask_for_start(path)
        if reply.code:
            raise AssertionError(f"the service refused: {reply}")
        self._accept()

    def _ask_for_start(self, path: str) -> Reply:
        installation = self._lives.installation
        self._client = Client(self._lives.client_bridge, installation.pipe_name)
        return self._client.start(rf"{installation.folder}\config", f'--config "{path}"')

    def _accept(self) -> None:
        """An openvpn.exe that has been ended before it came to anything comes never."""
        while True:
            try:
                return self.openvpn.accept(0.2)
            except BridgeError as error:
                if error.code != WAIT_TIMEOUT:
                    raise
            if self._lives.has_died():
                raise BridgeError(CLOSED[0], "ConnectNamedPipe", "accept")

    def try_say(self, data: bytes) -> bool:
        """Send a message and read the answer; False when the session, or the service, has gone."""
        try:
            self.openvpn.send(data)
        except (BridgeError, OpenvpnError) as error:
            if error.code not in LOST:
                raise
            return False
        return True

    def end(self) -> None:
        """openvpn.exe ends, and the service says goodbye."""
        assert self._client is not None
        self.openvpn.exit(0)
        self._client.wait_closed()

    def close(self) -> None:
        """Let go of both ends."""
        self.openvpn.close()
        self.leave()

    def leave(self) -> None:
        """Let go of the client's end."""
        if self._client:
            self._client.close()


class Lives:
    """The service on an installation, again and again."""

    def __init__(self, installation: Installation, bridge: Bridge, client_bridge: Bridge) -> None:
        self.installation = installation
        self.bridge = bridge
        self.client_bridge = client_bridge
        self._process = 0
        self._is_killed = False
        self._dead_before = 0
        self._files: FrozenSet[str] = frozenset()

    def prepare(self) -> None:
        """Lay everything out; the service runs for the first time."""
        self.installation.create()
        self._populate()
        self._dead_before = 0
        self.revive()
        self._files = self._list_files()

    def _populate(self) -> None:
        self.installation.populate()
        self.installation.fakes.recording()

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Within it somebody may die; afterwards everything must be as before. Raises NotAsBefore.
        After whatever failure, everything is laid out anew for the next trial."""
        fakes = self.installation.fakes
        try:
            self._dead_before = len(fakes.deaths())
            if self._dead_before > _MOST_DEAD:
                self._populate()
                self._dead_before = 0
            yield
            fakes.clear_faults()
            if not self.is_alive():
                self.revive()
            self.check()
        except Exception:
            self.prepare()
            raise

    # ---- dying ----

    def expect(self, death: Death) -> None:
        """From now on."""
        self.installation.fakes.fault(death.call, death.action, nth=death.nth)

    def is_alive(self) -> bool:
        """Neither a fault nor we have ended it since it was started."""
        return not self._is_killed and not self.has_died()

    def has_died(self) -> bool:
        """By a fault. Programs that it has started may die in its stead."""
        return any(death["pid"] == self._process for death in self._dead())

    def wait_dead(self, count: int) -> List[str]:
        """At which calls processes have died of faults in this trial. Gives what still goes on in
        the background a moment to come to so many."""
        dead = eventually(self._dead, lambda rows: len(rows) >= count, 0.3)
        return [death["call"] for death in dead]

    def _dead(self) -> List[Json]:
        return self.installation.fakes.deaths()[self._dead_before:]

    def kill(self) -> None:
        """As an administrator's task manager would; harmless when it has died."""
        if self.is_alive():
            self._is_killed = True
            process.kill_if_there(self.bridge, self._process)

    def revive(self) -> None:
        """Start it until it runs. Whatever was left has been put back by then."""
        status = self.installation.start()
        self._process = status.process
        self._is_killed = False

    def revive_again(self) -> None:
        """Where a program died in the stead of the service, what it was to put back has failed, and
        is kept for the next start."""
        if self.is_alive() and self._dead():
            self.installation.stop()
            self.revive()

    # ---- living ----

    def play(self, script: Script, *, ends: bool) -> List[bytes]:
        """A session, to its end or until everything has been asked for; the answers, or none when
        the service died of it."""
        talk = Talk(self)
        try:
            talk.begin()
            answers = talk.openvpn.batch(script.data()).answers
            if ends:
                talk.end()
            else:
                self.kill()
            return list(answers)
        except (BridgeError, OpenvpnError) as error:
            if error.code not in LOST or not eventually(self.has_died, bool, 2):
                raise
            return []
        finally:
            talk.close()

    def settled_calls(self) -> Dict[str, int]:
        """The counters, when nothing happens any more."""
        seen: List[Dict[str, int]] = [{}, {}]

        def ask() -> bool:
            seen[:] = [seen[1], self.installation.calls()]
            return seen[0] == seen[1]

        eventually(ask, bool)
        return seen[1]

    # ---- and afterwards ----

    def check(self) -> None:
        """That everything is as before. Raises NotAsBefore."""
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
            raise NotAsBefore("\n".join([*left, *self._circumstances()]))

    def _circumstances(self) -> List[str]:
        """What tells why something is left, of what is soon gone."""
        return [f"service: process {self._process}, {'alive' if self.is_alive() else 'dead'}",
                f"deaths: {self._dead()}",
                f"filtering sessions: {self.installation.fakes.firewall()['sessions']}",
                f"processes: {self.installation.processes()}"]

    def _list_files(self) -> FrozenSet[str]:
        root = self.installation.host_folder
        names = (str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
        return frozenset(name for name in names if not name.startswith(("config/", "record.")))

    def _boot(self) -> int:
        """What the journal calls the time since Windows was started."""
        key = (rf"{self.installation.volatile_store}\SOFTWARE\Gatehouse\Boot"
               rf"\{self.installation.service.name}")
        number = self.installation.registry.get(key, "Identity")
        assert isinstance(number, int)
        return number

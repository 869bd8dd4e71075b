# SPDX-License-Identifier: MIT
"""A user's connection from start-up to crash, shown line by line from the calls that the fake
system DLLs recorded.

Runs the release binaries: the service, the client as an ordinary user, and a scripted openvpn.exe
that dies in the middle; then clients that are killed or leave, and a profile of the user's own. At
last the kill switch: what may be sent in each of its states. Exit code 0 only if the machine ends
as it was before."""
from __future__ import annotations

import json
import math
import sys
import textwrap
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Sequence

from harness.bridge import Bridge
from harness.eventually import eventually
from harness.fakes import ETHERNET, PLAIN_USER, TAP
from harness.installation import Installation, Options
from harness.process import Process
from harness.runner import make_runner
from harness.sentences import Sentences, of_route
from harness.service import State
from harness.traffic import Tour, table

CONFIG = """client
remote vpn.example.net 1194 udp
# The scripted openvpn.exe dies without cleaning up, so many seconds after it has connected.
setenv GATEHOUSE_DIES_AFTER 1
"""

HOME = """client
remote vpn.example.net 1194 udp
"""

#: What a provider hands out, and what somebody has put into it.
OWN = """# my provider's
client
remote vpn.example.net 1194 udp
user nobody
"""
EVIL = OWN + """up C:\\\\Users\\\\alice\\\\evil.exe
"""

#: The group of those who sit at the computer.
INTERACTIVE = "S-1-5-4"


#: A route that is read, and neither again nor deleted, is left alone.
FOUND, DELETED = "GetIpForwardEntry2", "DeleteIpForwardEntry2"


class Story:
    """Prints lines with the seconds since the start."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def show(self, who: str, what: str, at: Optional[float] = None) -> None:
        """Print a line; `at` is its time on the monotonic clock, now by default."""
        moment = time.monotonic() if at is None else at
        for number, part in enumerate(textwrap.wrap(what, 96, break_on_hyphens=False)):
            indent = f"{moment - self.began:7.3f} s  {who:<8}" if number == 0 else 20 * " "
            print(f"{indent} {part}", flush=True)

    @staticmethod
    def quote(text: str) -> None:
        """Print what a program has printed."""
        for line in text.splitlines():
            print(f"{20 * ' '} {line}", flush=True)

    @staticmethod
    def print_lines(lines: Sequence[str]) -> None:
        """Print what has no time."""
        print(*lines, sep="\n", flush=True)

    def chapter(self, title: str) -> None:
        """Print a heading."""
        print(f"\n{title}", flush=True)


@dataclass(frozen=True)
class Line:
    """One event of the story."""

    at: float
    who: str
    what: str


class Narrator:
    """Prints new calls of the record and new states of the client in chronological order."""

    def __init__(self, story: Story, installation: Installation) -> None:
        self._story = story
        self._installation = installation
        self._sentences = Sentences({row["guid"]: row["alias"]
                                     for row in installation.fakes.dump()["interfaces"]})
        self._calls = 0
        # The offset of its clock to ours: an event happened at the latest when we saw it.
        self._behind = math.inf
        self.listen_to("client")

    def listen_to(self, client: str) -> None:
        """From now on `states` are those of the client with this output."""
        self._output = self._installation.host_folder / "log" / f"{client}.jsonl"
        self._lines = 0
        self._client_began = math.inf
        self.states: List[str] = []

    def catch_up(self, at_rest: bool = True) -> None:
        """Print what is new. Unless the service is `at_rest`, what it has done last may wait."""
        for line in sorted(self._new_calls(at_rest) + self._new_states(), key=lambda row: row.at):
            self._story.show(line.who, line.what, line.at)

    def _new_calls(self, at_rest: bool) -> List[Line]:
        calls = self._installation.record.calls(since=self._calls)
        # What comes next tells why a route was read.
        while calls and not at_rest and calls[-1]["call"] == FOUND:
            calls = calls[:-1]
        if calls:
            self._behind = min(self._behind, time.monotonic() - calls[-1]["t"] / 1e6)
        self._calls += len(calls)
        lines = []
        for number, call in enumerate(calls):
            what = self._sentences.of(call)
            if call["call"] == FOUND and not call["result"]:
                later = [each for each in calls[number + 1:] if each["call"] in (FOUND, DELETED)]
                if of_route(call) not in map(of_route, later):
                    what = f"= {of_route(call)}: was there already, stays"
            if what:
                lines.append(Line(self._behind + call["t"] / 1e6, "service", what))
        return lines

    def _new_states(self) -> List[Line]:
        if not self._output.exists():
            return []
        text = self._output.read_text(encoding="utf-8")
        whole = text[:text.rfind("\n") + 1].splitlines()
        reported = [json.loads(line) for line in whole if line.startswith("{")][self._lines:]
        self._lines += len(reported)
        if reported:
            began = time.monotonic() - reported[-1]["time"]
            self._client_began = min(self._client_began, began)
        self.states += [line["state"] for line in reported]
        return [Line(self._client_began + line["time"], "client", self._of_state(line))
                for line in reported]

    @staticmethod
    def _of_state(line: Dict[str, Any]) -> str:
        more = line.get("what") or line.get("address") or ""
        return f"{line['state']} {more}".rstrip()


def begin(installation: Installation, user: Bridge, arguments: str, output: str) -> Process:
    """gatehouse.exe, in the process tree of an ordinary user."""
    program, folder = installation.add_program("gatehouse.exe"), installation.folder
    return Process.start(
        user, rf'"{program}" {arguments} --instance {installation.instance}',
        output=rf"{folder}\log\{output}")


def connect(installation: Installation, user: Bridge, config: str, client: str) -> Process:
    """gatehouse.exe connect, which writes what it does to the output of `client`."""
    return begin(installation, user,
                 rf'connect {config} --json --log "{installation.folder}\log\demo.log"',
                 f"{client}.jsonl")


def ask(story: Story, installation: Installation, user: Bridge, arguments: str) -> bool:
    """Show what gatehouse.exe says; whether it ends with 0."""
    story.show("user", f"gatehouse {arguments}")
    asking = begin(installation, user, arguments, "asked.txt")
    exit_code: Optional[int] = asking.wait()
    asking.close()
    story.quote((installation.host_folder / "log" / "asked.txt").read_text(encoding="utf-8"))
    return exit_code == 0


def counted(model: Dict[str, Any]) -> str:
    """The machine's tables in words."""
    return ", ".join(f"{len(rows)} {kind}" for kind, rows in sorted(model.items())
                     if isinstance(rows, list))


def play(story: Story, installation: Installation, user: Bridge) -> bool:
    """Play the whole connection; whether the machine ended as it was."""
    story.chapter("The machine, before")
    model = installation.fakes.dump()
    story.show("machine", counted(model))

    story.chapter("The service starts, as LocalSystem")
    narrator = Narrator(story, installation)
    status = installation.start()
    narrator.catch_up()
    story.show("service", f"process {status.process} listens on {installation.pipe_name}")

    story.chapter("A user without administrator rights connects")
    installation.fakes.personas(PLAIN_USER)
    config = installation.write_config("work.ovpn", CONFIG)
    story.show("user", f"{PLAIN_USER.name}: gatehouse connect {config}")
    client = connect(installation, user, f'"{config}"', "client")
    follow(narrator, lambda: "CONNECTED" in narrator.states or not client.is_alive())

    ask_who_answers(story, installation)
    changes = installation.differences()
    story.show("machine", f"{len(changes)} differences to before")

    story.chapter("openvpn.exe dies without cleaning up")
    follow(narrator, lambda: not client.is_alive())
    exit_code: Optional[int] = client.wait()
    story.show("client", f"ended with exit code {exit_code}")

    went_well = play_leaving(story, installation, user, narrator)
    went_well &= play_own_profile(story, installation, user, narrator)

    story.chapter("The service stops")
    stopped = installation.stop()
    narrator.catch_up()
    story.show("service", f"{State(stopped.state).name.lower()}, exit code {stopped.exit_code}")

    story.chapter("The machine, after")
    left = installation.differences()
    for line in left:
        story.show("machine", f"DIFFERS: {line}")
    story.show("machine", counted(installation.fakes.dump()))
    return went_well and not left


def play_leaving(story: Story, installation: Installation, user: Bridge, narrator: Narrator
                 ) -> bool:
    """Clients that leave before their connections end; whether all went as it should."""
    went_well = "CONNECTED" in narrator.states

    story.chapter("The user connects again, and the client is killed")
    installation.write_config("home.ovpn", HOME)
    narrator.listen_to("killed")
    client = connect(installation, user, "home", "killed")
    follow(narrator, lambda: "CONNECTED" in narrator.states or not client.is_alive())
    went_well &= ask(story, installation, user, "status")
    client.kill()
    client.close()
    story.show("client", "is killed")
    follow(narrator, lambda: not installation.differences())

    story.chapter("A connection that needs no client, ended from elsewhere")
    narrator.listen_to("detached")
    client = connect(installation, user, "home --detach", "detached")
    follow(narrator, lambda: not client.is_alive())
    went_well &= client.wait() == 0 and narrator.states[-1] == "DETACHED"
    client.close()
    went_well &= ask(story, installation, user, "disconnect home")
    narrator.catch_up()
    return went_well and not installation.differences()


def play_own_profile(story: Story, installation: Installation, user: Bridge, narrator: Narrator
                     ) -> bool:
    """A profile that is not in the config folder, and one that is refused; whether all went as it
    should."""
    story.chapter("The user connects with a profile of their own, which the service has checked")
    installation.fakes.personas(PLAIN_USER.with_group(INTERACTIVE))
    narrator.listen_to("own")
    files = {name: rf"{installation.folder}\log\{name}" for name in ("own.ovpn", "evil.ovpn")}
    for name, text in (("own.ovpn", OWN), ("evil.ovpn", EVIL)):
        (installation.host_folder / "log" / name).write_text(text, encoding="ascii")
    client = connect(installation, user, f'"{files["own.ovpn"]}" --detach', "own")
    follow(narrator, lambda: not client.is_alive())
    went_well = client.wait() == 0 and narrator.states[-1] == "DETACHED"
    client.close()
    store = installation.host_folder / "ProgramData" / "Gatehouse"
    for copy in store.glob("*.profiles/*.ovpn"):
        story.show("service", "has had openvpn.exe read this, with the same line numbers:")
        story.quote(copy.read_text(encoding="ascii"))
    went_well &= ask(story, installation, user, "disconnect own")
    narrator.catch_up()
    went_well &= not any(store.glob("*.profiles/*.ovpn"))

    story.chapter("... and with one that would run a program")
    narrator.listen_to("evil")
    client = connect(installation, user, f'"{files["evil.ovpn"]}"', "evil")
    follow(narrator, lambda: not client.is_alive())
    went_well &= client.wait() != 0
    client.close()
    went_well &= not ask(story, installation, user, f'check "{files["evil.ovpn"]}"')
    return went_well and not installation.differences()


def play_kill_switch(story: Story, installation: Installation, administrator: Bridge, user: Bridge
                     ) -> bool:
    """Show what may be sent in each state of the kill switch; whether the machine ended as it
    was."""
    story.chapter("The kill switch: who may send what, by the filters that are there")
    before = installation.fakes.firewall()
    story.print_lines(table(Tour(installation, administrator, user).columns()))
    story.print_lines((
        "(yes): the filters would let it into a tunnel, but no openvpn.exe runs.",
        "openvpn.exe and the service are killed while connected. Windows restarted: no service of "
        "ours runs."))
    installation.stop()
    after = installation.fakes.firewall()
    left = [f"{kind} {row}" for kind in ("filters", "providers", "sublayers")
            for row in after[kind] if row not in before[kind]]
    left += installation.differences()
    for line in left:
        story.show("machine", f"DIFFERS: {line}")
    return not left


def ask_who_answers(story: Story, installation: Installation) -> None:
    """Show where a browser's queries may go."""
    for words, interface, server in (("the wired network", ETHERNET, "192.168.1.1"),
                                     ("the tunnel", TAP, "10.8.0.1")):
        verdict = installation.fakes.verdict(interface, server, remote_port=53,
                                             program=r"C:\Program Files\Browser\browser.exe")
        story.show("machine", f"a browser's DNS query through {words}: {verdict['action']}")


def follow(narrator: Narrator, done: Callable[[], bool]) -> None:
    """Print events as they happen, until `done`; HANG seconds at most."""
    def step() -> bool:
        narrator.catch_up(at_rest=False)
        return done()

    eventually(step, bool, longest_pause=0.01)
    narrator.catch_up()


def play_once() -> int:
    """Play the demonstration once; the exit code."""
    print("Gatehouse: a connection through the release binaries, over fake system DLLs", flush=True)
    runner = make_runner()
    runner.start()
    try:
        administrator = runner.bridge()
        user = runner.bridge(restricted=True)
        installation = Installation(runner, administrator, runner.claim_name("demo"),
                                    Options(settings=(("user_profiles", "checked"),)))
        installation.create()
        installation.populate()
        try:
            story = Story()
            same = play(story, installation, user)
            same &= play_kill_switch(story, installation, administrator, user)
        finally:
            installation.destroy()
    finally:
        runner.stop()
    print("\nThe machine is as it was before, field by field." if same
          else "\nThe machine is NOT as it was before.")
    return 0 if same else 1


def main() -> int:
    """The same; Ctrl-C ends it in an orderly way."""
    try:
        return play_once()
    except KeyboardInterrupt:
        print("ci/demo: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())

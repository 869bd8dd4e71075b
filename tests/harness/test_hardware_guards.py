# SPDX-License-Identifier: MIT
"""What keeps tests/hardware from harming a machine, over stubs that answer as Windows does: tasks
that undo what was changed, and snapshots."""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence, Tuple

import pytest

from hardware.support import block as blocks
from hardware.support import powershell, snapshot, watchdog
from hardware.support.block import Block
from hardware.support.watchdog import LastResort, Task
from harness.control import ControlReply

Answer = Callable[[str], str]


class Programs:
    """Windows' programs: what was run, oldest first, and what they print."""

    def __init__(self) -> None:
        self.ran: List[str] = []
        self.answers: List[Tuple[str, Answer]] = []

    def run(self, command: Sequence[str], seconds: float = powershell.PATIENCE) -> str:
        """As powershell.run()."""
        line = " ".join(command)
        self.ran.append(line)
        for part, answer in self.answers:
            if part in line:
                return answer(line)
        return ""

    def answer(self, part: str, answer: Answer) -> None:
        """What a command with this in it prints."""
        self.answers.append((part, answer))


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    """In place of those of Windows."""
    made = Programs()
    monkeypatch.setattr(powershell, "run", made.run)
    return made


class Clock:
    """The time, which tests set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """In place of the monotonic one of support/."""
    made = Clock()

    class Time:
        """The module, as far as it is used."""

        monotonic = staticmethod(made)

    for module in (watchdog, blocks):
        monkeypatch.setattr(module, "time", Time)
    return made


def fail(_: str) -> str:
    """What a program does that fails."""
    raise powershell.CommandFailed("exit code 1")


# ---- PowerShell ----

def program_that(folder: Path, name: str, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of that name is found first."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\nimport sys\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_a_script_gets_utf_8_and_stops_at_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch
                                                 ) -> None:
    program_that(tmp_path, "powershell.exe", "print(sys.argv[-1])", monkeypatch)
    said = powershell.do("Get-It")
    assert "$ErrorActionPreference = 'Stop'" in said and "Text.Encoding]::UTF8" in said
    assert said.endswith("; Get-It\n")


@pytest.mark.parametrize("printed, rows", [
    ("[]", []), ('[{"Name":"\u00e9"}]', [{"Name": "\u00e9"}]), ("", [])])
def test_a_pipeline_gives_rows(printed: str, rows: List[Dict[str, str]], tmp_path: Path,
                               monkeypatch: pytest.MonkeyPatch) -> None:
    program_that(tmp_path, "powershell.exe",
                 f"sys.stdout.buffer.write({printed.encode()!r})", monkeypatch)
    assert powershell.ask("Get-It") == rows


def test_what_a_failed_program_says_is_in_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch
                                                    ) -> None:
    program_that(tmp_path, "netsh.exe", "sys.stderr.write('no such thing'); sys.exit(3)",
                 monkeypatch)
    with pytest.raises(powershell.CommandFailed, match="exit code 3\nno such thing"):
        powershell.run(["netsh.exe", "wfp"])


def test_a_quote_ends_no_literal() -> None:
    assert powershell.quoted("it's") == "'it''s'"


# ---- tasks ----

def test_a_task_is_run_by_system_in_time(programs: Programs) -> None:
    Task("It's", "c:\\p.exe", "-x").arm(20)
    asked, = programs.ran
    assert "-User SYSTEM -RunLevel Highest" in asked
    assert "-Execute 'c:\\p.exe' -Argument '-x'" in asked
    assert "(Get-Date).AddSeconds(20)" in asked
    assert "-TaskName 'It''s'" in asked
    assert "-ne 'Ready') { throw" in asked


@pytest.fixture
def guard(programs: Programs, clock: Clock, tmp_path: Path) -> LastResort:
    """One that is armed."""
    service = tmp_path / "service.exe"
    service.write_bytes(b"MZ")
    made = LastResort(tmp_path / "guard")
    made.arm(service)
    programs.ran.clear()
    return made


def test_the_last_resort_needs_its_folder_alone(guard: LastResort) -> None:
    assert sorted(path.name for path in guard.folder.iterdir()) == [
        "gatehouse-service.exe", "instances.txt", "undo.ps1"]


def test_it_is_put_off_once_a_minute(guard: LastResort, programs: Programs, clock: Clock) -> None:
    for second in range(0, 3 * watchdog.PAUSE + 1, 5):
        clock.now = 1000.0 + second
        guard.live()
    assert len(programs.ran) == 3
    assert all(f"AddSeconds({watchdog.PATIENCE})" in line for line in programs.ran)
    assert f"-File {guard.folder}/undo.ps1" in programs.ran[0]


def test_nothing_is_tested_without_it(programs: Programs, tmp_path: Path) -> None:
    programs.answer("Register-ScheduledTask", fail)
    service = tmp_path / "service.exe"
    service.write_bytes(b"MZ")
    with pytest.raises(powershell.CommandFailed):
        LastResort(tmp_path / "guard").arm(service)


def test_it_knows_the_instances(guard: LastResort) -> None:
    guard.know("$ghx1")
    guard.know("$ghpx1")
    assert (guard.folder / "instances.txt").read_text(encoding="ascii") == "$ghx1\n$ghpx1\n"


def test_what_it_has_done_is_told(guard: LastResort) -> None:
    guard.log.write_text("\ufeffhas run\ndone: rules\n", encoding="utf-8")
    assert guard.disarm() == ["has run", "done: rules"]
    assert not guard.folder.exists()


def test_one_that_has_not_run_has_done_nothing(guard: LastResort, programs: Programs) -> None:
    assert guard.disarm() == []
    assert "Unregister-ScheduledTask" in programs.ran[0]


# ---- blocks ----

class FakeRelease:
    """What a block uses of a release: its control pipe writes down what it is asked."""

    name, instance, program = "ghx1", "$ghx1", Path("service.exe")

    def __init__(self, programs: Programs) -> None:
        self.programs = programs

    def control(self, _: object) -> "FakeRelease":
        """A client of the control pipe."""
        return self

    def ask(self, *words: str, seconds: float) -> ControlReply:
        """As Control.ask()."""
        self.programs.ran.append(" ".join(words))
        return ControlReply(0, "", ({"firewall": "off"},), b"")

    def close(self) -> None:
        """Of the client."""


@pytest.fixture
def block(programs: Programs, clock: Clock) -> Block:
    """Of a release that blocks nothing."""
    release: Any = FakeRelease(programs)
    return Block(release, release)


def kinds(programs: Programs) -> List[str]:
    """What was asked of Windows and of the service, in short."""
    return [next((word for word in ("Unregister", "Register") if f"{word}-Scheduled" in line), line)
            for line in programs.ran]


def test_the_watchdog_is_armed_before_anything_is_blocked(block: Block, programs: Programs) -> None:
    block.start("lockdown")
    block.stop()
    assert kinds(programs) == ["Register", "firewall start remote-ok lockdown", "firewall stop",
                               "Unregister"]
    assert f"AddSeconds({blocks.MOST:g})" in programs.ran[0]
    assert "-instance interactive $ghx1 -cleanup" in programs.ran[0]


def test_nothing_is_blocked_without_a_watchdog(block: Block, programs: Programs) -> None:
    programs.answer("Register-ScheduledTask", fail)
    with pytest.raises(powershell.CommandFailed):
        block.start("lockdown")
    assert kinds(programs) == ["Register"]


def test_a_second_start_does_not_put_the_watchdog_off(block: Block, programs: Programs) -> None:
    block.start("lockdown")
    block.start("allow-lan")
    assert kinds(programs).count("Register") == 1


def test_each_block_has_its_time(block: Block, programs: Programs, clock: Clock) -> None:
    block.start("lockdown")
    clock.now += blocks.MOST
    block.stop()
    block.start("lockdown")
    clock.now += blocks.MOST + 1
    with pytest.raises(AssertionError, match="blocked for 21 s"):
        block.stop()
    assert kinds(programs).count("Register") == 2


def test_questions_arm_nothing(block: Block, programs: Programs) -> None:
    assert block.state() == "off"
    assert kinds(programs) == ["firewall isup"]


# ---- snapshots ----

NETSH = """<wfpstate><filters>
<item><filterKey>{AA}</filterKey><displayData><name>%s</name></displayData></item>
<item><filterKey>{BB}</filterKey><displayData><name>Microsoft</name></displayData></item></filters>
<subLayers><item><subLayerKey>{2f660d7e-6a37-11e6-a181-001e8c6e04a2}</subLayerKey>
<displayData><name>OpenVPN</name></displayData></item>
<item><subLayerKey>{CC}</subLayerKey><displayData><name>x</name></displayData></item></subLayers>
</wfpstate>"""


def netsh(name: str) -> Answer:
    """Writes the list with one filter of that name."""
    def answer(line: str) -> str:
        target = line.split("file=")[1]
        Path(target).write_text(NETSH % name, encoding="utf-8-sig")
        return ""

    return answer


def test_a_snapshot_has_our_filters_and_not_those_of_windows(programs: Programs) -> None:
    programs.answer("snapshot.ps1", lambda _: '{"routes": ["r"]}')
    programs.answer("netsh.exe wfp show", netsh("Gatehouse kill switch"))
    assert snapshot.take() == {"routes": ["r"], "filters": ["filter {aa}"]}


def test_a_list_of_filters_that_is_not_understood_is_no_empty_one(programs: Programs) -> None:
    programs.answer("snapshot.ps1", lambda _: "{}")
    programs.answer("netsh.exe wfp show",
                    lambda line: str(Path(line.split("file=")[1]).write_text("<new/>")))
    with pytest.raises(AssertionError, match="not read as it is meant"):
        snapshot.take()


def test_differences_say_what_came_and_went() -> None:
    before: snapshot.Snapshot = {"routes": ["a", "b"], "rules": []}
    assert not snapshot.differences(before, {"routes": ["b", "a"], "rules": []})
    assert snapshot.differences(before, {"routes": ["b"], "rules": ["x"]}) == [
        "routes: has gone: a", "rules: was left: x"]


def test_what_goes_a_moment_later_was_not_left(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = iter([{"routes": ["a"]}, {"routes": ["a"]}])
    monkeypatch.setattr(snapshot, "take", lambda: next(seen, {"routes": []}))
    assert snapshot.left_since({"routes": []}) == []


def test_a_block_is_over_long_before_everything_is_undone() -> None:
    assert blocks.MOST == 20 < watchdog.PATIENCE == 600
    assert watchdog.PAUSE < watchdog.PATIENCE / 2

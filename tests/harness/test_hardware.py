# SPDX-License-Identifier: MIT
"""The rules of tests/hardware: what runs where, and which networks its tests touch. The tests
themselves have run nowhere until their README says so."""
from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Set

import pytest

from hardware.support import here
from hardware.support.local_policy import instructions, next_gpt
from harness.eventually import HANG
from harness.runner import PROJECT

FOLDER = PROJECT / "tests" / "hardware"
PASSED, FAILED = 0, 1

#: Modules that Python has on other systems alone.
NOT_ON_WINDOWS = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}

#: A conftest.py that has the rules of tests/hardware for its own folder.
RULES = """
from pathlib import Path
import hardware.conftest as rules
from hardware.conftest import (pytest_collection_modifyitems, pytest_runtest_logreport,
                               pytest_sessionfinish)
rules.FOLDER = Path(__file__).parent
rules.here.SYSTEM = {system!r}
rules.here.is_administrator = lambda: {is_administrator}
rules.here.missing_for_adapters = lambda: "no adapter: there is no tapctl"
"""

WITHOUT_ADAPTER = "def test_it(): pass\n"
WITH_ADAPTER = "import pytest\n@pytest.mark.adapter\ndef test_it(): pass\n"
DISRUPTIVE = "import pytest\n@pytest.mark.disruptive\ndef test_it(): pass\n"
FAILING = "def test_it(): assert False\n"


def run(target: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """pytest over a folder."""
    tests = PROJECT / "tests"
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-c", str(tests / "pytest.ini"), "--rootdir", str(tests),
         "-q", *options, str(target)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, encoding="utf-8", cwd=tests, timeout=5 * HANG, check=False)


def run_rules(folder: Path, text: str, *, system: str = "win32", is_administrator: bool = True
              ) -> "subprocess.CompletedProcess[str]":
    """pytest over one test file, by the rules, on a system of that name."""
    (folder / "conftest.py").write_text(
        RULES.format(system=system, is_administrator=is_administrator), encoding="utf-8")
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    return run(folder)


def test_without_windows_all_are_collected_and_skipped() -> None:
    done = run(FOLDER)
    assert done.returncode == PASSED, done.stdout
    assert "this is no Windows" in done.stdout
    last = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"=*\s*\d+ skipped in .*", last), last


@pytest.mark.parametrize("text, is_administrator, reason", [
    (WITHOUT_ADAPTER, False, "not as an administrator"),
    (WITH_ADAPTER, True, "no adapter: there is no tapctl"),
    (DISRUPTIVE, True, "only with --disruptive"),
], ids=["no rights", "no adapter", "disruptive"])
def test_a_run_on_windows_that_executed_none_fails(tmp_path: Path, text: str,
                                                   is_administrator: bool, reason: str) -> None:
    done = run_rules(tmp_path, text, is_administrator=is_administrator)
    assert done.returncode == FAILED, done.stdout
    assert reason in done.stdout
    assert "no test of tests/hardware was executed on this Windows" in done.stdout


def test_a_run_on_windows_that_executed_one_passes(tmp_path: Path) -> None:
    done = run_rules(tmp_path, WITHOUT_ADAPTER)
    assert done.returncode == PASSED, done.stdout
    assert "1 passed" in done.stdout


def test_a_failed_test_was_executed(tmp_path: Path) -> None:
    done = run_rules(tmp_path, FAILING)
    assert done.returncode == FAILED
    assert "was executed on this Windows" not in done.stdout


def test_the_rule_is_for_windows_alone(tmp_path: Path) -> None:
    done = run_rules(tmp_path, WITH_ADAPTER, system="linux")
    assert done.returncode == PASSED, done.stdout
    assert "this is no Windows" in done.stdout


#: The same, with a machine whose snapshots these are, and a last resort that has done this.
GUARDED = RULES + """
from hardware.conftest import last_resort, sign_of_life
from hardware.support import snapshot
from hardware.support.watchdog import LastResort
rules.FOLDER = Path("elsewhere")
snapshots = iter({snapshots!r})
def take():
    seen = next(snapshots)
    if seen is None:
        raise powershell.CommandFailed("Get-NetRoute is unknown")
    return seen
snapshot.take = take
snapshot.HANG = 0
LastResort.arm = lambda self, program: print("armed")
LastResort.live = lambda self: print("alive")
LastResort.disarm = lambda self: {undone!r}
from hardware.support import powershell
"""
CLEAN: Dict[str, List[str]] = {"routes": ["a"]}
LEFT: Dict[str, List[str]] = {"routes": ["a", "b"]}


@pytest.mark.parametrize("snapshots, undone, complaint", [
    ([CLEAN, CLEAN], [], ""),
    ([CLEAN, LEFT], [], "routes: was left: b"),
    ([CLEAN, CLEAN], ["done: routes"], "Windows has undone everything: ['done: routes']"),
    ([None, CLEAN], [], "is not known: CommandFailed: Get-NetRoute is unknown"),
], ids=["clean", "left", "undone", "no snapshot"])
def test_a_run_that_leaves_something_fails(
        tmp_path: Path, snapshots: Sequence[Optional[Dict[str, List[str]]]], undone: List[str],
        complaint: str) -> None:
    (tmp_path / "conftest.py").write_text(GUARDED.format(
        system="win32", is_administrator=True, snapshots=list(snapshots), undone=undone),
        encoding="utf-8")
    (tmp_path / "test_it.py").write_text("def test_it(): pass\ndef test_too(): pass\n",
                                         encoding="utf-8")
    done = run(tmp_path, "-s")
    assert done.returncode == (FAILED if complaint else PASSED), done.stdout
    assert complaint in done.stdout
    assert "2 passed" in done.stdout
    assert done.stdout.count("armed") == 1
    assert done.stdout.count("alive") == 2


def imports(source: Path) -> Set[str]:
    """The modules that a file imports at once, at its head."""
    found: Set[str] = set()
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_nothing_is_imported_that_windows_lacks() -> None:
    harness = ("bridge", "client", "eventually", "installation", "messages", "openvpn", "pipe",
               "process", "registry", "runner", "service", "session")
    sources = [*FOLDER.rglob("*.py"), PROJECT / "tests" / "conftest.py",
               *(PROJECT / "tests" / "harness" / f"{name}.py" for name in harness)]
    for source in sources:
        assert not imports(source) & NOT_ON_WINDOWS, source


def names_of_tests(source: Path) -> List[str]:
    """The names of its tests."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    return [node.name for node in tree.body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


def test_the_readme_names_every_test_and_no_other() -> None:
    there = {f"`{name}`" for source in FOLDER.glob("test_*.py") for name in names_of_tests(source)}
    named: Sequence[str] = re.findall(r"`test_\w+`",
                                      (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert set(named) == there
    assert len(named) == len(there)


@pytest.mark.parametrize("network", ["198.51.100.0/24", "198.18.7.128/25", "2001:db8:1::/64",
                                     "203.0.113.7"])
def test_networks_of_documentation_may_be_touched(network: str) -> None:
    assert here.allowed(network) == network


@pytest.mark.parametrize("network", ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "168.63.129.16/32",
                                     "169.254.169.254/32", "::/0", "198.18.0.0/14", "10.0.0.0/8"])
def test_all_others_may_not(network: str) -> None:
    with pytest.raises(ValueError):
        here.allowed(network)


# ---- group policy ----

def test_a_policy_file_is_as_microsoft_documents_it() -> None:
    made = instructions(r"SOFTWARE\P", {"a": "9"})
    assert made.startswith("[SOFTWARE\\P\0;a\0;".encode("utf-16-le"))
    assert made.endswith(b"\1\0\0\0;\0\4\0\0\0;\0" + "9\0]".encode("utf-16-le"))


@pytest.mark.parametrize("old", [
    None, "[General]\r\nVersion=6\r\n",
    "[General]\r\ngPCMachineExtensionNames=[{A}{B}]\r\nVersion=6\r\n"])
def test_the_next_version_of_a_policy_has_our_extension(old: Optional[str]) -> None:
    first = next_gpt(old)
    second = next_gpt(first)
    assert first.count("35378EAC") == second.count("35378EAC") == 1
    assert first.count("gPCMachineExtensionNames=") == 1
    assert f"\r\nVersion={7 if old else 1}\r\n" in first
    assert f"\r\nVersion={8 if old else 2}\r\n" in second
    assert "[{A}{B}][{35378EAC" in first or "{A}" not in (old or "")

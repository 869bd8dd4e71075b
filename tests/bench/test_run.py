# SPDX-License-Identifier: MIT
"""ci/bench itself, with small numbers."""
from __future__ import annotations

import json
import math
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Tuple
from xml.etree import ElementTree

import pytest

from bench.main import programs_of, read_arguments, size_of
from harness.eventually import HANG
from harness.runner import PROJECT, build_folder

COMMAND = PROJECT / "ci" / "bench"
Rows = List[Dict[str, Any]]

SECOND = "second-service.exe"

SMALL = ["--quick", "--routes", "200", "--sessions", "20"]


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run ci/bench with these arguments."""
    return subprocess.run([str(COMMAND), *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          timeout=14 * HANG, check=False)


#: Our service's figures, and which of them have a target.
OURS = {
    "round trip of add_route": None,
    "add_route against a bare echo": None,
    "add_route against an echo that makes the same call": 1.3,
    "add_route with 10 routes held": None,
    "add_route with 200 routes held": None,
    "add_route with 200 routes held against 10": 1.2,
    "delete_route of 200, first in, first out": None,
    "delete_route, first in, first out, against add_route": None,
    "undo of a route, of 200": None,
    "undo of a route against a round trip": 0.5,
    "add_route, 200 of them": None,
    "add_route, 200 of them while 20 control clients ask": None,
    "add_route, 200 of them while 20 control clients ask, against silent ones": 1.2,
    "add_route, 200 of them while 20 control clients ask, against none": 1.2,
    "service start to RUNNING, nothing to undo": None,
    "service start to the first client, nothing to undo": None,
    "service start to RUNNING, 100 routes of a killed one": None,
    "service start to the first client, 100 routes of a killed one": None,
    "start-up message to process id": None,
    "start-up message to process id against CreateProcess": None,
    "20 sessions, opened one after the other": None,
    "start of a session, the last of 20 against the first": None,
    "private memory of a session, of 20 held at once": 256,
    "change of the kill switch with 64 gateways and 2 tunnels": None,
    "bare transaction with as many filters": None,
    "change of the kill switch with 64 gateways and 2 tunnels, against a bare transaction": 1.5,
    "change of the kill switch with 64 gateways and 2 tunnels, asked of the service": None,
    "first change of a session's adapter": None,
    "first change of a session's adapter while the kill switch is up": None,
    "start-up message to process id while the kill switch is up": None,
    "start-up message to process id while the kill switch is up, against one that is down": 1.05,
}
BESIDE = {
    "journal, a change that a restart forgets",
    "journal, a change that outlives it",
    "journal, a change that a restart forgets, against a round trip",
    "round trip of a bare echo",
    "round trip of an echo that makes the same call",
    "CreateProcess of the same program",
    "private memory of an idle thread of any program here",
    "CreateProcess in a program of 5 idle threads against few",
}


def check_names(rows: Rows) -> None:
    """Everything is measured, for both services."""
    names = {row["name"] for row in rows}
    assert names == BESIDE | set(OURS) | {f"{name} (second-service.exe)" for name in OURS}


def check_targets(rows: Rows) -> None:
    """Our figures have their targets, and know whether they are met."""
    targets = {row["name"]: row["target"] for row in rows if row["target"] is not None}
    assert targets == {
        "journal, a change that a restart forgets, against a round trip": 0.1,
        **{name: target for name, target in OURS.items() if target is not None}}
    for row in rows:
        assert set(row) == {"name", "value", "unit", "target", "met", "not possible"}
        assert row["not possible"] is None, row
        met = None if row["target"] is None else row["value"] <= row["target"]
        assert row["met"] == met, row


def check_values(rows: Rows) -> None:
    """Durations are positive, and two equal services have similar figures."""
    values = {row["name"]: row["value"] for row in rows}
    for name, value in values.items():
        assert math.isfinite(value)
        # Undo and memory are differences, which are small here.
        assert value > 0 or "undo of" in name or "memory" in name, name
    name = "start-up message to process id"
    assert 1 / 3 < values[name] / values[f"{name} (second-service.exe)"] < 3


#: Groups of figures that depend on the same habits, by pieces of their names.
TRIPS = ("round trip of add_route", "add_route against")
ROUTES = ("routes held", "delete_route", "undo of a route")
UNDO = ("undo of a route",)
CONTROL = ("200 of them",)
EMPTY, FULL = ("nothing to undo",), ("of a killed one",)
STARTS = ("start-up message",)
HELD = ("opened one after the other", "the last of", "held at once")
KILL_SWITCH = ("kill switch", "first change", "bare transaction")

NO_CONTROL = "error 2 CreateFile"

#: Habits of the stand-in: the figures that they make impossible, and words of the reason. It has no
#: journal, so it always leaves the routes of a killed one, and no control pipe.
HABITS: Dict[str, Tuple[Tuple[Tuple[str, ...], str], ...]] = {
    "": ((FULL, "it leaves 100 routes of a killed one where they are"),
         (CONTROL + KILL_SWITCH, NO_CONTROL)),
    "+few+protects": ((FULL, "it leaves 100 routes"), (HELD, "error 554 start"),
                      (CONTROL + KILL_SWITCH, NO_CONTROL)),
    "+late": ((FULL, "it leaves 100 routes"), (CONTROL + KILL_SWITCH, NO_CONTROL),
              (UNDO, "it closes the client's pipe before it has undone the changes")),
    "+leaves": ((FULL, ""), (CONTROL + KILL_SWITCH, NO_CONTROL),
                (ROUTES, "200 routes stay when their session has ended")),
    "+mute": ((TRIPS, ""), (ROUTES, ""), (CONTROL + KILL_SWITCH, ""), (FULL, ""), (STARTS, ""),
              (HELD, "")),
    "+slow": ((TRIPS + ROUTES + CONTROL + EMPTY + FULL + STARTS + HELD + KILL_SWITCH,
               "service_run"),),
    "+stubborn": ((CONTROL + KILL_SWITCH, NO_CONTROL), (EMPTY + FULL, "service_")),
}


def stand_in(habits: str) -> str:
    """The program with these habits."""
    return f"stand-in{habits}.exe"


def check_habits(rows: Rows, habits: str) -> None:
    """What the habits make impossible is told with its reason, and all else is measured."""
    end = f" ({stand_in(habits)})"
    left = {row["name"][:-len(end)]: row["not possible"] for row in rows
            if row["name"].endswith(end)}
    assert set(left) == set(OURS)
    for parts, words in HABITS[habits]:
        for name in [name for name in left if any(part in name for part in parts)]:
            reason = left.pop(name)
            assert reason is not None and words in reason, (habits, name)
    assert not any(left.values()), (habits, left)


# One test for all, because a run takes long.
def test_a_run_measures_prints_and_draws_all_services(tmp_path: Path) -> None:
    others = [tmp_path / SECOND, *(tmp_path / stand_in(habits) for habits in HABITS)]
    for other in others:
        program = "bin/gatehouse-service.exe" if other.name == SECOND else "bench/stand-in.exe"
        shutil.copy2(build_folder() / program, other)
    figures, drawing = tmp_path / "bench.json", tmp_path / "bench.svg"
    done = run(*SMALL, *(word for other in others for word in ("--service", str(other))),
               "--json", str(figures), "--plot", str(drawing), "--patience", "5")
    assert done.returncode == 0, done.stderr
    rows: Rows = json.loads(figures.read_text(encoding="utf-8"))
    for habits in HABITS:
        check_habits(rows, habits)
    rows = [row for row in rows if "(stand-in" not in row["name"]]
    check_names(rows)
    check_targets(rows)
    check_values(rows)
    for name in OURS:
        assert name in done.stdout
    assert "not possible: it leaves 100 routes" in done.stdout
    assert "round trips" in done.stderr and "bench: " not in done.stdout
    svg = drawing.read_text(encoding="utf-8")
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    measured = sum(not any(ROUTES in row for row in HABITS[habits])
                   and "+slow" != habits for habits in HABITS)
    assert svg.count("<polyline") == 2 * 2 * (2 + measured)


def test_a_service_that_is_not_there_cannot_be_measured(tmp_path: Path) -> None:
    done = run("--quick", "--service", str(tmp_path / "none.exe"))
    assert done.returncode == 1
    assert "could not measure" in done.stderr and "none.exe" in done.stderr


def test_help_shows_every_option() -> None:
    done = run("--help")
    assert done.returncode == 0
    for option in ("--service", "--json", "--plot", "--quick", "--only", "--routes", "--sessions",
                   "--patience"):
        assert option in done.stdout


@pytest.mark.parametrize("arguments", [["--routes", "5"], ["--sessions", "x"],
                                       ["--sessions", "20000"], ["--nothing"],
                                       ["--patience", "0"],
                                       ["--only", "everything"]])
def test_wrong_options_are_refused(arguments: List[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        read_arguments(arguments)
    assert refusal.value.code == 2


def test_a_whole_run_has_the_sizes_of_the_targets() -> None:
    size = size_of(read_arguments([]))
    assert (size.few, size.many, size.entries, size.sessions) == (1000, 20000, 10000, 1000)


def test_another_build_of_ours_has_a_name_of_its_own(tmp_path: Path) -> None:
    other = tmp_path / "gatehouse-service.exe"
    other.write_bytes(b"")
    options = read_arguments(["--service", str(other)])
    assert list(programs_of(options)) == ["gatehouse-service.exe", "other gatehouse-service.exe"]

# SPDX-License-Identifier: MIT
"""Checks that the workflows of .github are thin, pinned and bounded: every step is one line that
calls a script of ci/, which runs anywhere, or an action at a commit; every workflow may only read,
and every job has a time limit. `python3 -m linting.workflows` prints what is wrong, a line each."""
from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import yaml  # type: ignore[import]

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / ".github" / "workflows"

#: Machines that GitHub has. actionlint's own list is older than these.
MACHINES = ("ubuntu-24.04", "windows-2025")
#: GitHub ends any job after so many minutes.
MOST_MINUTES = 360
KEYS = {"name", "on", "permissions", "concurrency", "jobs"}
#: An action at a commit, and which release that is, for people.
PINNED = re.compile(r"^\s*(?:- )?uses: \w[\w.-]*/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*$")
#: What a step may run: a script of ours, by Python where Windows can't.
COMMAND = re.compile(r"^(?:python )?ci/[^\n]+$")
SCRIPT = re.compile(r"(?:^| )((?:ci|tests)/[\w/.-]+)")
#: Scripts that something else reads: they need no right to run.
READ = {".py", ".ps1"}


def scripts(command: str) -> List[Path]:
    """The files of ours that a command names first, or as another command's."""
    return [PROJECT / name for name in SCRIPT.findall(command)]


def _check_workflow(workflow: Dict[str, Any]) -> Iterator[str]:
    if set(workflow) != KEYS:
        yield f"its keys are not {', '.join(sorted(KEYS))}"
    if workflow.get("permissions") != {"contents": "read"}:
        yield "permissions: a workflow may only read contents"
    concurrency = workflow.get("concurrency")
    if not isinstance(concurrency, dict) or set(concurrency) != {"group", "cancel-in-progress"}:
        yield "concurrency: it names no group and what becomes of the predecessor"


def _check_job(job: Dict[str, Any]) -> Iterator[str]:
    minutes = job.get("timeout-minutes")
    if not isinstance(minutes, int) or not 0 < minutes <= MOST_MINUTES:
        yield f"timeout-minutes: not a number from 1 to {MOST_MINUTES}"
    if job.get("runs-on") not in MACHINES:
        yield f"runs-on: not one of {', '.join(MACHINES)}"


def _check_command(command: Any) -> Iterator[str]:
    if not isinstance(command, str) or not COMMAND.match(command):
        yield "run: not one line that calls a script of ci/"
        return
    if "${{" in command:
        yield "run: an expression becomes part of a command; pass it as a variable"
    for script in scripts(command):
        if not script.is_file():
            yield f"run: there is no {script.relative_to(PROJECT)}"
        elif script.suffix not in READ and not os.access(script, os.X_OK):
            yield f"run: {script.relative_to(PROJECT)} is not executable"


def _check_step(step: Dict[str, Any]) -> Iterator[str]:
    if ("run" in step) == ("uses" in step):
        yield "a step has either run or uses"
    elif "run" in step:
        yield from _check_command(step["run"])
    elif (step["uses"].startswith("actions/checkout@")
          and step.get("with", {}).get("persist-credentials") is not False):
        yield "persist-credentials: a checkout keeps the token where every later step can read it"


def jobs(workflow: Dict[str, Any]) -> Iterator[Tuple[str, Dict[str, Any]]]:
    """The jobs of a workflow, by name."""
    found = workflow.get("jobs")
    yield from found.items() if isinstance(found, dict) else ()


def read(text: str) -> Dict[str, Any]:
    """A workflow; YAML reads its word `on` as true."""
    loaded = yaml.safe_load(text)
    if not isinstance(loaded, dict):
        return {}
    return {"on" if key is True else key: value for key, value in loaded.items()}


def check(text: str) -> List[str]:
    """What is wrong with a workflow."""
    workflow = read(text)
    found = list(_check_workflow(workflow))
    for name, job in jobs(workflow):
        found += [f"job {name}: {what}" for what in _check_job(job)]
        for number, step in enumerate(job.get("steps", []), 1):
            found += [f"job {name}, step {number}: {what}" for what in _check_step(step)]
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"^\s*(?:- )?uses:", line) and not PINNED.match(line):
            found.append(f"line {number}: uses: not an action at a commit of 40 digits with the "
                         "comment # vN")
    return found


def main() -> int:
    """Check all of them."""
    found = [f"{path.relative_to(PROJECT)}: {what}" for path in sorted(FOLDER.glob("*.yml"))
             for what in check(path.read_text(encoding="utf-8"))]
    print("".join(f"{line}\n" for line in found), end="")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: MIT
"""The workflows of .github: what nobody can try here is at least well-formed, pinned, bounded, and
a thin list of scripts."""
from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest
import yaml  # type: ignore[import]

from harness.runner import PROJECT

FOLDER = PROJECT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
#: Machines that GitHub has, as docs/ci.md uses them.
MACHINES = {"windows-2025", "ubuntu-24.04"}
PINNED = re.compile(r"^\s*(?:- )?uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+(\.\d+)*$")
MOST_MINUTES = 360

#: The workflow that publishes: it is not cut off by its successor, and some of its jobs may do more
#: than read.
RELEASE = "release.yml"
MAY: Dict[str, Dict[str, str]] = {
    f"{RELEASE}: attest": {"contents": "read", "id-token": "write", "attestations": "write"},
    f"{RELEASE}: draft": {"contents": "write"}}
#: The job that has a key, and the environment in which people let it run.
SIGNS, PROTECTED = f"{RELEASE}: sign", "release"


def read(path: Path) -> Dict[Any, Any]:
    """A workflow; YAML reads its word `on` as true."""
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def jobs() -> Iterator[Tuple[str, Dict[str, Any]]]:
    """All jobs, with where they are."""
    for path in WORKFLOWS:
        for name, job in read(path)["jobs"].items():
            yield f"{path.name}: {name}", job


def steps() -> List[Tuple[str, Dict[str, Any]]]:
    """All steps, likewise."""
    return [(where, step) for where, job in jobs() for step in job["steps"]]


def test_there_are_workflows() -> None:
    assert WORKFLOWS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.name))
def test_a_workflow_may_only_read_and_ends_its_predecessor(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["cancel-in-progress"] is (path.name != RELEASE)
    assert set(workflow) == {"name", True, "permissions", "concurrency", "jobs"}


@pytest.mark.parametrize("where, job", jobs(), ids=lambda value: str(value)[:40])
def test_a_job_is_bounded_and_on_a_machine_that_exists(where: str, job: Dict[str, Any]) -> None:
    assert 0 < job["timeout-minutes"] <= MOST_MINUTES, where
    assert job["runs-on"] in MACHINES, where


@pytest.mark.parametrize("where, job", jobs(), ids=lambda value: str(value)[:40])
def test_a_job_may_do_more_only_where_it_must(where: str, job: Dict[str, Any]) -> None:
    assert job.get("permissions") == MAY.get(where)


@pytest.mark.parametrize("where, job", jobs(), ids=lambda value: str(value)[:40])
def test_only_the_job_that_signs_has_secrets_and_it_is_protected(where: str, job: Dict[str, Any]
                                                                 ) -> None:
    assert ("secrets." in str(job)) is (where == SIGNS)
    assert job.get("environment") == (PROTECTED if where == SIGNS else None)


def test_a_release_goes_through_all_its_jobs_in_turn() -> None:
    needs = {name: job.get("needs") for name, job in read(FOLDER / RELEASE)["jobs"].items()}
    assert needs == {"build": None, "compare": "build", "judge": "compare", "sign": "judge",
                     "verify": "sign", "attest": "verify", "draft": "attest"}


def test_a_release_is_made_for_a_tag_alone() -> None:
    workflow = read(FOLDER / RELEASE)
    assert workflow[True] == {"push": {"tags": ["v*"]}}


def test_the_job_that_signs_takes_what_was_compared_and_compiles_nothing() -> None:
    job = read(FOLDER / RELEASE)["jobs"]["sign"]
    command, = [step["run"] for step in job["steps"] if "run" in step]
    assert command.endswith("ci/with-key ci/release --from build/programs "
                            "--conformance build/conformance.html")


@pytest.mark.parametrize("where, step", steps(), ids=lambda value: str(value)[:60])
def test_a_step_is_a_script_of_ci_or_an_action(where: str, step: Dict[str, Any]) -> None:
    assert ("run" in step) != ("uses" in step), where
    if "run" in step:
        command = step["run"].strip()
        assert re.match(r"(?:python )?ci/", command) and "\n" not in command, (
            f"{where}: one script of ci/: {command}")
        for script in re.findall(r"(?:^| )(ci/[\w/.-]+)", command):
            assert (PROJECT / script).is_file(), f"{where}: there is no {script}"
    elif step["uses"].startswith("actions/checkout@"):
        assert step["with"]["persist-credentials"] is False, where


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.name))
def test_actions_are_pinned_by_commit(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert [line for line in lines if not PINNED.match(line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.name))
def test_no_text_of_others_becomes_a_command(path: Path) -> None:
    """What a pull request says (a title, a branch) must not be put into a command line."""
    assert not [step for _, step in steps() if "${{" in step.get("run", "")], path


@pytest.mark.parametrize("where, job", jobs(), ids=lambda value: str(value)[:40])
def test_the_documentation_tells_every_job(where: str, job: Dict[str, Any]) -> None:
    text = (PROJECT / "docs" / "ci.md").read_text(encoding="utf-8")
    assert f"| `{where}` | {job['runs-on']} |" in text

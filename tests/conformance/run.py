# SPDX-License-Identifier: MIT
"""Runs pytest: collects the cases, and runs those that are asked for over one service."""
from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence

from clients.support.program import VARIABLE, Client
from conformance.table import Collected, Index, Row, Subject, modules
from harness.bridge import BridgeError
from harness.control import Control
from harness.eventually import HANG
from harness.installation import Installation, Options
from harness.runner import PROJECT, Runner

Outcome = Mapping[str, Any]

#: Seconds between two looks at what pytest has written.
PAUSE = 0.2


class CouldNotRun(Exception):
    """Nothing can be judged; the message is a sentence for the user."""


def collect(rows: Sequence[Row]) -> List[Collected]:
    """All cases, in the order of the rows. Raises CouldNotRun."""
    return arrange(rows, collect_tests(rows))


def collect_tests(rows: Sequence[Row]) -> "List[tuple[str, str]]":
    """All tests of the rows' modules: node id, and what the function says of itself. Raises
    CouldNotRun."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found"
        done = subprocess.run(
            _pytest(rows, "--collect-only", "--cases-to", str(found)), env=_environment(),
            cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, encoding="utf-8", check=False)
        if done.returncode:
            raise CouldNotRun(f"pytest can't collect the cases:\n{done.stdout[-2000:]}")
        tests = [json.loads(line) for line in found.read_text(encoding="utf-8").splitlines()]
    return [(test["node"], test["text"]) for test in tests]


def arrange(rows: Sequence[Row], tests: "Iterable[tuple[str, str]]") -> List[Collected]:
    """The cases among tests of these node ids and texts, in the order of the rows."""
    index = Index(rows)
    cases = [Collected(case, node, text) for node, text in tests
             if (case := index.find(node)) is not None]
    order = {row.id: number for number, row in enumerate(rows)}
    return sorted(cases, key=lambda found: order[found.case.row.id])


@dataclass(frozen=True)
class Service:
    """A binary to judge."""

    name: str
    path: Path
    #: What a reader of its results has to know.
    notes: Sequence[str]
    #: What the tests are told of it.
    variable = "GATEHOUSE_SERVICE"
    subject = Subject.SERVICE

    @property
    def told(self) -> str:
        """The value of that variable."""
        return str(self.path)

    @property
    def most_jobs(self) -> int:
        """So many of its cases can be run at once."""
        return sys.maxsize


@dataclass(frozen=True)
class JudgedClient(Service):
    """The same, of a client."""

    how: Client
    variable = VARIABLE
    subject = Subject.CLIENT

    @property
    def told(self) -> str:
        return self.how.described()

    @property
    def most_jobs(self) -> int:
        """The service without an instance exists once on a machine."""
        return sys.maxsize if self.how.has_instance else 1


def has_extensions(runner: Runner, service: Service) -> bool:
    """Whether it answers on the control pipe. Raises CouldNotRun if it can't even be started."""
    runner.start()
    try:
        installation = Installation(runner, runner.bridge(), runner.claim_name("gwprobe"),
                                    Options(service=service.path))
        try:
            installation.create()
            installation.populate()
            installation.start()
            return _answers(installation)
        finally:
            installation.destroy()
    except (AssertionError, BridgeError, TimeoutError, OSError) as error:
        raise CouldNotRun(f"{service.name} can't be judged: it does not start in an installation "
                          f"as a test makes it ({error})") from error
    finally:
        runner.stop()


def _answers(installation: Installation) -> bool:
    control: Optional[Control] = None
    try:
        control = installation.control()
        return control.ask("version").code == 0
    except (BridgeError, ValueError, TimeoutError):
        return False
    finally:
        if control is not None:
            with suppress(BridgeError):
                control.close()


def run(service: Service, cases: Sequence[Collected], log: Path, jobs: int, patience: float,
        heard: Callable[[Outcome], None]) -> None:
    """Run these cases over the service; `heard` gets what comes of each as soon as it is over.
    Pytest's own words go into `log`. Raises CouldNotRun."""
    if not cases:
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, log.open("w", encoding="utf-8") as words:
        chosen, outcomes = Path(folder) / "cases", Path(folder) / "outcomes"
        chosen.write_text("".join(
            json.dumps({"id": found.case.id, "node": found.node}) + "\n" for found in cases),
            encoding="utf-8")
        rows = {found.case.row.id: found.case.row for found in cases}
        command = _pytest(list(rows.values()), "--cases", str(chosen),
                          "--outcomes-to", str(outcomes), "-n", str(min(jobs, service.most_jobs)))
        environment = {**_environment(), service.variable: service.told,
                       "GATEHOUSE_HANG": str(patience)}
        pytest = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=words,
                                  stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT,
                                  start_new_session=True)
        try:
            for line in _follow(outcomes, pytest):
                heard(json.loads(line))
        except BaseException:
            _end(pytest)
            raise
    # 0: all have passed, 1: some have not; everything else is the harness's own failure.
    if pytest.returncode not in (0, 1):
        raise CouldNotRun(f"pytest ended with {pytest.returncode}; see {log}")


def _end(pytest: "subprocess.Popen[bytes]") -> None:
    """Interrupt it, so that it ends what it has started."""
    if sys.platform == "win32":
        pytest.terminate()
    else:
        pytest.send_signal(signal.SIGINT)
    try:
        pytest.wait(HANG)
    except subprocess.TimeoutExpired:
        pytest.kill()
        pytest.wait()


def _follow(path: Path, writer: "subprocess.Popen[bytes]") -> Iterator[str]:
    """The lines of a file as they are written, until its writer has ended."""
    offset, ended = 0, False
    while not ended:
        with suppress(subprocess.TimeoutExpired):
            writer.wait(PAUSE)
            ended = True
        with suppress(FileNotFoundError), path.open("rb") as file:
            file.seek(offset)
            data = file.read()
            whole = data.rfind(b"\n") + 1
            offset += whole
            yield from data[:whole].decode("utf-8").splitlines()


def _pytest(rows: Sequence[Row], *arguments: str) -> List[str]:
    return [sys.executable, "-m", "pytest", "-p", "conformance.plugin", "-q", *arguments,
            *(str(path) for path in modules(rows))]


def _environment() -> Dict[str, str]:
    paths = [str(PROJECT / "tests"), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}

# SPDX-License-Identifier: MIT
"""The service's judgement of profiles: a program over the portable code, which stays running."""
from __future__ import annotations

import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Optional, Tuple

from harness.runner import PROJECT, Runner, build_folder

VERDICTS = ("left-out", "refused", "unknown", "wrong", "broken")

#: Of a Windows error: the profile may not run.
ERROR_INVALID_DATA = 13

CORPUS = PROJECT / "tests" / "profiles"


@dataclass(frozen=True)
class Finding:
    """What is said of a line."""

    line: int
    verdict: str
    argument: int
    name: str

    def __str__(self) -> str:
        more = f" {self.name}" if self.name else ""
        return f"{self.line} {self.verdict}{more}" + (f" {self.argument}" if self.argument else "")


@dataclass(frozen=True)
class Judgement:
    """What is said of a profile, and what runs instead; None: it may not."""

    findings: Tuple[Finding, ...]
    written: Optional[bytes]

    def __str__(self) -> str:
        return "; ".join(map(str, self.findings)) or "nothing"


def read_finding(text: str) -> Finding:
    """One of the program's findings."""
    line, verdict, argument, name = text.split(":")
    return Finding(int(line), VERDICTS[int(verdict)], int(argument), name)


class ProfileJudge:
    """The running program."""

    def __init__(self, runner: Runner) -> None:
        self._process = subprocess.Popen(
            runner.command(build_folder() / "tests" / "profile_judge.exe"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=runner.environment())

    def close(self) -> None:
        """End it."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def judge(self, profile: bytes) -> Judgement:
        """What the service would do with a profile."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(struct.pack("<I", len(profile)) + profile)
        self._process.stdin.flush()
        said, error, written = self._process.stdout.readline().decode("ascii").split()
        findings = () if said == "-" else tuple(map(read_finding, said.split(",")))
        if error == "0":
            return Judgement(findings, b"" if written == "-" else bytes.fromhex(written))
        assert int(error) == ERROR_INVALID_DATA and written == "-"
        return Judgement(findings, None)


def corpus() -> Dict[Path, str]:
    """The profiles of the corpus, and what is to be said of each."""
    lines = (CORPUS / "verdicts.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split(": ", 1) for line in lines if not line.startswith("#"))
    return {CORPUS / f"{name}.ovpn": said for name, said in pairs}

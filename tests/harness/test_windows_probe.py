# SPDX-License-Identifier: MIT
"""ci/windows/probe.py, as far as Linux allows: its report, and how it reads libraries. What it asks
Windows has not run anywhere until docs/ci.md says so."""
from __future__ import annotations

import ast
import json
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Set

import pytest

from harness.runner import PROJECT, build_folder

FOLDER = PROJECT / "ci" / "windows"
sys.path.append(str(FOLDER))

import libraries  # type: ignore[import]  # noqa: E402
import probe  # type: ignore[import]  # noqa: E402


def nice() -> Any:
    """A question
    on two lines."""
    return {"yes": 1}


def broken() -> Any:
    """Another one."""
    raise OSError("no such thing")


def test_a_report_has_each_question_with_its_answer_or_error() -> None:
    assert probe.ask_all({"nice": nice, "broken": broken}, []) == {"schema": 1, "facts": [
        {"name": "nice", "question": "A question on two lines.", "answer": {"yes": 1}},
        {"name": "broken", "question": "Another one.", "error": "OSError: no such thing"},
    ]}


def test_some_questions_alone() -> None:
    report = probe.ask_all({"nice": nice, "broken": broken}, ["broken"])
    assert [fact["name"] for fact in report["facts"]] == ["broken"]


def test_a_question_that_hangs_costs_its_answer_only() -> None:
    never = threading.Event()

    def hang() -> Any:
        """It never comes."""
        never.wait()

    told = probe.ask("hang", hang, patience=0.05)
    never.set()
    assert told["error"] == "no answer within 0.05 s" and "answer" not in told


def test_the_report_is_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                            capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(probe, "windows_facts", lambda: {"nice": nice})
    assert probe.main(["--output", str(tmp_path / "probe.json")]) == 0
    printed = capsys.readouterr().out
    assert printed == (tmp_path / "probe.json").read_text(encoding="ascii")
    assert json.loads(printed)["facts"][0]["answer"] == {"yes": 1}


def test_an_unknown_question_is_refused(monkeypatch: pytest.MonkeyPatch,
                                        capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(probe, "windows_facts", lambda: {"nice": nice})
    with pytest.raises(SystemExit) as ended:
        probe.main(["--only", "pleasant"])
    assert ended.value.code == probe.WRONG_USE
    assert "no such question: pleasant (there are nice)" in capsys.readouterr().err


def test_elsewhere_it_says_so() -> None:
    done = subprocess.run([sys.executable, str(FOLDER / "probe.py")], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (probe.WRONG_USE, "")
    assert done.stderr == "probe.py: this is not Windows\n"


def functions_of(module: str) -> Set[str]:
    """The public functions of a module that cannot be imported here."""
    tree = ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))
    return {node.name for node in tree.body
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")}


@pytest.mark.parametrize("module", ["machine", "pipes"])
def test_every_question_is_asked(module: str) -> None:
    tree = ast.parse((FOLDER / "probe.py").read_text(encoding="utf-8"))
    asked = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
             and isinstance(node.value, ast.Name) and node.value.id == module}
    assert asked == functions_of(module)


def test_exported_names_of_a_library() -> None:
    names = libraries.exported_names(build_folder() / "fakes" / "fwpuclnt.dll")
    assert {"FwpmEngineOpen0", "FwpmFilterAdd0", "FwpmFilterDeleteById0"} <= set(names)
    assert names == sorted(names)


def test_a_program_exports_nothing() -> None:
    assert not libraries.exported_names(build_folder() / "bin" / "gatehouse.exe")


@pytest.mark.parametrize("content", [b"", b"MZ", b"MZ" + bytes(100),
                                     b"MZ" + bytes(58) + struct.pack("<I", 1 << 31)])
def test_a_file_that_is_no_library(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "no.dll").write_bytes(content)
    with pytest.raises(libraries.NotALibrary):
        libraries.exported_names(tmp_path / "no.dll")

# SPDX-License-Identifier: MIT
"""action.yml, and ci/action behind it, as GitHub would call it."""
from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any, Dict

import pytest
import yaml  # type: ignore[import]

from harness.eventually import HANG
from harness.runner import PROJECT, build_folder

SCRIPT = PROJECT / "ci" / "action"
OURS = build_folder() / "bin" / "gatehouse-service.exe"


def read_action() -> Dict[str, Any]:
    """The action's own description."""
    loaded = yaml.safe_load((PROJECT / "action.yml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def test_its_inputs_reach_the_script_as_variables_and_no_other_way() -> None:
    action = read_action()
    step, = action["runs"]["steps"]
    assert "${{" not in step["run"]
    for name in action["inputs"]:
        assert re.fullmatch("[a-z]+(-[a-z]+)*", name)
        variable = name.replace("-", "_").upper()
        assert step["env"][variable] == f"${{{{ inputs.{name} }}}}"
        assert re.search(rf"\${{{variable}\b", SCRIPT.read_text(encoding="utf-8"))
    assert len(step["env"]) == len(action["inputs"])


def test_its_outputs_are_those_of_the_script() -> None:
    action = read_action()
    assert set(action["outputs"]) == {"result", "report"}
    for name, output in action["outputs"].items():
        assert output["value"] == f"${{{{ steps.judge.outputs.{name} }}}}"


@pytest.mark.parametrize("inputs, result, code", [
    ({"SERVICE": str(OURS), "NAME": "our service", "ONLY": "startup.01.empty startup.02.plain",
      "EXCLUDE": "startup.02", "DIALECT": "2.7"}, "passed", 0),
    ({"SERVICE": "nothing.exe"}, "could-not-run", 2)], ids=["ours", "nothing"])
def test_the_script_tells_result_and_report(inputs: Dict[str, str], result: str, code: int,
                                            tmp_path: Path) -> None:
    files = {name: tmp_path / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    environment = {**os.environ, **inputs, "RUNNER_TEMP": str(tmp_path),
                   **{name: str(path) for name, path in files.items()}}
    done = subprocess.run([str(SCRIPT)], env=environment, cwd=tmp_path, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          timeout=10 * HANG, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    outputs = dict(line.split("=", 1)
                   for line in files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines())
    assert outputs["result"] == result
    assert files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8").startswith(
        f"### Conformance: {result}\n")
    if result == "passed":
        assert "our service: 1 cases" in done.stdout
        assert Path(outputs["report"]).is_file()

# SPDX-License-Identifier: MIT
"""python ci/windows/test.py COMMAND [PYTEST OPTION...], on Windows, in a checkout:

  setup     installs what the tests need into this Python, by the hashes of requirements.txt
  scripts   has PowerShell's own parser read our scripts, and PSScriptAnalyzer where it is installed
  fakes     runs the harness's tests and the protocol suite over the fake system DLLs
  hardware  runs tests/hardware over the machine itself, as an administrator

The programs are those that `ci/windows/bundle` has made on Linux: $GATEHOUSE_BUILD, or
build\\mingw. A run of tests writes build\\windows\\COMMAND.xml, says why tests were skipped, and
fails if none was executed: it has shown nothing.
Exit code 0: passed, 1: not, 2: it could not run."""
from __future__ import annotations

import collections
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Callable, Dict, List, NamedTuple

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "ci" / "windows"
RESULTS = PROJECT / "build" / "windows"
PASSED, FAILED, COULD_NOT_RUN = 0, 1, 2
WORKERS = 4

#: Modules of the suite that ask something of the machine that builds, and why.
LEFT_OUT: Dict[str, str] = {
    "tests/harness/test_ci.py": "runs the commands of ci/",
    "tests/harness/test_fuzzing.py": "compiles with clang",
    "tests/harness/test_hardware*.py": "play a Windows on Linux",
    "tests/harness/test_layers.py": "reads the object files of the build",
    "tests/harness/test_native.py": "plays a Windows on Linux",
    "tests/harness/test_other_service.py": "runs the protocol suite under Wine",
    "tests/harness/test_windows_commands.py": "plays a Windows on Linux",
    "tests/harness/test_windows_probe.py": "plays a Windows on Linux",
    "tests/harness/test_workflows.py": "runs npm's linters and ci/ commands",
    "tests/protocol/test_docs.py": "runs the documentation's shell commands",
    "tests/protocol/test_sweep_native.py": "runs the native build"}

#: Fails if PowerShell's own parser does not understand a script, or PSScriptAnalyzer finds an
#: error.
PARSE = r"""
$ErrorActionPreference = 'Stop'
$bad = 0
foreach ($file in Get-ChildItem -Path 'ci\windows\*.ps1') {
    $errors = $null
    $name = $file.FullName
    [void][Management.Automation.Language.Parser]::ParseFile($name, [ref]$null, [ref]$errors)
    foreach ($each in $errors) {
        Write-Output "$($file.Name):$($each.Extent.StartLineNumber): $($each.Message)"
        $bad = 1
    }
}
if (Get-Module -ListAvailable -Name PSScriptAnalyzer) {
    $found = Invoke-ScriptAnalyzer -Path 'ci\windows' -Recurse -Severity Error
    $found | Format-Table -AutoSize | Out-String -Width 200 | Write-Output
    if ($found) { $bad = 1 }
} else {
    Write-Output 'PSScriptAnalyzer is not installed: only parsed'
}
exit $bad
"""


class Outcome(NamedTuple):
    """What a run of pytest has come to."""
    executed: int
    failed: int
    skipped: Dict[str, int]  #: reasons, and how often each


def read_results(path: Path) -> Outcome:
    """The outcome by pytest's XML."""
    executed = failed = 0
    skipped: Dict[str, int] = collections.Counter()
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        skip = case.find("skipped")
        if skip is not None:
            skipped[skip.get("message") or "no reason"] += 1
            continue
        executed += 1
        failed += case.find("failure") is not None or case.find("error") is not None
    return Outcome(executed, failed, dict(skipped))


def summary(name: str, outcome: Outcome) -> List[str]:
    """The same in lines."""
    lines = [f"{name}: {outcome.executed} tests executed, {outcome.failed} failed, "
             f"{sum(outcome.skipped.values())} skipped"]
    lines += [f"- skipped, {count} times: {reason}" for reason, count in sorted(
        outcome.skipped.items(), key=lambda row: (-row[1], row[0]))]
    if not outcome.executed:
        lines.append("No test was executed: this run has shown nothing.")
    return lines


def report(lines: List[str]) -> None:
    """Print them, and put them onto the page of the job."""
    print("\n".join(lines), flush=True)
    page = os.environ.get("GITHUB_STEP_SUMMARY")
    if page:
        with open(page, "a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


def run_pytest(name: str, arguments: List[str]) -> int:
    """Run it; a run without results, or in which nothing was executed, has failed."""
    build = Path(os.environ.get("GATEHOUSE_BUILD", str(PROJECT / "build" / "mingw")))
    if not (build / "bin" / "bridge.exe").exists():
        print(f"there are no programs in {build}: ci/windows/bundle makes them on Linux",
              file=sys.stderr)
        return COULD_NOT_RUN
    RESULTS.mkdir(parents=True, exist_ok=True)
    results = RESULTS / f"{name}.xml"
    results.unlink(missing_ok=True)
    done = subprocess.run([sys.executable, "-m", "pytest", f"--junitxml={results}", *arguments],
                          cwd=PROJECT, env={**os.environ, "GATEHOUSE_BUILD": str(build)},
                          check=False)
    if not results.exists():
        print(f"pytest ended with {done.returncode} and without results", file=sys.stderr)
        return COULD_NOT_RUN
    outcome = read_results(results)
    report(summary(name, outcome))
    return PASSED if done.returncode == 0 and outcome.executed else FAILED


def set_up(arguments: List[str]) -> int:
    """Install what the tests need."""
    return FAILED if subprocess.run(
        [sys.executable, "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:",
         *arguments, "-r", str(FOLDER / "requirements.txt")], check=False).returncode else PASSED


def scripts(_: List[str]) -> int:
    """Parse our scripts."""
    done = subprocess.run(["pwsh", "-NoProfile", "-NonInteractive", "-Command", PARSE],
                          cwd=PROJECT, check=False)
    return FAILED if done.returncode else PASSED


def fakes(arguments: List[str]) -> int:
    """Run the suite over the fakes."""
    ignored = [f"--ignore-glob={pattern}" for pattern in LEFT_OUT]
    return run_pytest("fakes", ["tests/harness", "tests/protocol", "-q", "-n", str(WORKERS),
                                *ignored, *arguments])


def hardware(arguments: List[str]) -> int:
    """Run the tests on the machine itself, one after the other."""
    return run_pytest("hardware", ["tests/hardware", "-v", *arguments])


COMMANDS: Dict[str, Callable[[List[str]], int]] = {
    "setup": set_up, "scripts": scripts, "fakes": fakes, "hardware": hardware}


def main(arguments: List[str]) -> int:
    """Do what the command line says."""
    if arguments and arguments[0] in ("-h", "--help"):
        print(__doc__)
        return PASSED
    if not arguments or arguments[0] not in COMMANDS:
        print(__doc__, file=sys.stderr)
        return COULD_NOT_RUN
    if sys.platform != "win32":
        print("this runs on Windows alone; on Linux it is `ci/test`", file=sys.stderr)
        return COULD_NOT_RUN
    return COMMANDS[arguments[0]](arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

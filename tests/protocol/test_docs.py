# SPDX-License-Identifier: MIT
"""Every command that the documentation shows in a code block runs as it is printed there.

```sh blocks run in the project's folder, ```bat blocks on Windows, one after the other. Languages
that show no commands (python, text) are skipped, and unknown ones are refused."""
from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Callable, Iterator, List, Tuple

import pytest

from harness.bridge import Bridge, BridgeError
from harness.eventually import HANG, eventually
from harness.fakes import ADMINISTRATOR, PLAIN_USER
from harness.installation import Installation
from harness.process import Process
from harness.runner import PROJECT, Runner
from harness.service import Service, State

PAGES = sorted([PROJECT / "README.md", *PROJECT.glob("docs/*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KNOWN = {"sh", "bat", "python", ""}

#: It is what runs this test.
WHOLE_TEST = "ci/test"

#: Exit codes of gatehouse.exe: when openvpn.exe dies, as it does with the README's configuration,
#: of a kill switch that is not up, of the doctor, and of updates that nobody has allowed.
OPENVPN_FAILED, IS_DOWN, UNHEALTHY, UPDATES_ARE_OFF = 5, 9, 10, 4

#: The doctor misses some services of Windows under Wine, and makes new files only.
REPORT = r"C:\users\Public\doctor.txt"

PRODUCT_KEY = r"HKLM\SOFTWARE\OpenVPN"
PRODUCT_SERVICE = "OpenVPNServiceInteractive"


def commands(language: str) -> List[Tuple[str, str]]:
    """Page and line of all blocks of the language, in reading order."""
    found = []
    for page in PAGES:
        for name, body in BLOCK.findall(page.read_text(encoding="utf-8")):
            if name == language:
                found += [(page.name, line) for line in body.splitlines() if line.strip()]
    return found


def test_every_block_says_what_it_is() -> None:
    for page in PAGES:
        for name, _ in BLOCK.findall(page.read_text(encoding="utf-8")):
            assert name in KNOWN, f"{page.name}: {name}"


def test_pages_link_only_to_what_is_there() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


#: A page and the sections named after it, in a comment that may be wrapped.
CITED = re.compile(r'docs/(\w+\.md)((?:,? (?:and )?"[^"]+")*)')
WRAPPED = re.compile(r"\n[ \t]*(?:\*|#|//)?[ \t]*")


def test_comments_cite_sections_that_are_there() -> None:
    sections = {page.name: set(re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M))
                for page in PAGES}
    missing = []
    for name in subprocess.check_output(["git", "ls-files", "src", "fakes", "tests", "ci"],
                                        cwd=PROJECT, encoding="utf-8").splitlines():
        text = (PROJECT / name).read_bytes().decode("utf-8", "replace")
        for page, cited in CITED.findall(WRAPPED.sub(" ", text)):
            missing += [f'{name}: docs/{page}, "{section}"'
                        for section in re.findall(r'"([^"]+)"', cited) or [""]
                        if page not in sections or section and section not in sections[page]]
    assert not missing


#: Below which folder the names in these columns of docs/security.md's table lie.
NAMED = {2: "src", 3: "tests"}
FILE = re.compile(r"`([\w/]+\.(?:c|py))`")


def named_files(cell: str, folder: str) -> Iterator[Path]:
    """The files that a cell names; one without a folder is in that of the one before it."""
    within = PROJECT / folder
    for name in FILE.findall(cell):
        path = PROJECT / folder / name if "/" in name else within / name
        within = path.parent
        yield path


def test_attacks_name_files_and_tests_that_are_there() -> None:
    page = (PROJECT / "docs" / "security.md").read_text(encoding="utf-8")
    section = page.split("\n## Attacks\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split(" | ") for line in section.splitlines()
            if line.startswith("| ")][1:]
    assert len(rows) > 40
    for row in rows:
        assert len(row) == 4, row
        for column, folder in NAMED.items():
            named = list(named_files(row[column], folder))
            assert named or folder != "tests", row
            assert not [path for path in named if not path.exists()], row


def test_the_test_command_is_there_to_run() -> None:
    assert WHOLE_TEST in [line for _, line in commands("sh")]
    assert os.access(PROJECT / WHOLE_TEST, os.X_OK)


@pytest.mark.parametrize("page, line", [row for row in commands("sh") if row[1] != WHOLE_TEST])
def test_shell_commands_succeed(page: str, line: str) -> None:
    done = subprocess.run(["bash", "-c", line], cwd=PROJECT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                          timeout=14 * HANG, check=False)
    assert done.returncode == 0, f"{page}: {line}\n{done.stdout}"


@pytest.fixture
def windows(make_installation: Callable[..., Installation], runner: Runner
            ) -> Iterator[Installation]:
    """A machine as the README assumes it: OpenVPN's registry key and a configuration."""
    machine = make_installation(settings=(("config_dir", "C:\\Program Files\\OpenVPN\\config"),))
    config = runner.host_path(r"C:\Program Files\OpenVPN\config") / "work.ovpn"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("client\nsetenv GATEHOUSE_DIES_AFTER 1\n", encoding="utf-8")
    config.with_name("home.ovpn").write_text("client\n", encoding="utf-8")
    report = runner.host_path(REPORT)
    report.unlink(missing_ok=True)
    keys = [PRODUCT_KEY, f"{PRODUCT_KEY}$work"]
    for key in keys:
        for name, text in machine.settings().items():
            machine.registry.set_text(key, name, text)
    yield machine
    report.unlink(missing_ok=True)
    for key in keys:
        machine.registry.delete_tree(key)


def start(machine: Installation, bridge: Bridge, line: str, output: str) -> Process:
    """Run the line, with the program from the installation's folder."""
    program, _, rest = line.partition(" ")
    return Process.start(bridge, rf'"{machine.folder}\{program}" {rest}',
                         output=rf"{machine.folder}\log\{output}")


def output_of(machine: Installation, output: str) -> str:
    """The output of a program so far."""
    path: Path = machine.host_folder / "log" / output
    return path.read_bytes().decode("utf-8", "replace") if path.exists() else ""


@pytest.mark.usefixtures("well_known_name")
def test_windows_commands_do_what_the_readme_says(windows: Installation, runner: Runner,
                                                  bridge: Bridge, user_bridge: Bridge) -> None:
    windows.add_program("gatehouse.exe")
    services = [Service(bridge, PRODUCT_SERVICE), Service(bridge, f"{PRODUCT_SERVICE}$work")]
    try:
        for number, (page, line) in enumerate(commands("bat")):
            output = f"docs{number}.txt"
            is_users = line.startswith("gatehouse.exe") and " cleanup" not in line
            expected = (OPENVPN_FAILED if "work.ovpn" in line else
                        IS_DOWN if " isup" in line else
                        UNHEALTHY if " doctor" in line else
                        UPDATES_ARE_OFF if " update --check" in line else 0)
            windows.fakes.personas(PLAIN_USER if is_users else ADMINISTRATOR)
            program = start(windows, user_bridge if is_users else bridge, line, output)
            assert program.wait() == expected, (
                f"{page}: {line}\n{output_of(windows, output)}")
            assert "CONNECTED" in output_of(windows, output) or " connect " not in line, line
            program.close()
        assert runner.host_path(REPORT).stat().st_size
        assert services[0].status().state == State.RUNNING
        assert services[1].status().state == State.STOPPED
    finally:
        for service in services:
            remove(service)
    assert not eventually(windows.differences, lambda rows: not rows)


def remove(service: Service) -> None:
    """Stop and delete the service, wherever the test ended."""
    for step in (lambda: service.control(1), lambda: service.wait(State.STOPPED), service.delete):
        try:
            step()
        except BridgeError:
            pass

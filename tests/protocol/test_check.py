# SPDX-License-Identifier: MIT
"""gatehouse.exe check and import: what a user is told of a profile, and where it goes."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Callable, Iterator, List, Tuple

import pytest

from harness.bridge import Bridge
from harness.installation import Installation
from harness.runner import Runner
from protocol.support import profile_table
from protocol.support.gatehouse_program import Gatehouse, Json, starting
from protocol.support.profile_judge import CORPUS, corpus

DONE, USAGE, REFUSED = 0, 2, 4

Ask = Callable[[str], Tuple[int, str]]

#: One of each kind.
EXAMPLES = ["commercial-udp", "commercial-linux-scripts", "access-server", "ctrl-z", "utf-16",
            "hidden-plugin", "german-names", "commercial-xor"]


@pytest.fixture(name="ask")
def asking(installation: Installation, bridge: Bridge) -> Iterator[Ask]:
    """Runs gatehouse.exe with these arguments: its exit code and output."""
    with starting(lambda arguments: Gatehouse.ask(installation, bridge, arguments)) as start:
        def run(arguments: str) -> Tuple[int, str]:
            program = start(arguments)
            return program.process.wait(), program.text()

        yield run


def put(installation: Installation, name: str, content: bytes) -> str:
    """A file in the installation's folder: its path."""
    (installation.host_folder / name).write_bytes(content)
    return rf"{installation.folder}\{name}"


def said(report: Json) -> str:
    """The lines of a report, as verdicts.txt has them."""
    lines: List[str] = []
    for line in report["lines"]:
        parts = [line["line"], line["verdict"].replace("_", "-"), line.get("directive", ""),
                 line.get("argument", "")]
        lines.append(" ".join(str(part) for part in parts if part))
    return "; ".join(lines) or "nothing"


@pytest.mark.parametrize("name", EXAMPLES)
def test_check_says_what_is_to_be_said_of_each_line(installation: Installation, ask: Ask, name: str
                                                    ) -> None:
    profile = CORPUS / f"{name}.ovpn"
    path = put(installation, "check.ovpn", profile.read_bytes())
    exit_code, text = ask(f'check --json "{path}"')
    report = json.loads(text)
    assert said(report) == corpus()[profile]
    assert report["schema"] == 1 and report["file"] == path
    assert report["may_run"] == all(line["verdict"] == "left_out" for line in report["lines"])
    assert exit_code == (DONE if report["may_run"] else REFUSED)
    assert all(line["what"] and line["advice"] for line in report["lines"])


def test_check_speaks_to_people(installation: Installation, ask: Ask) -> None:
    path = put(installation, "people.ovpn",
               b"client\nup evil.exe\nuser nobody\nremote a 99999\ngarble\n")
    exit_code, text = ask(f'check "{path}"')
    assert exit_code == REFUSED
    assert text.splitlines()[0].startswith("line 2, up: refused: it runs a program or loads code")
    assert "line 3, user: left out: it has no meaning on Windows" in text
    assert "line 4, remote: refused: argument 2: " in text
    assert "line 5, garble: unknown: " in text
    assert text.splitlines()[-1] == f"{path}: it may not run for a user without special rights."


def test_check_never_shows_what_may_be_a_secret(installation: Installation, ask: Ask) -> None:
    secret = b"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ"
    path = put(installation, "secret.ovpn", b"client\n" + secret + b"\nauth-token [[INLINE]] " +
               secret + b"\naskpass \"" + secret + b"\n")
    for more in ("", " --json"):
        exit_code, text = ask(f'check "{path}"{more}')
        assert exit_code == REFUSED and secret.decode() not in text


@pytest.mark.parametrize("arguments", ["check", "check --rules x.ovpn", "check x y", "import",
                                       "check C:\\no-such-file.ovpn", "check --name x y"])
def test_wrong_command_lines_are_told(ask: Ask, arguments: str) -> None:
    assert ask(arguments)[0] == USAGE


def test_rules_are_shown_to_people_too(ask: Ask) -> None:
    exit_code, text = ask("check --rules")
    assert exit_code == DONE
    assert any(line.startswith("allowed   remote ADDRESS [1-65535] [udp|") for line in
               text.splitlines())
    assert "refused   plugin: it runs a program or loads code into openvpn" in text


# ---- import ----

@pytest.fixture(name="folder")
def users_folder(runner: Runner, bridge: Bridge) -> Iterator[Path]:
    """The user's own folder for configurations, without what the test has put there."""
    del bridge
    profile = next(each for each in (runner.host_path(r"C:\users")).iterdir()
                   if (each / "AppData").exists() and each.name.lower() != "public")
    folder = profile / "OpenVPN" / "config"
    yield folder
    for name in ("check-import.ovpn", "check-renamed.ovpn"):
        (folder / name).unlink(missing_ok=True)


def test_import_puts_a_checked_profile_where_list_finds_it(installation: Installation, ask: Ask,
                                                           folder: Path) -> None:
    content = b"client\nremote vpn.example.org\n# mine\n"
    path = put(installation, "check-import.ovpn", content)
    exit_code, text = ask(f'import --json "{path}"')
    assert exit_code == DONE
    assert json.loads(text)["imported"].endswith(r"\OpenVPN\config\check-import.ovpn")
    assert (folder / "check-import.ovpn").read_bytes() == content
    assert ask(f'import "{path}"')[0] == USAGE, "never in the place of another file"
    assert ask(f'import "{path}" --name check-renamed')[0] == DONE
    listed = json.loads(ask("list --json")[1])["configs"]
    assert {"check-import", "check-renamed"} <= {config["name"] for config in listed}


@pytest.mark.parametrize("name", ["..\\evil", "a:b", "x.", "con*"])
def test_import_takes_no_name_that_leads_elsewhere(installation: Installation, ask: Ask, name: str
                                                   ) -> None:
    path = put(installation, "check-import.ovpn", b"client\n")
    assert ask(f'import "{path}" --name "{name}"')[0] == USAGE


def test_import_refuses_what_may_not_run(installation: Installation, ask: Ask, folder: Path
                                         ) -> None:
    path = put(installation, "check-import.ovpn", b"client\nplugin x.dll\n")
    exit_code, text = ask(f'import "{path}"')
    assert exit_code == REFUSED and "line 2, plugin: refused" in text
    assert not (folder / "check-import.ovpn").exists()


def test_table_of_the_documentation_is_that_of_the_program(ask: Ask) -> None:
    exit_code, text = ask("check --rules --json")
    assert exit_code == DONE
    rows = json.loads(text)["directives"]
    assert len(rows) == len({row["name"] for row in rows}) > 200
    assert profile_table.shown() == profile_table.table(rows), profile_table.__doc__

# SPDX-License-Identifier: MIT
"""The report of gatehouse doctor: what is in it, and what is left out."""
from __future__ import annotations

import os
import shutil

from protocol.support.doctor import DONE, UNHEALTHY, Machine, SessionMaker

SECRETS = ("hunter2", "SESS_ID_AT_abcdefgh", "0123456789abcdef0123456789abcdef", "203.0.113.77",
           "alice@mail.example", "TheKeyItself")

LOG = r"""2026-11-28 10:00:00 OpenVPN 2.7.0 [git:v2.7.0] Windows
2026-11-28 10:00:01 MANAGEMENT: CMD 'username "Auth" "hunter2"'
2026-11-28 10:00:02 TCP/UDP: Preserving recently used remote address: [AF_INET]203.0.113.77:1194
2026-11-28 10:00:03 VERIFY OK: depth=0, CN=alice@mail.example
2026-11-28 10:00:04 PUSH: Received control message: 'PUSH_REPLY,route 10.1.0.0,auth-token {token}'
2026-11-28 10:00:05 key 0123456789abcdef0123456789abcdef
-----BEGIN PRIVATE KEY-----
TheKeyItself
-----END PRIVATE KEY-----
2026-11-28 10:00:06 Initialization Sequence Completed
"""


def write_log(machine: Machine) -> str:
    """A log of openvpn.exe with secrets, and an older one; returns the folder of user data."""
    folder = machine.host / "local" / "Gatehouse" / "log"
    shutil.rmtree(machine.host / "local", ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "older.log").write_text("The older log\n")
    (folder / "home.log").write_text(LOG.replace("{token}", SECRETS[1]))
    os.utime(folder / "older.log", (1, 1))
    return rf"{machine.folder}\local"


def report(machine: Machine, more: str = "") -> str:
    """Run it, and return the report."""
    path = machine.host / "log" / "report.txt"
    path.unlink(missing_ok=True)
    local = write_log(machine)
    outcome = machine.run(rf"--report {machine.folder}\log\report.txt {more}", local=local)
    assert outcome.exit_code == DONE, outcome.output
    return path.read_text(encoding="utf-8")


def test_a_report_has_everything(machine: Machine, open_session: SessionMaker) -> None:
    machine.write_event("It did not work")
    session = open_session()
    text = report(machine)
    session.end()
    parts = [line for line in text.splitlines() if line.startswith("== ")]
    assert parts == ["== doctor ==", "== status ==", "== events ==", "== log =="]
    for words in ("Report of gatehouse doctor, version 0.1.0", "ok       service.running",
                  f"process {session.openvpn.process}", "error It did not work: The reason (0x5)",
                  "Initialization Sequence Completed", "OpenVPN 2.7.0 [git:v2.7.0] Windows",
                  "route 10.1.0.0"):
        assert words in text
    assert "The older log" not in text


def test_a_report_leaves_secrets_and_names_out(machine: Machine, open_session: SessionMaker
                                               ) -> None:
    machine.write_event("Authorizing user 'bob@CORP' from 203.0.113.77, token=hunter2", kind=4)
    session = open_session()
    user = session.openvpn.describe()["user"]
    text = report(machine)
    session.end()
    assert [secret for secret in (*SECRETS, "bob@CORP", user) if secret in text] == []
    assert text.count("<address 1>") == 2
    assert "PUSH_REPLY,route 10.1.0.0,auth-token " in text
    assert "\x1b" not in text


def test_a_report_overwrites_nothing(machine: Machine) -> None:
    path = machine.host / "log" / "report.txt"
    path.write_text("precious")
    outcome = machine.run(rf"--json --report {machine.folder}\log\report.txt")
    assert outcome.exit_code == 1
    assert path.read_text() == "precious"
    assert "does not exist yet" in outcome.output


def test_a_report_needs_no_service_and_no_log(machine: Machine) -> None:
    machine.stop()
    path = machine.host / "log" / "report.txt"
    path.unlink(missing_ok=True)
    outcome = machine.run(rf"--report {machine.folder}\log\report.txt",
                          local=rf"{machine.folder}\nowhere")
    assert outcome.exit_code == UNHEALTHY
    text = path.read_text(encoding="utf-8")
    assert "failure  service.running" in text
    assert "There is no log of openvpn.exe" in text

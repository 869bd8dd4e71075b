# SPDX-License-Identifier: MIT
"""gatehouse.exe with the service: what its user sees, and that no change is left behind."""
from __future__ import annotations

import json
import shlex
import signal
import subprocess
from typing import Callable, List

import pytest

from harness import process
from harness.bridge import Bridge, BridgeError
from harness.fakes import PLAIN_USER
from harness.installation import Installation
from harness.pipe import Pipe
from harness.runner import Runner, build_folder
from harness.service import CONTROL_STOP, State
from protocol.support.gatehouse_program import Gatehouse

Connect = Callable[..., Gatehouse]
Run = Callable[[str], Gatehouse]

DONE, USAGE, NO_SERVICE, REFUSED, OPENVPN, TIMED_OUT = 0, 2, 3, 4, 5, 7
WAIT_TIMEOUT, SERVICE_NOT_ACTIVE, WRONG_TARGET_NAME = 258, 1062, 1396
STARTUP_DATA = 0x20000001

STATES = ["STARTED", "CONNECTING", "WAIT", "AUTH", "GET_CONFIG", "ASSIGN_IP", "ADD_ROUTES",
          "CONNECTED"]


def start_here(runner: Runner, installation: Installation, arguments: str
               ) -> "subprocess.Popen[str]":
    """The same as a direct child, with standard input and Ctrl-C, but as an administrator."""
    program = build_folder() / "bin" / "gatehouse.exe"
    command = runner.command(program, "connect", *shlex.split(arguments), "--json", "--instance",
                             installation.instance, "--log",
                             rf"{installation.folder}\log\client.log")
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            env=runner.environment(), encoding="utf-8")


def read_until(client: "subprocess.Popen[str]", state: str) -> List[str]:
    """Read states up to this one, or to the end."""
    assert client.stdout
    states: List[str] = []
    for line in client.stdout:
        states.append(json.loads(line)["state"])
        if states[-1] == state:
            break
    return states


@pytest.mark.parametrize("end", ["ctrl_c", "stdin"])
def test_connection_is_shown_and_undone_at_its_end(runner: Runner, installation: Installation,
                                                   end: str) -> None:
    config = installation.write_config("B\u00fcro & \u0395 home.ovpn", "client\n")
    more = "--until-stdin-closes" if end == "stdin" else "--verb 4"
    client = start_here(runner, installation, f"'{config}' {more}")
    assert read_until(client, "CONNECTED") == STATES
    assert any("10.8.0" in line for line in installation.differences())

    assert client.stdin
    if end == "stdin":
        client.stdin.close()
    else:
        client.send_signal(signal.SIGINT)
    assert read_until(client, "") == ["DISCONNECTING", "EXITING", "DISCONNECTED"]
    assert client.wait() == DONE
    assert not installation.differences(), "the end is reported only after the undo"
    client.stdin.close()
    assert client.stdout
    client.stdout.close()


def test_death_of_openvpn_is_reported_with_its_log(installation: Installation, bridge: Bridge,
                                                   connect: Connect) -> None:
    client = connect(f'"{installation.write_config("home.ovpn", "client")}"')
    client.wait_for("CONNECTED")
    process.kill(bridge, client.lines()[0]["process"])
    failure = client.failure(OPENVPN)
    assert failure["log"].endswith("client.log")
    assert client.states()[-1] == "DISCONNECTED"


def test_config_elsewhere_is_refused_with_advice(installation: Installation,
                                                 connect: Connect) -> None:
    (installation.host_folder / "log" / "elsewhere.ovpn").write_text("client\n")
    failure = connect(rf'"{installation.folder}\log\elsewhere.ovpn"').failure(REFUSED)
    assert failure["code"] == STARTUP_DATA
    assert "config file location" in failure["what"]
    assert "config folder" in failure["advice"]


def test_option_is_refused_with_advice(installation: Installation, connect: Connect) -> None:
    config = installation.write_config("home.ovpn", "client\n")
    failure = connect(f'"{config}" --up evil.exe').failure(REFUSED)
    assert "--up" in failure["what"]
    assert "group" in failure["advice"]


def test_missing_openvpn_is_reported_with_where_to_look(installation: Installation,
                                                        connect: Connect) -> None:
    installation.fakes.fail("CreateProcessAsUserW", 2)
    failure = connect(f'"{installation.write_config("home.ovpn", "client")}"').failure(OPENVPN)
    assert failure["code"] == 2
    assert "exe_path" in failure["advice"]


def test_missing_config_is_a_usage_error(connect: Connect) -> None:
    failure = connect(r"C:\nowhere\home.ovpn").failure(USAGE)
    assert "home.ovpn" in failure["what"]


@pytest.mark.parametrize("name, words", [
    (r"{folder}\config", "This is a folder, not a file: "),
    (r"{folder}\config\\", "This is a folder, not a file: "),
    (".", "This is a folder, not a file: "),
    (r"{folder}\nowhere\home.ovpn", "The folder of this file does not exist: "),
    ("nowhere.ovpn", "There is no such file: nowhere.ovpn"),
    ("", "the name of the configuration file is empty")])
def test_what_is_no_config_is_said(installation: Installation, connect: Connect, name: str,
                                   words: str) -> None:
    failure = connect(f'"{name.format(folder=installation.folder)}"').failure(USAGE)
    assert words in failure["what"]


def test_a_folder_is_no_log(installation: Installation, run: Run) -> None:
    config = installation.write_config("home.ovpn", "client\n")
    client = run(rf'connect "{config}" --json "--log={installation.folder}\log"')
    assert "This is a folder, not a file: " in client.failure(USAGE)["what"]


def test_values_may_follow_an_equals_sign(installation: Installation, run: Run) -> None:
    config = installation.write_config("home.ovpn", "client\nsetenv GATEHOUSE_DIES_AFTER 1\n")
    installation.fakes.personas(PLAIN_USER)
    client = run(rf'connect --json --instance={installation.instance} --timeout=60 "{config}" '
                 rf'"--log={installation.folder}\log\client.log" --verb=4')
    assert "CONNECTED" in client.states(), client.text()


@pytest.mark.parametrize("arguments, words", [
    ("connect --jsn --json home.ovpn", "unknown option: --jsn"),
    ("connect --json", "the name of the configuration file is missing"),
    ("connect home.ovpn office.ovpn --json", "quotes: office.ovpn"),
    (r"connect --json C:\Program Files\OpenVPN\config\work.ovpn", r"quotes: Files\OpenVPN"),
    ("connect home.ovpn --timeout --json", "this option needs a value"),
    ("version --json --user x", "unknown option: --user"), ("--json", "unknown option: --json"),
    ("help --json", "unknown option: --json"), ("conect --json", "unknown command: conect")])
def test_a_usage_error_is_one_object(run: Run, arguments: str, words: str) -> None:
    client = run(arguments)
    assert words in client.failure(USAGE)["what"]
    assert len(client.lines()) == 1
    assert f"gatehouse: {client.lines()[0]['what']}\n" in client.text(), "people read it, too"


@pytest.mark.parametrize("arguments, words", [
    ("", "name a command"), ("help conect", "unknown command: conect"),
    ("connect home.ovpn office.ovpn", "quotes: office.ovpn"),
    ("connect home.ovpn -- --json office.ovpn --management x", "management interface")])
def test_a_usage_error_without_json_is_for_people(run: Run, arguments: str, words: str) -> None:
    client = run(arguments)
    assert client.process.wait() == USAGE
    assert not client.lines()
    assert words in client.text() and "See: gatehouse help" in client.text()


OPTIONS = ["--instance", "--user", "--timeout", "--log", "--log-append", "--json",
           "--until-stdin-closes", "--detach", "--keep", "--kill-switch", "--allow-lan",
           "--release", "--remote-ok", "--help"]


@pytest.mark.parametrize("arguments, words", [
    ("help", ["connect", "status", "disconnect", "list", "firewall", "cleanup", "version",
              "help", *(f"  {code}  " for code in range(12))]),
    ("help connect", [*OPTIONS, "--name=VALUE", *(f"  {code}  " for code in range(10))]),
    ("help status", ["--quiet", "--watch", "--json", "  9  "]), ("stop -h", ["--all", "--wait"]),
    ("help firewall", ["start", "stop", "isup", "lockdown", "allow-lan", "remote-ok", "restart",
                       "--for", "--json", "  11  "]),
    ("list --help", ["--json"]), ("cleanup --help", ["--json", "  1  "]),
    ("connect --help", OPTIONS), ("help version", ["--json"]), ("version -h", ["--json"]),
    ("help help", ["usage: gatehouse help"]), ("--version", ["gatehouse "])])
def test_help_names_everything(run: Run, arguments: str, words: List[str]) -> None:
    client = run(arguments)
    assert client.process.wait() == DONE
    assert [word for word in words if word not in client.text()] == []


def test_stopped_service_is_reported_with_how_to_start_it(installation: Installation,
                                                          connect: Connect) -> None:
    config = installation.write_config("home.ovpn", "client\n")
    installation.stop()
    failure = connect(f'"{config}"').failure(NO_SERVICE)
    assert failure["code"] == SERVICE_NOT_ACTIVE
    assert f'net start "{installation.service.name}"' in failure["advice"]


@pytest.mark.parametrize("change, call", [("start", "ConnectNamedPipe"),
                                          ("stop", "DisconnectNamedPipe")])
def test_a_service_that_starts_or_stops_is_not_taken_for_another_program(
        installation: Installation, connect: Connect, change: str, call: str) -> None:
    """Its pipe is there already, or still."""
    config = installation.write_config("home.ovpn", "client\n")
    if change == "start":
        installation.stop()
    installation.fakes.fault(call, "block")
    if change == "start":
        installation.service.start()
    else:
        installation.service.control(CONTROL_STOP)
    installation.fakes.wait_blocked(call)
    try:
        failure = connect(f'"{config}" --timeout 2').failure(TIMED_OUT)
    finally:
        installation.fakes.clear_faults()
        installation.service.wait(State.RUNNING if change == "start" else State.STOPPED)
    assert failure["code"] == WAIT_TIMEOUT
    assert "starting or busy" in failure["advice"]


def test_a_client_of_a_starting_service_is_served_when_that_runs(
        installation: Installation, connect: Connect) -> None:
    config = installation.write_config("home.ovpn", "client\n")
    installation.stop()
    installation.fakes.fault("ConnectNamedPipe", "block")
    installation.service.start()
    installation.fakes.wait_blocked("ConnectNamedPipe")
    client = connect(f'"{config}"')
    installation.fakes.clear_faults()
    client.wait_for("CONNECTED")


def test_nothing_is_sent_to_another_process_with_the_pipe(installation: Installation,
                                                          bridge: Bridge,
                                                          connect: Connect) -> None:
    config = installation.write_config("home.ovpn", "client\n")
    installation.stop()
    squatter = Pipe.create(bridge, installation.pipe_name)
    try:
        client = connect(f'"{config}"')
        squatter.accept()
        with pytest.raises(BridgeError) as caught:
            squatter.read()
        assert caught.value.code == 109, "the client leaves without a word"
        assert client.failure(NO_SERVICE)["code"] == WRONG_TARGET_NAME
    finally:
        squatter.close()

# SPDX-License-Identifier: MIT
"""Which options a user without rights may pass on, and that exactly the checked tokens are used:
docs/protocol.md, "Option check"."""
from __future__ import annotations

import re
from typing import Callable, List

import pytest

from harness.bridge import Bridge
from harness.client import startup
from harness.fakes import ADMINISTRATOR
from harness.installation import Installation
from protocol.support.raw_client import (QUIET_USER, Caller, config_missing, config_refusal,
                                         data_error, option_refusal)

#: No other service allows it.
OURS = "--management-query-remote"

#: Every allowed option as clients use it, and the arguments that openvpn.exe gets.
ALLOWED = {
    "--auth-retry interact": ["--auth-retry", "interact"],
    r"--log C:\windows\temp\a.log": ["--log", r"C:\windows\temp\a.log"],
    r"--log-append C:\windows\temp\a.log": ["--log-append", r"C:\windows\temp\a.log"],
    "--management 127.0.0.1 25340 stdin": ["--management", "127.0.0.1", "25340", "stdin"],
    "--management-forget-disconnect": ["--management-forget-disconnect"],
    "--management-hold": ["--management-hold"],
    "--management-query-passwords": ["--management-query-passwords"],
    "--management-query-proxy": ["--management-query-proxy"],
    "--management-signal": ["--management-signal"],
    "--management-up-down": ["--management-up-down"],
    "--mute 20": ["--mute", "20"],
    "--setenv IV_SSO openurl,webauth,crtext": ["--setenv", "IV_SSO", "openurl,webauth,crtext"],
    "--service 2f8a1b3c 0": ["--service", "2f8a1b3c", "0"],
    "--verb 3": ["--verb", "3"],
    "--pull-filter ignore route-method": ["--pull-filter", "ignore", "route-method"],
    "--script-security 0": ["--script-security", "0"],
    OURS: [OURS],
}

REFUSED = [
    # options that run programs or load code
    "up", "down", "ipchange", "route-up", "route-pre-down", "tls-verify", "auth-user-pass-verify",
    "client-connect", "client-disconnect", "learn-address", "plugin", "iproute", "pkcs11-providers",
    "engine", "providers", "tls-export-cert", "tls-crypt-v2-verify", "client-crresponse",
    # options that read or write files
    "cd", "chroot", "writepid", "status", "secret", "ca", "cert", "key", "auth-user-pass",
    "askpass", "tmp-dir", "http-proxy-user-pass", "capath", "crl-verify", "replay-persist",
    "ifconfig-pool-persist",
    # options that say where to connect, or change the machine
    "remote", "proto", "dev", "dev-node", "route", "redirect-gateway", "block-outside-dns",
    "register-dns", "dhcp-option", "ip-win32", "route-method", "windows-driver", "show-adapters",
    "client", "server", "msg-channel", "setenv-safe", "management-client", "management-log-cache",
    "management-client-auth", "management-client-user", "daemon", "inetd", "rmtun", "mktun",
    # nearly allowed
    "Verb", "VERB", "verbose", "ver", "config-x", "pull-filter2", "log-appen", "", "-verb", " verb",
    "verb=3", "setenv\t", "\uff56\uff45\uff52\uff42",
]


def quoted(token: str) -> str:
    """Quotes a token in the form that all run-times agree on: backslashes are doubled before a
    quote."""
    inner = re.sub(r'(\\*)"', r'\1\1\\"', token)
    return '"' + re.sub(r"(\\+)$", r"\1\1", inner) + '"'


# ---- the list

@pytest.mark.parametrize("options", ALLOWED)
def test_allowed_option_arrives(caller: Caller, options: str) -> None:
    given = caller.arguments('--config "{config}" ' + options)
    assert given[2:] == ALLOWED[options]


def test_all_allowed_options_together_arrive_in_their_order(caller: Caller) -> None:
    options = [line for line in ALLOWED if not line.startswith(("--service", OURS))]
    given = caller.arguments(" ".join(options) + ' --config "{config}"')
    assert given[:-2] == [token for line in options for token in ALLOWED[line]]


def test_options_of_openvpn_gui_arrive(caller: Caller) -> None:
    given = caller.arguments(
        r'--log "C:\windows\temp\a b.log" --config "{config}" --setenv IV_GUI_VER '
        '"OpenVPN GUI 11.50.0" --setenv IV_SSO openurl,webauth,crtext --service 1f40abc 0 '
        "--auth-retry interact --management 127.0.0.1 25340 stdin --management-query-passwords "
        "--management-hold --pull-filter ignore route-method", stdin="0123456789abcde\n")
    assert given[1] == r"C:\windows\temp\a b.log"
    assert given[4:7] == ["--setenv", "IV_GUI_VER", "OpenVPN GUI 11.50.0"]
    assert given[-4:] == ["--management-hold", "--pull-filter", "ignore", "route-method"]


@pytest.mark.parametrize("name", REFUSED)
def test_other_option_is_refused_by_its_name(caller: Caller, name: str) -> None:
    raw = caller.ask(quoted(f"--{name}") + " x")
    assert raw == option_refusal(f"--{name}".replace("\t", "?"))


@pytest.mark.parametrize("options, first", [
    ("--verb 3 --up x", "--up"),
    ("--up x --down y", "--up"),
    ("--verb --up", "--up"),
    ("--setenv A --plugin", "--plugin"),
    ("--setenv A B C D --cd x", "--cd"),
    ("--management 127.0.0.1 1 --plugin x", "--plugin"),
    ("--log --plugin", "--plugin"),
], ids=str)
def test_option_is_refused_wherever_it_stands(caller: Caller, options: str, first: str) -> None:
    assert caller.ask(options) == option_refusal(first)


@pytest.mark.parametrize("setting, is_allowed", [("1", True), ("0", False)])
def test_whether_a_client_is_asked_for_the_server_is_a_setting(
        make_installation: Callable[..., Installation], bridge: Bridge, user_bridge: Bridge,
        setting: str, is_allowed: bool) -> None:
    made = make_installation(settings=(("query_remote", setting),))
    made.fakes.personas(QUIET_USER)
    made.start()
    caller = Caller(made, bridge, user_bridge)
    option = "--management-query-remote"
    if is_allowed:
        assert caller.arguments('--config "{config}" ' + option)[2:] == [option]
    else:
        assert caller.ask(f"--verb 3 {option}") == option_refusal(option)
    caller.close()


def test_options_of_bitmask_are_refused_by_the_first(caller: Caller) -> None:
    assert caller.ask("--client --dev tun --block-outside-dns --redirect-gateway "
                      "--script-security 0") == option_refusal("--client")


def test_refusal_starts_nothing(caller: Caller) -> None:
    caller.ask("--up x")
    assert not caller.installation.record.calls("CreateProcessAsUserW")


def test_only_the_refused_option_is_logged(caller: Caller) -> None:
    caller.installation.fakes.personas(QUIET_USER)
    caller.reply_to(startup(caller.directory, "--verb 3 --setenv KEY token99 --up x", "password99"))
    caller.installation.record.wait_for("ReportEventW")
    events = "\n".join(caller.installation.record.events())
    assert "(--up)" in events
    assert "99" not in events


# ---- --setenv opt

@pytest.mark.parametrize("options", [
    "--setenv opt plugin", "--setenv opt", '--setenv "opt" up x', '--setenv o"p"t up x',
    '"--setenv" opt up', '--set"env" opt', "--verb 3 --setenv opt up x",
    "--setenv A b --setenv opt up", "--setenv\topt up",
], ids=str)
def test_setenv_opt_is_refused(caller: Caller, options: str) -> None:
    assert caller.ask(options) == option_refusal("--setenv")


@pytest.mark.parametrize("options, given", [
    ("--setenv OPT up", ["--setenv", "OPT", "up"]),
    ("--setenv Opt up", ["--setenv", "Opt", "up"]),
    ("--setenv opts up", ["--setenv", "opts", "up"]),
    ("--setenv A opt", ["--setenv", "A", "opt"]),
    ('--setenv " opt" up', ["--setenv", " opt", "up"]),
    ("--auth-retry opt", ["--auth-retry", "opt"]),
], ids=str)
def test_what_only_looks_like_setenv_opt_is_passed(caller: Caller, options: str, given: List[str]
                                                   ) -> None:
    assert caller.arguments('--config "{config}" ' + options)[2:] == given


def test_administrator_may_use_setenv_opt(caller: Caller) -> None:
    caller.installation.fakes.personas(ADMINISTRATOR)
    given = caller.arguments('--config "{config}" --setenv opt route-nopull')
    assert given[2:] == ["--setenv", "opt", "route-nopull"]


# ---- wildcards and control characters

@pytest.mark.parametrize("options, value", [
    ("--setenv A *", "*"), ("--log *.log", "*.log"), ("--setenv A b?", "b?"),
    ('--log "*"', "*"), ('--log "a b*"', "a b*"), ("--management * 1 stdin", "*"),
    ("--verb 3 *", "*"), ("--setenv A B C *", "*"),
], ids=str)
def test_wildcard_is_refused(caller: Caller, options: str, value: str) -> None:
    (caller.installation.host_folder / "config" / "--up").write_text("x")
    assert caller.ask(options) == option_refusal(value)


def test_wildcard_in_a_config_is_refused(caller: Caller) -> None:
    caller.installation.write_config("home.ovpn", "client\n")
    assert caller.ask("--config hom?.ovpn") == config_refusal("hom?.ovpn", caller.directory)


@pytest.mark.parametrize("options, value", [
    ('--setenv A "b\nc"', "b?c"), ('--setenv A "\r"', "?"), ('--log "a\x01"', "a?"),
    ('--setenv A "b\tc"', "b?c"), ("--setenv A \nb", "?b"),
], ids=["lf", "cr", "low", "tab", "lf in front"])
def test_control_character_is_refused(caller: Caller, options: str, value: str) -> None:
    assert caller.ask(options) == option_refusal(value)


# ---- values

@pytest.mark.parametrize("options, value", [
    ("verb 3", "verb"), ("x --verb 3", "x"), ("-v 3", "-v"), ("/verb 3", "/verb"),
    ('"" --verb 3', ""), ("- --verb", "-"), ("\u2013-verb 3", "\u2013-verb"),
], ids=str)
def test_value_before_the_first_option_is_refused(caller: Caller, options: str, value: str) -> None:
    assert caller.ask(options) == option_refusal(value)


@pytest.mark.parametrize("options", ["", " ", "\t \t"], ids=["none", "blank", "blanks"])
def test_no_options_are_refused_as_a_missing_config(caller: Caller, options: str) -> None:
    assert caller.ask(options) == config_refusal("", caller.directory)


def test_config_without_a_value_is_refused(caller: Caller) -> None:
    assert caller.ask("--verb 3 --config") == config_refusal("", caller.directory)


def test_config_followed_by_an_option_is_refused(caller: Caller) -> None:
    assert caller.ask("--config --verb 3") == config_refusal("--verb", caller.directory)


# ---- one token

def test_single_token_becomes_the_config(caller: Caller) -> None:
    name = "single.ovpn"
    assert caller.arguments(name, file=rf"config\{name}") == [
        "--config", rf"{caller.directory}\{name}"]


@pytest.mark.parametrize("around", ["{}", '"{}"', "  {}\t", ' "{}" '], ids=str)
def test_single_token_may_be_quoted_and_surrounded_by_blanks(caller: Caller, around: str) -> None:
    name = "single.ovpn"
    assert caller.arguments(around.format(name), file=rf"config\{name}") == [
        "--config", rf"{caller.directory}\{name}"]


def test_single_token_is_checked_as_a_config(caller: Caller) -> None:
    assert caller.ask(r"C:\windows\win.ini") == config_refusal(r"C:\windows\win.ini",
                                                               caller.directory)


def test_single_option_is_not_a_config(caller: Caller) -> None:
    assert caller.ask("--up") == option_refusal("--up")


def test_single_token_of_an_administrator_becomes_the_config_too(caller: Caller) -> None:
    caller.installation.fakes.personas(ADMINISTRATOR)
    assert caller.arguments("{config}", file=r"log\single.ovpn") == [
        "--config", rf"{caller.installation.folder}\log\single.ovpn"]


# ---- what was checked is what openvpn.exe gets

#: CommandLineToArgvW parses the first token by the rules for a program's name, the child's run-time
#: does not. Lines on which they differ, with the run-time's tokens and the token that is refused.
FIRST_TOKENS = {
    r'"--verb\" 3" --mute 1': (['--verb" 3', "--mute", "1"], '--verb" 3'),
    r'--"up" x': (["--up", "x"], "--up"),
    r'--"verb 3 --up"': (["--verb 3 --up"], "--verb 3 --up"),
    r'""--up x': (["--up", "x"], "--up"),
    r'--u""p x': (["--up", "x"], "--up"),
    r'"x\" y" --up "z"': (['x" y', "--up", "z"], 'x" y'),
    r'a"b c" --verb 3': (["ab c", "--verb", "3"], "ab c"),
    r'"\" x" --up "y"': (['" x', "--up", "y"], '" x'),
    r'\"--verb 3': (['"--verb', "3"], '"--verb'),
}

#: Lines that a user without rights may not use, with their tokens and the token that is refused.
SMUGGLED = {
    r'--setenv A C:\x\ --up y': (["--setenv", "A", "C:\\x\\", "--up", "y"], "--up"),
    r'--setenv A "C:\x\\" --up y': (["--setenv", "A", "C:\\x\\", "--up", "y"], "--up"),
    r'--setenv A "b" "--up" y': (["--setenv", "A", "b", "--up", "y"], "--up"),
    r'--setenv A b"" --u"p y': (["--setenv", "A", "b", "--up y"], "--up y"),
}

#: Lines that look worse than they are, with their tokens.
HARMLESS = {
    r'--setenv A \"': ["--setenv", "A", '"'],
    r'--setenv A \\"b c\\"': ["--setenv", "A", "\\b c\\"],
    r'--setenv A "b""c"': ["--setenv", "A", 'b"c'],
    r'--setenv A "b c': ["--setenv", "A", "b c"],
    r'--setenv A "C:\x\" --up y': ["--setenv", "A", 'C:\\x" --up y'],
    r'--setenv A \\\"b': ["--setenv", "A", '\\"b'],
    "--setenv A \u00a0--up": ["--setenv", "A", "\u00a0--up"],
    "--setenv A\u3000--up x": ["--setenv", "A\u3000--up", "x"],
}

REFUSED_LINES = {**FIRST_TOKENS, **SMUGGLED}

#: openvpn.exe ends when its first argument is not an option.
RUNNING_LINES = {line: tokens for line, (tokens, _) in REFUSED_LINES.items()
                 if tokens[0].startswith("--") and line.count('"') % 2 == 0}


@pytest.mark.parametrize("options", REFUSED_LINES)
def test_tokens_are_checked_as_the_child_would_see_them(caller: Caller, options: str) -> None:
    assert caller.ask(options) == option_refusal(REFUSED_LINES[options][1])


def test_token_that_is_a_value_only_for_the_child_is_a_config(caller: Caller) -> None:
    assert caller.ask(r'\\"--verb 3"') == config_refusal(r"\--verb 3", caller.directory)


@pytest.mark.parametrize("options", HARMLESS)
def test_child_gets_the_tokens_that_were_checked(caller: Caller, options: str) -> None:
    given = caller.arguments('--verb 4 --config "{config}" ' + options)
    assert given[4:] == HARMLESS[options]


@pytest.mark.parametrize("options", RUNNING_LINES)
def test_child_of_an_administrator_gets_the_tokens_of_the_run_time(caller: Caller, options: str
                                                                   ) -> None:
    caller.installation.fakes.personas(ADMINISTRATOR)
    assert caller.arguments(options + ' --config "{config}"')[:-2] == RUNNING_LINES[options]


@pytest.mark.parametrize("value", [
    "", " ", "a b", 'a"b', '"', '""', "\\", "\\\\", 'a\\"b', "a\\", "a b\\", "-", "%PATH%", "^",
    "&calc", "|", ">x", "$(x)", "`x`", "'", "a'b c'", "\u00e4\u65e5\U0001F600", "@file", ";", "#",
    "\u200b", "\u2028", "!x!",
], ids=repr)
def test_value_arrives_as_it_is(caller: Caller, value: str) -> None:
    given = caller.arguments(f'--config "{{config}}" --setenv A {quoted(value)}')
    assert given[2:] == ["--setenv", "A", value]


# ---- length and language

def test_longest_line_arrives_complete(caller: Caller) -> None:
    fixed = len(startup(caller.directory, '--config "" --setenv A ')) // 2
    value = "v" * (4096 - fixed - 80)
    given = caller.arguments('--config "{config}" --setenv A ' + value)
    assert given[2:] == ["--setenv", "A", value]


def test_line_that_grows_by_quoting_arrives_complete(caller: Caller) -> None:
    values = ["a"] * 1800
    given = caller.arguments('--config "{config}" --setenv ' + " ".join(values))
    assert given[3:] == values


def test_line_of_backslashes_and_quotes_arrives_complete(caller: Caller) -> None:
    values = ['\\"'] * 600
    given = caller.arguments('--config "{config}" --setenv ' + " ".join(['\\\\\\"'] * 600))
    assert given[3:] == values


@pytest.mark.parametrize("name", [
    "B\u00fcro.ovpn", "\u0395\u03bb\u03bb\u03ac\u03b4\u03b1.ovpn", "\u65e5\u672c.ovpn",
    "\u0440\u0430\u0431\u043e\u0442\u0430 home.ovpn", "\U0001F511.ovpn", "e\u0301.ovpn",
    "a & b (c) [d] {e}.ovpn", "100%.ovpn", "it's.ovpn",
])
def test_config_of_any_language_is_found_and_passed_on(caller: Caller, name: str) -> None:
    assert caller.arguments('--config "{config}"', file=rf"config\{name}") == [
        "--config", rf"{caller.directory}\{name}"]


def test_refusal_names_a_file_of_any_language(caller: Caller) -> None:
    name = "\u65e5\u672c \U0001F511.ovpn"
    assert caller.ask(f'--config "{name}"') == config_missing(name, caller.directory)


def test_unpaired_surrogate_in_an_option_is_malformed(caller: Caller) -> None:
    data = "".join(text + "\0" for text in (caller.directory, "--setenv A \ud800", ""))
    raw = caller.reply_to(data.encode("utf-16-le", "surrogatepass"))
    assert raw == data_error("GetStartupData")

# SPDX-License-Identifier: MIT
"""Which profiles a user may run, and that what runs is what was checked: the corpus, and profiles
that are made up to get past the check, compared with a reader that is none of the service's."""
from __future__ import annotations

from pathlib import Path
from typing import Iterator, List

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.runner import Runner
from protocol.support.openvpn_reader import Directive, read
from protocol.support.profile_judge import CORPUS, Judgement, ProfileJudge, corpus

PROFILES = corpus()

#: What would run a program, read or write other files, or take openvpn over: never written.
FORBIDDEN = {
    b"plugin", b"up", b"down", b"route-up", b"route-pre-down", b"ipchange", b"tls-verify",
    b"auth-user-pass-verify", b"client-connect", b"client-disconnect", b"learn-address", b"engine",
    b"providers", b"pkcs11-providers", b"pkcs11-id", b"iproute", b"config", b"log", b"log-append",
    b"status", b"writepid", b"cd", b"chroot", b"tmp-dir", b"management", b"service", b"server",
    b"msg-channel", b"daemon", b"push", b"tls-export-cert", b"dns-updown", b"capath",
    b"client-crresponse", b"tls-crypt-v2-verify", b"win-sys", b"status-version", b"replay-persist",
    b"memstats", b"genkey", b"parameter", b"syslog", b"inetd", b"errors-to-stderr", b"setcon",
    b"test-crypto", b"allow-nonadmin", b"mktun", b"rmtun", b"dhcp-internal", b"rdns-internal",
    b"help", b"version", b"client-config-dir", b"tls-server", b"port-share", b"pause-exit",
}
FORBIDDEN_BEGINNINGS = (b"management", b"pkcs11-", b"show-", b"--")


@pytest.fixture(scope="module", name="judge")
def running_judge(runner: Runner) -> Iterator[ProfileJudge]:
    """The judging program."""
    made = ProfileJudge(runner)
    yield made
    made.close()


def name_of(path: Path) -> str:
    """A profile's name, of a test over it."""
    return path.stem


def plain(directive: Directive) -> Directive:
    """The directive without the line ends of a block, which may be Windows' twice."""
    content = directive.content
    if content is not None:
        content = b"\n".join(line.rstrip(b"\r") for line in content.split(b"\n"))
    return Directive(directive.line, directive.name, directive.arguments, content,
                     directive.in_connection)


def check(profile: bytes, judgement: Judgement) -> None:
    """What is written says what the profile said, without what was left out, and nothing else."""
    assert judgement.findings or judgement.written is not None
    if judgement.written is None:
        return
    left_out = {finding.line for finding in judgement.findings}
    assert {finding.verdict for finding in judgement.findings} <= {"left-out"}
    written = read(judgement.written)
    meant = [each for each in map(plain, read(profile)) if each.line not in left_out]
    assert list(map(plain, written)) == meant
    assert not FORBIDDEN & {each.name for each in written}
    assert not any(each.name.startswith(FORBIDDEN_BEGINNINGS) for each in written)
    security = [each for each in written if each.name == b"script-security"]
    assert all(int(each.arguments[0]) <= 1 for each in security)


def test_corpus_has_a_verdict_for_each_profile() -> None:
    assert sorted(PROFILES) == sorted(CORPUS.glob("*.ovpn"))
    assert len(PROFILES) >= 40


@pytest.mark.parametrize("path", PROFILES, ids=name_of)
def test_profile_is_judged_line_by_line(judge: ProfileJudge, path: Path) -> None:
    judgement = judge.judge(path.read_bytes())
    assert str(judgement) == PROFILES[path]
    may_run = all(finding.verdict == "left-out" for finding in judgement.findings)
    assert (judgement.written is not None) == may_run
    check(path.read_bytes(), judgement)


#: What an attacker would try, each as a part of a line.
TRICKS: List[bytes] = [
    b"plugin x.dll", b"--plugin x.dll", b"\"plugin\" x", b"'up' x", b"setenv opt up x", b"up x",
    b"ignore-unknown-option plugin", b"script-security 2", b"<plugin>", b"</plugin>", b"config x",
    b"<ca>", b"</ca>", b"</ca>x", b" </ca>", b"\xc2\xa0</ca>", b"\xa0</ca>", b"\x0b</ca>", b"<key>",
    b"</key>", b"--<ca>", b"\"<ca>\"", b"<connection>", b"</connection>", b"x" * 255 + b"</ca>",
    b"x" * 254 + b"</ca>", b"x" * 254, b"x" * 255, b"x" * 256, b"client", b"remote a 1 udp", b"#",
    b"remote \"a\" '1'", b"remote a\\ b", b"ca 'my ca'", b"ca \"C:\\\\k\\\\ca\"", b"ca C:\\k",
    b"\\",
    b"verify-x509-name \"a\\\"b\"", b"remote a \\", b"'", b"\"", b"\x00", b"\x1a", b"\r", b"\x0b",
    b"\xef\xbb\xbf", b"\xff\xfe", b"auth-token a#b", b"auth-token \"#b\"", b";", b"verb 3 # up x",
    b"user nobody", b"new-thing 1", b"ignore-unknown-option new-thing", b"setenv opt new-thing",
    b"ignore-unknown-option --new-thing", b"setenv opt setenv opt plugin x", b"setenv opt --up x",
    b"rdns-internal", b"setenv opt management-client-auth", b"\\#plugin x", b"ca\x85x",
    b"auth-user-pass \xe2\x80\xa8plugin", b"echo \"", b"<setenv>", b"<auth-user-pass>",
    b"ca [[INLINE]]", b"auth-user-pass stdin", b"management 127.0.0.1 1", b"tls-auth k 1", b" ",
    b"setenv UV_A \"b c\"", b"setenv FORWARD_COMPATIBLE 1", b"\t", b"http-proxy a 1 k basic",
    b"echo 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", b"echo 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
]
ENDS = st.sampled_from([b"\n"] * 6 + [b"\r\n"] * 3 + [b"\r\r\n", b"\r", b"", b" "])
PART = st.one_of(st.sampled_from(TRICKS), st.binary(max_size=12))
LINE = st.builds(bytes.__add__, PART, ENDS)
MADE_UP = st.lists(LINE, max_size=12).map(b"".join)


def in_quotes(word: str, mark: str) -> bytes:
    """A word as one may write it: in quotes of either kind, or with backslashes."""
    if mark == "'":
        return ("'" + word.replace("'", "") + "'").encode()
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return (f'"{escaped}"' if mark else "x" + escaped.replace(" ", "\\ ")).encode()


def block(lines: List[bytes], end: bytes) -> bytes:
    """A block of these lines."""
    return b"<ca>\n" + b"".join(lines) + b" </ca>" + end


def line_of(word: bytes, end: bytes) -> bytes:
    """A directive with this word."""
    return b"  verify-x509-name\t" + word + end


def encoded(text: str, end: bytes) -> bytes:
    """A line of a block."""
    return text.encode() + end


#: What is allowed, written in many ways.
WORD = st.builds(in_quotes, st.text("ab '\"\\#;<>/-=\u00fc\u20ac", max_size=9),
                 st.sampled_from(["'", '"', ""]))
INSIDE = st.builds(encoded, st.text("ab #\"'<\u00fc", max_size=9),
                   st.sampled_from([b"\n", b"\r\n"]))
BLOCK = st.builds(block, st.lists(INSIDE, max_size=4), st.sampled_from([b"\n", b"x\r\n", b""]))
HARMLESS = st.one_of(
    st.builds(line_of, WORD,
              st.sampled_from([b"\n", b" name # x\r\n", b";x\n"])),
    st.sampled_from([b"client\n", b"--verb  3\n", b"# x\r\n", b"\n", b"setenv opt nobind\n",
                     b"user nobody\n", b"<connection>\n remote a\n</connection>\n"]), BLOCK)
ALLOWED = st.lists(HARMLESS, max_size=8).map(b"".join)


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """A profile of the corpus with something put into it."""
    profile = draw(st.sampled_from(sorted(PROFILES))).read_bytes()
    for _ in range(draw(st.integers(1, 3))):
        starts = [0] + [at + 1 for at, byte in enumerate(profile) if byte == ord("\n")]
        at = draw(st.one_of(st.sampled_from(starts), st.integers(0, len(profile))))
        profile = profile[:at] + draw(LINE) + profile[at:]
    return profile


@settings(max_examples=3000, suppress_health_check=list(HealthCheck))
@given(profile=st.one_of(ALLOWED, MADE_UP, changed()))
def test_nothing_gets_past_the_check(judge: ProfileJudge, profile: bytes) -> None:
    check(profile, judge.judge(profile))

# SPDX-License-Identifier: MIT
"""gatehouse update against servers that are as they should be, and against those that are not: what
a server can do to a client that believes nothing, and what the user is told. The signatures are the
service's business: test_update_service.py."""
from __future__ import annotations

import hashlib
import os
import shutil
import signal
import struct
import threading
from pathlib import Path
from typing import Callable, Dict, Iterator, Tuple

import pytest

from harness.bridge import Bridge
from harness.eventually import HANG, eventually
from harness.installation import Installation, Options
from harness.registry import Registry
from harness.runner import Runner
from release.support.tls import Authority, make_authority
from release.support.update_client import UpdateClient
from release.support.update_server import (Answer, Handler, UpdateServer, cut, dripping, endless,
                                           other_part, redirect, silent, stalled, status, steady,
                                           whole)

TROUBLE, REFUSED, TIMED_OUT, INTERRUPTED, UPDATE, SERVER = 1, 4, 7, 8, 12, 13

#: ERROR_CANT_ACCESS_FILE, and what WinHTTP says of a port that nobody listens on.
CANNOT_ACCESS_FILE, CANNOT_CONNECT = 1920, 12029

NO_ROOT = "The file update.root is missing beside the service program"

PACKAGE = bytes(range(256)) * 2048
PACKAGE_NAME = "Gatehouse-99.0.0.msi"
MANIFEST = "stable.manifest"
OTHER = bytes(reversed(PACKAGE))
DIGEST = hashlib.sha256(PACKAGE).hexdigest()


def manifest(content: bytes = PACKAGE, *, package: str = "", **lines: str) -> bytes:
    """A manifest of a release with one package for every computer; lines may be others. The client
    reads no signature."""
    values = {"gatehouse-manifest": "1", "product": "Gatehouse", "channel": "stable",
              "version": "7", "expires": "2099-01-01T00:00:00Z", "release": "99.0.0"}
    values.update(lines)
    packages = [package] if package else [
        f"{architecture} 10.0.10240 {len(content)} {hashlib.sha256(content).hexdigest()} "
        f"{PACKAGE_NAME}" for architecture in ("x86_64", "i686")]
    text = "".join(f"{key} {value}\n" for key, value in values.items())
    text += "".join(f"package {each}\n" for each in packages)
    return f"{text}signature {'0' * 64} {'0' * 128}\n".encode("ascii")


@pytest.fixture(scope="module")
def server() -> Iterator[UpdateServer]:
    """Reached by http, as only this computer itself is."""
    with UpdateServer() as made:
        yield made


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Certifies the next one."""
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def secure_server(authority: Authority) -> Iterator[UpdateServer]:
    """Reached by https."""
    with UpdateServer(authority.server) as made:
        yield made


Make = Callable[[UpdateServer, str], Installation]


@pytest.fixture(scope="module")
def make(runner: Runner, bridge: Bridge, worker_name: str) -> Iterator[Make]:
    """Makes installations whose service runs, with the server and this name."""
    made = []

    def installation(server: UpdateServer, name: str) -> Installation:
        settings = (("updates", "install"), ("update_url", server.url))
        made.append(Installation(runner, bridge, worker_name + name, Options(settings=settings)))
        made[-1].create()
        made[-1].populate()
        made[-1].start()
        return made[-1]

    yield installation
    for each in made:
        each.destroy()


@pytest.fixture(scope="module")
def installed(make: Make, server: UpdateServer) -> Installation:
    """A computer that gets its updates from `server`."""
    return make(server, "up")


@pytest.fixture(scope="module")
def secure_installed(make: Make, secure_server: UpdateServer) -> Installation:
    """The same of `secure_server`."""
    return make(secure_server, "ups")


def wait_for(server: UpdateServer, count: int) -> None:
    """Wait until so many files were asked for."""
    assert eventually(lambda: len(server.requests), lambda now: now >= count) >= count


def with_setting(installed: Installation, name: str, value: str) -> None:
    """The service, started again with another value of a setting."""
    installed.stop()
    installed.registry.set_text(installed.key, name, value)
    installed.start()


def reset(server: UpdateServer) -> None:
    """A server with one release."""
    server.files = {MANIFEST: whole(manifest()), PACKAGE_NAME: whole(PACKAGE)}
    server.requests.clear()


@pytest.fixture
def client(runner: Runner, installed: Installation, server: UpdateServer
           ) -> Iterator[UpdateClient]:
    """The program, and nothing left of other downloads."""
    if installed.settings() != {name: installed.registry.get(installed.key, name)
                                for name in installed.settings()}:
        for name, value in installed.settings().items():
            installed.registry.set_text(installed.key, name, value)
        installed.stop()
        installed.start()
    made = UpdateClient(runner, installed)
    reset(server)
    yield made
    made.close()
    for name in made.files():
        (made.folder / name).unlink()


@pytest.fixture
def secure_client(runner: Runner, secure_installed: Installation, secure_server: UpdateServer
                  ) -> Iterator[UpdateClient]:
    """The same with https."""
    made = UpdateClient(runner, secure_installed)
    reset(secure_server)
    yield made
    made.close()


# ---- what there is ----

def test_an_update_is_told_by_the_exit_code(client: UpdateClient, server: UpdateServer) -> None:
    shown, = client.run("--check", UPDATE)
    assert (shown["state"], shown["release"], shown["channel"], shown["manifest"]) == (
        "AVAILABLE", "99.0.0", "stable", 7)
    assert (shown["package"], shown["size"]) == (PACKAGE_NAME, len(PACKAGE))
    assert server.names() == ["1.root", MANIFEST]
    assert client.files() == [], "nothing was downloaded"


def test_the_release_that_is_installed_is_none(client: UpdateClient, server: UpdateServer) -> None:
    installed = client.run("--result")[0]["installed"]
    server.files[MANIFEST] = whole(manifest(release=installed))
    shown, = client.run("")
    assert (shown["state"], shown["release"], shown["installed"]) == (
        "CURRENT", installed, installed)
    assert PACKAGE_NAME not in server.names()


def test_an_older_release_is_none(client: UpdateClient, server: UpdateServer) -> None:
    server.files[MANIFEST] = whole(manifest(release="0.0.1"))
    assert client.run("--check")[0]["state"] == "CURRENT"


def test_people_are_told_in_words(client: UpdateClient, server: UpdateServer) -> None:
    installed = client.run("--result")[0]["installed"]
    assert client.start("--check", form="").text(UPDATE) == [
        f"There is an update: version 99.0.0, 512 KiB; {installed} is installed."]
    assert client.start(form="").text(REFUSED)[1:] == ["Downloading..."]
    server.files[MANIFEST] = whole(manifest(release=installed))
    assert client.start(form="").text(0) == [
        f"There is nothing newer: the server has version {installed}, {installed} is installed."]
    assert client.start("--result", form="").text(0) == ["The service was given no update yet."]


def test_the_client_sends_nothing_but_its_version(client: UpdateClient, server: UpdateServer
                                                  ) -> None:
    client.run("--check", UPDATE)
    for request in server.requests:
        assert request.headers.pop("User-Agent").startswith("gatehouse/")
        assert set(request.headers) <= {"Host", "Connection", "Pragma", "Cache-Control"}


# ---- servers that do harm, before there is a package ----

Files = Dict[str, Answer]


def with_package(values: str) -> Answer:
    """A manifest with this line about its package."""
    return whole(manifest(package=values))


#: What the files are, and what the user is told. {url} is the server.
METADATA: Dict[str, Tuple[Files, str]] = {
    "a channel that there is not": (
        {MANIFEST: status(404)}, "does not have the file: stable.manifest (status 404)"),
    "a server that fails": (
        {MANIFEST: status(500)}, "refuses the file: stable.manifest (status 500)"),
    "a login": (
        {MANIFEST: status(401, WWW_Authenticate="NTLM")},
        "refuses the file: stable.manifest (status 401)"),
    "a root that fails": ({"1.root": status(503)}, "refuses the file: 1.root (status 503)"),
    "an endless manifest": (
        {MANIFEST: endless()}, "sends more than the file may have: stable.manifest"),
    "an endless root": ({"1.root": endless()}, "sends more than the file may have: 1.root"),
    "a huge root": (
        {"1.root": whole(b"x" * 65537)}, "sends more than the file may have: 1.root"),
    "a manifest that is cut": (
        {MANIFEST: cut(manifest(), 100)}, "has sent only a part of the file: stable.manifest"),
    "another server": (
        {MANIFEST: redirect("http://127.0.0.1:9/stable.manifest")},
        "sends to an address without https"),
    "a page that wants a login": (
        {MANIFEST: whole(b"<html>Please sign in</html>\n")}, "A root or manifest is not signed"),
    "an empty manifest": ({MANIFEST: whole(b"")}, "is empty or ends in the middle of a line"),
    "another channel": (
        {MANIFEST: whole(manifest(channel="beta"))}, "The manifest is for another channel"),
    "a manifest that has expired": (
        {MANIFEST: whole(manifest(expires="2020-01-01T00:00:00Z"))}, "The manifest has expired"),
    "another architecture": (
        {MANIFEST: with_package(f"sparc 10.0.10240 7 {'0' * 64} a.msi")},
        "no package for the installed architecture"),
    "a newer Windows": (
        {MANIFEST: whole(manifest().replace(b" 10.0.10240 ", b" 99.0.0 "))},
        "needs a newer version of Windows"),
    "a package that fills the disk": (
        {MANIFEST: with_package(f"x86_64 10.0.10240 1073741825 {'0' * 64} a.msi")},
        "malformed (line 7)"),
    "a package elsewhere": (
        {MANIFEST: with_package(f"x86_64 10.0.10240 7 {'0' * 64} ../a.msi")}, "malformed (line 7)"),
}


@pytest.mark.parametrize("attack", METADATA)
def test_bad_metadata_ends_the_update(client: UpdateClient, server: UpdateServer, attack: str
                                      ) -> None:
    files, text = METADATA[attack]
    server.files.update(files)
    assert text in client.start().failure(SERVER)["what"]
    assert PACKAGE_NAME not in server.names()
    assert client.files() == []


def test_a_server_that_takes_its_time_does_not_get_it(client: UpdateClient, server: UpdateServer
                                                      ) -> None:
    attacks = {"stalled": stalled(manifest(), 10), "dripping": dripping(), "silent": silent()}
    runs = {}
    for name, answer in attacks.items():
        before = len(server.requests)
        server.files[MANIFEST] = answer
        runs[name] = client.start("--check")
        wait_for(server, before + 2)
    slow = "has sent less than 15 KiB in 15 seconds: stable.manifest"
    assert slow in runs["stalled"].failure(SERVER)["what"]
    assert slow in runs["dripping"].failure(SERVER)["what"]
    assert "has not answered within 30 seconds" in runs["silent"].failure(SERVER)["what"]


def test_a_server_that_is_not_there_is_named_with_advice(
        client: UpdateClient, installed: Installation) -> None:
    with UpdateServer() as gone:
        url = gone.url
    with_setting(installed, "update_url", url)
    failure = client.start("--check").failure(SERVER)
    assert "can't be reached" in failure["what"]
    assert failure["code"] == CANNOT_CONNECT


# ---- packages ----

PART, TAG = f"{DIGEST}.part", f"{DIGEST}.etag"


def test_a_package_is_handed_over_and_nothing_is_left(client: UpdateClient, server: UpdateServer
                                                      ) -> None:
    shown = client.run("", REFUSED)
    assert [each["state"] for each in shown][-2:] == ["DOWNLOADING", "ERROR"]
    assert shown[-2]["bytes"] == shown[-2]["size"] == len(PACKAGE)
    assert NO_ROOT in shown[-1]["what"], "it is the service that refuses it"
    assert server.names() == ["1.root", MANIFEST, PACKAGE_NAME]
    assert not client.folder.exists()


PACKAGES: Dict[str, Tuple[Answer, str]] = {
    "there is none": (status(404), f"does not have the file: {PACKAGE_NAME} (status 404)"),
    "an endless one": (endless(), f"sends more than the file may have: {PACKAGE_NAME}"),
    "a byte too much": (whole(PACKAGE + b"z"), "sends more than the file may have"),
    "another one": (whole(OTHER), "its SHA-256 differs"),
    "another server": (redirect("http://127.0.0.1:9/a.msi"), "sends to an address without https"),
    "a part of it": (other_part(PACKAGE, 100), "sends another part of the file"),
}


@pytest.mark.parametrize("attack", PACKAGES)
def test_a_bad_package_is_deleted(client: UpdateClient, server: UpdateServer, attack: str) -> None:
    server.files[PACKAGE_NAME], text = PACKAGES[attack]
    assert text in client.start().failure(SERVER)["what"]
    assert client.files() == []


@pytest.mark.parametrize("answer", [cut(PACKAGE, 70000), whole(PACKAGE[:-1])],
                         ids=["cut", "shorter"])
def test_a_part_of_a_package_is_not_handed_over(client: UpdateClient, server: UpdateServer,
                                                answer: Answer) -> None:
    server.files[PACKAGE_NAME] = answer
    assert "has sent only a part of the file" in client.start().failure(SERVER)["what"]


def put_program(path: Path, content: bytes) -> None:
    """In the place of another, which may still be open."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(content)
    shutil.copymode(path, fresh)
    os.replace(fresh, path)


@pytest.fixture
def impatient(client: UpdateClient, installed: Installation) -> Iterator[UpdateClient]:
    """The program with two seconds for a package in place of its hour, a number in it."""
    path = installed.host_folder / "gatehouse.exe"
    program, hour = path.read_bytes(), struct.pack("<I", 3600 * 1000)
    assert hour in program
    put_program(path, program.replace(hour, struct.pack("<I", 2000)))
    yield client
    put_program(path, program)


def test_a_package_that_comes_for_too_long_is_left_and_gone_on_with(
        impatient: UpdateClient, server: UpdateServer) -> None:
    server.files[PACKAGE_NAME] = steady(PACKAGE)
    assert "The download takes too long" in impatient.start().failure(TIMED_OUT)["what"]
    assert impatient.files() == [TAG, PART]
    server.files[PACKAGE_NAME] = whole(PACKAGE, '"1"')
    assert_handed_over(impatient)
    assert "Range" in server.requests[-1].headers


# ---- a download that goes on ----

@pytest.fixture
def interrupted(client: UpdateClient, server: UpdateServer) -> UpdateClient:
    """The connection was lost after 70000 bytes."""
    server.files[PACKAGE_NAME] = cut(PACKAGE, 70000, '"1"')
    client.start().failure(SERVER)
    assert client.files() == [TAG, PART]
    assert (client.folder / PART).read_bytes() == PACKAGE[:70000]
    server.requests.clear()
    return client


def assert_handed_over(client: UpdateClient) -> None:
    """The whole package has come, and the service was asked."""
    assert NO_ROOT in client.start().failure(REFUSED)["what"]
    assert client.files() == []


def test_a_download_goes_on_behind_what_there_is(interrupted: UpdateClient, server: UpdateServer
                                                 ) -> None:
    server.files[PACKAGE_NAME] = whole(PACKAGE, '"1"')
    assert_handed_over(interrupted)
    headers = server.requests[-1].headers
    assert (headers["Range"], headers["If-Range"]) == ("bytes=70000-", '"1"')


def test_a_file_that_has_changed_is_downloaded_from_its_beginning(
        interrupted: UpdateClient, server: UpdateServer) -> None:
    server.files[PACKAGE_NAME] = whole(PACKAGE, '"2"')
    assert_handed_over(interrupted)
    assert server.names() == ["1.root", MANIFEST, PACKAGE_NAME]


def test_a_server_without_parts_sends_all_of_it(interrupted: UpdateClient, server: UpdateServer
                                                ) -> None:
    def answer(handler: Handler) -> None:
        handler.head(200, len(PACKAGE))
        handler.wfile.write(PACKAGE)
    server.files[PACKAGE_NAME] = answer
    assert_handed_over(interrupted)


RESTS = {"other bytes": OTHER[:70000], "other bytes, all": OTHER, "a byte too much": PACKAGE + b"z",
         "nothing": b""}


@pytest.mark.parametrize("rest", RESTS)
def test_what_lies_there_is_not_believed(interrupted: UpdateClient, server: UpdateServer,
                                         rest: str) -> None:
    server.files[PACKAGE_NAME] = whole(PACKAGE, '"1"')
    (interrupted.folder / PART).write_bytes(RESTS[rest])
    assert_handed_over(interrupted)


@pytest.mark.parametrize("tag", ["", "no tag", '"1"\r\nHost: elsewhere', f'"{"1" * 200}"'],
                         ids=["none", "a word", "two lines", "too long"])
def test_a_tag_that_is_none_is_not_sent(interrupted: UpdateClient, server: UpdateServer, tag: str
                                        ) -> None:
    server.files[PACKAGE_NAME] = whole(PACKAGE, '"1"')
    (interrupted.folder / TAG).write_bytes(tag.encode("utf-16-le"))
    assert_handed_over(interrupted)
    assert "If-Range" not in server.requests[-1].headers


@pytest.mark.parametrize("answer", [
    other_part(PACKAGE, 69999), other_part(PACKAGE, 70000, len(PACKAGE) + 1), status(416)],
    ids=["another part", "another size", "no part"])
def test_another_part_than_the_rest_is_not_taken(interrupted: UpdateClient, server: UpdateServer,
                                                 answer: Answer) -> None:
    def once(handler: Handler) -> None:
        (answer if "Range" in handler.headers else whole(PACKAGE))(handler)
    server.files[PACKAGE_NAME] = once
    assert_handed_over(interrupted)
    assert server.names()[-2:] == [PACKAGE_NAME, PACKAGE_NAME]


def test_what_is_left_of_another_release_is_deleted(interrupted: UpdateClient, server: UpdateServer
                                                    ) -> None:
    server.files = {MANIFEST: whole(manifest(OTHER)), PACKAGE_NAME: cut(OTHER, 1000)}
    interrupted.start().failure(SERVER)
    other = hashlib.sha256(OTHER).hexdigest()
    assert interrupted.files() == [f"{other}.etag", f"{other}.part"]


def test_a_file_with_a_second_name_is_not_written_to(interrupted: UpdateClient) -> None:
    precious = interrupted.data / "precious"
    precious.write_bytes(PACKAGE[:70000])
    (interrupted.folder / PART).unlink()
    os.link(precious, interrupted.folder / PART)
    failure = interrupted.start().failure(TROUBLE)
    assert failure["code"] == CANNOT_ACCESS_FILE
    assert precious.read_bytes() == PACKAGE[:70000]


def test_there_is_one_download_at_a_time(client: UpdateClient, server: UpdateServer) -> None:
    sent, go_on = threading.Event(), threading.Event()

    def answer(handler: Handler) -> None:
        handler.head(200, len(PACKAGE))
        handler.wfile.write(PACKAGE[:1000])
        sent.set()
        go_on.wait(HANG)
        handler.wfile.write(PACKAGE[1000:])
    server.files[PACKAGE_NAME] = answer
    first = client.start()
    assert sent.wait(HANG)
    assert "Another program of yours downloads" in client.start().failure(TROUBLE)["what"]
    go_on.set()
    assert NO_ROOT in first.failure(REFUSED)["what"]


def test_ctrl_c_ends_the_download(client: UpdateClient, server: UpdateServer) -> None:
    server.files[MANIFEST] = stalled(manifest(), 10)
    run = client.start_here("--check")
    wait_for(server, 2)
    run.process.send_signal(signal.SIGINT)
    assert "Ended before the service had the update" in run.failure(INTERRUPTED)["what"]


# ---- https ----

@pytest.fixture
def trusted(authority: Authority, bridge: Bridge) -> Iterator[None]:
    """Windows trusts the certificate of the server."""
    authority.trust(Registry(bridge))
    yield
    authority.distrust(Registry(bridge))


@pytest.mark.usefixtures("trusted")
def test_updates_are_fetched_by_https(secure_client: UpdateClient, secure_server: UpdateServer
                                      ) -> None:
    secure_client.run("--check", UPDATE)
    assert secure_server.names() == ["1.root", MANIFEST]


def test_a_server_that_nobody_has_certified_is_asked_for_nothing(
        secure_client: UpdateClient, secure_server: UpdateServer) -> None:
    failure = secure_client.start("--check").failure(SERVER)
    assert "certificate of the update server is not trusted" in failure["what"]
    assert not secure_server.requests


@pytest.mark.usefixtures("trusted")
def test_a_server_may_send_elsewhere_by_https(secure_client: UpdateClient,
                                              secure_server: UpdateServer) -> None:
    secure_server.files["other"] = secure_server.files.pop(MANIFEST)
    secure_server.files[MANIFEST] = redirect("/other")
    secure_client.run("--check", UPDATE)


@pytest.mark.usefixtures("trusted")
def test_there_is_no_way_from_https_to_http(secure_client: UpdateClient,
                                            secure_server: UpdateServer, server: UpdateServer
                                            ) -> None:
    reset(server)
    secure_server.files[MANIFEST] = redirect(f"{server.url}/{MANIFEST}")
    failure = secure_client.start("--check").failure(SERVER)
    assert "sends to an address without https" in failure["what"]
    assert not server.requests


@pytest.mark.usefixtures("trusted")
def test_a_server_that_sends_in_a_circle_is_left(secure_client: UpdateClient,
                                                 secure_server: UpdateServer) -> None:
    secure_server.files[MANIFEST] = redirect(f"{secure_server.url}/{MANIFEST}")
    failure = secure_client.start("--check").failure(SERVER)
    assert "does not end to send elsewhere" in failure["what"]
    assert len(secure_server.requests) < 20


# ---- what the service says before ----

@pytest.mark.parametrize("name, value, text", [
    ("updates", "off", "Updates are off on this computer"),
    ("updates", "check", "Updates are only looked for on this computer"),
    ("update_url", "", "There is no address of an update server"),
])
def test_nothing_is_fetched_if_the_service_would_refuse_it(
        client: UpdateClient, server: UpdateServer, installed: Installation, name: str, value: str,
        text: str) -> None:
    with_setting(installed, name, value)
    assert text in client.start().failure(REFUSED)["what"]
    assert not server.requests


def test_whoever_may_only_look_may_look(client: UpdateClient, installed: Installation) -> None:
    with_setting(installed, "updates", "check")
    client.run("--check", UPDATE)

# SPDX-License-Identifier: MIT
"""An installed service is updated by Windows Installer itself, as Wine has it: by a signed package
that replaces the one which installed it. Nothing is a fake but the signer's authority.

docs/packaging.md lists what of it Wine cannot show."""
from __future__ import annotations

import json
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import pytest

from harness.bridge import BridgeError
from harness.control import Control, ControlReply, Record
from harness.eventually import HANG, eventually
from harness.messages import decode_acknowledgement, encode, route
from harness.pipe import IMPERSONATION
from harness.runner import build_folder
from harness.session import launch
from release.support.machine import DONE, OPENVPN_KEY, OURS, Machine, with_fakes
from release.support.packages import Packages, build_of_version, product, replacing
from release.support.repository import Keys, Offer, Repository
from release.support.update_server import UpdateServer, whole
from release.support.updated_service import other_version
from releasing.authority import Authority
from releasing.metadata import signer_of_certificate
from releasing.sign import Signer, sign

CONTROL_PIPE = r"\\.\pipe\openvpn\control"
PACKAGES = r"C:\packages"
BIN = rf"{OURS}\bin"
FOLDER = r"C:\ProgramData\Gatehouse\update"


def ask(machine: Machine, *words: str) -> ControlReply:
    """Ask the installed service."""
    control = Control(machine.bridge, CONTROL_PIPE, flags=IMPERSONATION)
    try:
        return control.ask(*words)
    finally:
        control.close()


def result(machine: Machine) -> Optional[Record]:
    """What has become of the update; None while no service runs."""
    with suppress(BridgeError):
        return ask(machine, "update", "result").records[0]
    return None


@dataclass(frozen=True)
class Upgrade:
    """The version that is installed, and a repository with a newer one."""

    version: str
    newer: str
    repository: Repository
    signed: Path

    @property
    def offer(self) -> Offer:
        """The newer one, with its manifest."""
        return Offer(self.repository.windows(self.repository.manifest(self.signed)),
                     self.repository.windows(self.signed))


@pytest.fixture
def upgrade(machine: Machine, packages: Packages, update_keys: Keys, authority: Authority,
            signer: Signer, server: UpdateServer, tmp_path: Path) -> Upgrade:
    """The older version is installed, from its package, and gets its updates from the server."""
    version = product(build_folder())["version"]
    newer = other_version(version)
    machine.host(PACKAGES).mkdir()
    repository = Repository(machine.host(PACKAGES), PACKAGES, update_keys, newer)
    root = repository.root_text(signers=[signer_of_certificate(authority.leaf("signer").chain)])
    old = packages.make(version, root=root)
    settings = f"UPDATES=install UPDATE_URL={server.url}"
    assert machine.install(old, settings, name="old.msi").exit_code == DONE
    package = packages.make(newer, root=root, build=build_of_version(newer, tmp_path / "newer"),
                            queries=replacing(rf"{PACKAGES}\old.msi"))
    signed = repository.folder / f"Gatehouse-{newer}-x86_64.msi"
    signed.write_bytes(package.read_bytes())
    sign(signed, signer, product(build_folder()))
    return Upgrade(version, newer, repository, signed)


def test_the_installed_service_has_itself_replaced(machine: Machine, upgrade: Upgrade) -> None:
    reply = ask(machine, *upgrade.offer.words())
    assert reply.code == 0, reply

    def is_over(record: Optional[Record]) -> bool:
        return record is not None and record["installed"] == upgrade.newer and (
            record["state"] != "installing")

    outcome = eventually(lambda: result(machine), is_over, 2 * HANG)
    assert outcome and (outcome["state"], outcome["version"], outcome["installed"]) == (
        "installed", upgrade.newer, upgrade.newer)
    assert list(machine.products().values()) == [upgrade.newer]
    rescue = machine.host(FOLDER) / "gatehouse-service.exe"
    assert upgrade.version.encode("utf-16-le") in rescue.read_bytes()


def connect(machine: Machine) -> None:
    """What the installed service is for, over the fakes: openvpn.exe as the user, a route, and the
    end of it, after which the computer is as before. Then the service runs on without the fakes."""
    folder = machine.host(BIN)
    own = set(folder.iterdir())
    made = with_fakes(machine, BIN)
    (folder / "config").mkdir(exist_ok=True)
    before = made.fakes.dump()
    session = launch(made, machine.bridge)
    answer, = session.openvpn.batch([encode(route("10.20.0.0/16", "10.8.0.1", 2))]).answers
    assert decode_acknowledgement(answer)[0] == 0
    assert made.fakes.dump() != before
    session.end()
    assert made.fakes.dump() == before
    made.stop()
    for path in set(folder.iterdir()) - own:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    made.start()


def test_the_installed_client_has_the_version_of_a_server_installed(
        machine: Machine, upgrade: Upgrade, server: UpdateServer) -> None:
    """Before and after, users connect."""
    machine.registry.set_text(OPENVPN_KEY, "config_dir", rf"{BIN}\config")
    connect(machine)
    assert upgrade.offer  # writes the manifest
    for path in upgrade.repository.folder.iterdir():
        server.files[path.name] = whole(path.read_bytes())
    exit_code = machine.run(
        rf'cmd.exe /c "set LOCALAPPDATA={PACKAGES}&& "{BIN}\gatehouse.exe" update --json"',
        rf"{PACKAGES}\output")
    said = machine.host(rf"{PACKAGES}\output").read_text(encoding="utf-8").splitlines()
    assert exit_code == DONE, said
    last = json.loads(said[-1])
    assert (last["state"], last["version"]) == ("INSTALLED", upgrade.newer)
    assert server.names() == ["2.root", "stable.manifest", upgrade.signed.name]
    assert list(machine.products().values()) == [upgrade.newer]
    connect(machine)

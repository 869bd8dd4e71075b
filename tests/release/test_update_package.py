# SPDX-License-Identifier: MIT
"""An installed service is updated by Windows Installer itself, as Wine has it: by a signed package
that replaces the one which installed it. Nothing is a fake but the signer's authority.

docs/packaging.md lists what of it Wine cannot show."""
from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Optional

from harness.bridge import BridgeError
from harness.control import Control, ControlReply, Record
from harness.eventually import HANG, eventually
from harness.pipe import IMPERSONATION
from harness.runner import build_folder
from release.support.machine import DONE, Machine
from release.support.packages import Packages, build_of_version, product, replacing
from release.support.repository import Keys, Offer, Repository
from release.support.updated_service import other_version
from releasing.authority import Authority
from releasing.metadata import signer_of_certificate
from releasing.sign import Signer, sign

CONTROL_PIPE = r"\\.\pipe\openvpn\control"
PACKAGES = r"C:\packages"
SETTINGS = "UPDATES=install UPDATE_URL=https://localhost/"
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


def test_the_installed_service_has_itself_replaced(
        machine: Machine, packages: Packages, update_keys: Keys, authority: Authority,
        signer: Signer, tmp_path: Path) -> None:
    version = product(build_folder())["version"]
    newer = other_version(version)
    machine.host(PACKAGES).mkdir()
    repository = Repository(machine.host(PACKAGES), PACKAGES, update_keys, newer)
    root = repository.root_text(signers=[signer_of_certificate(authority.leaf("signer").chain)])
    old = packages.make(version, root=root)
    assert machine.install(old, SETTINGS, name="old.msi").exit_code == DONE
    package = packages.make(newer, root=root, build=build_of_version(newer, tmp_path / "newer"),
                            queries=replacing(rf"{PACKAGES}\old.msi"))
    signed = repository.folder / f"Gatehouse-{newer}-x86_64.msi"
    signed.write_bytes(package.read_bytes())
    sign(signed, signer, product(build_folder()))
    offer = Offer(repository.windows(repository.manifest(signed)), repository.windows(signed))
    reply = ask(machine, *offer.words())
    assert reply.code == 0, reply

    def is_over(record: Optional[Record]) -> bool:
        return record is not None and record["installed"] == newer and (
            record["state"] != "installing")

    outcome = eventually(lambda: result(machine), is_over, 2 * HANG)
    assert outcome and (outcome["state"], outcome["version"], outcome["installed"]) == (
        "installed", newer, newer)
    assert list(machine.products().values()) == [newer]
    rescue = machine.host(FOLDER) / "gatehouse-service.exe"
    assert version.encode("utf-16-le") in rescue.read_bytes()

# SPDX-License-Identifier: MIT
"""What becomes of an update in Windows Installer's hands: whether it serves a service whose token
has few privileges, outlives it, and is kept by no handle of it from the package.

The package is one that changes a registry value, and replaces no service: for the service every
installation of it has failed, because its own version still runs afterwards."""
from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import pytest

from hardware.support import powershell, small_package
from hardware.support.release import Release
from harness.bridge import Bridge
from harness.control import Record
from harness.eventually import HANG, eventually
from harness.installation import Options
from harness.pipe import IMPERSONATION
from harness.runner import Runner
from release.support.repository import Keys, Offer, Repository
from release.support.updated_service import other_version
from releasing import metadata

SETTINGS = (("updates", "install"), ("update_url", "https://localhost/"))

#: Seconds that an installation takes which is to outlive the service.
LONG = 20


@dataclass
class Updating:
    """A release with updates on, and whom its root lets sign packages."""

    release: Release
    repository: Repository
    bridge: Bridge
    thumbprint: str

    def offer(self, seconds: int = 0) -> str:
        """Have a package installed that takes so long; its product code."""
        path = self.repository.folder / f"Gatehouse-{self.repository.release}-x86_64.msi"
        code = small_package.make(path, seconds)
        small_package.sign(path, self.thumbprint)
        manifest = self.repository.manifest(path)
        offer = Offer(self.repository.windows(manifest), self.repository.windows(path))
        control = self.release.control(self.bridge, flags=IMPERSONATION)
        reply = control.ask(*offer.words())
        control.close()
        assert reply.code == 0, reply
        return code

    def result(self) -> Record:
        """What has become of it."""
        control = self.release.control(self.bridge)
        reply = control.ask("update", "result")
        control.close()
        return reply.records[0]

    def wait_state(self, state: str) -> Record:
        """Wait until it is in the state."""
        def is_in_it(result: Record) -> bool:
            return result["state"] == state

        return eventually(self.result, is_in_it, 2 * HANG, 1.0)


@pytest.fixture
def updating(runner: Runner, bridge: Bridge, tmp_path: Path) -> Iterator[Updating]:
    """The release, running. Nothing is left of its folder of updates, which it would share with
    other installed ones: with one that has it the test is skipped."""
    data = Path(os.environ.get("ProgramData", r"C:\ProgramData")) / "Gatehouse" / "update"
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl, which signs the test's manifest")
    if data.exists():
        pytest.skip(f"{data} is there: an installed release has had updates")
    made = Release(runner, bridge, runner.claim_name("ghu"), Options(settings=SETTINGS))
    made.create()
    try:
        with small_package.trusted_signer(tmp_path) as (thumbprint, certificate):
            made.start()
            control = made.control(bridge)
            version = control.ask("version").records[0]["version"]
            control.close()
            repository = Repository(made.host_folder, made.folder, Keys(tmp_path / "keys"),
                                    other_version(version))
            repository.install_root(signers=[metadata.signer_of_certificate(certificate)])
            yield Updating(made, repository, bridge, thumbprint)
    finally:
        made.destroy()
        shutil.rmtree(data, ignore_errors=True)


def installed_value() -> str:
    """What the package has written; "" without it."""
    return powershell.do(f"(Get-ItemProperty -ErrorAction SilentlyContinue "
                         f"'HKLM:\\{small_package.KEY}').{small_package.VALUE}").strip()


def test_windows_installer_serves_a_service_with_few_privileges(updating: Updating) -> None:
    code = updating.offer()
    try:
        result = updating.wait_state("failed")
        assert (result["state"], installed_value()) == ("failed", "yes"), result
    finally:
        small_package.remove(code)


def test_the_installation_outlives_the_service_that_has_asked_for_it(updating: Updating) -> None:
    code = updating.offer(LONG)
    try:
        assert updating.wait_state("installing")["state"] == "installing"
        updating.release.stop()
        assert eventually(installed_value, bool, 2 * HANG, 1.0) == "yes"
        updating.release.start()
        assert updating.result()["state"] in ("installing", "failed")
    finally:
        eventually(installed_value, bool, 2 * HANG, 1.0)
        small_package.remove(code)

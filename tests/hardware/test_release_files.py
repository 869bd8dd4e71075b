# SPDX-License-Identifier: MIT
"""What Windows says of the files of a release: their versions, their signatures, and whether winget
takes the manifests. `GATEHOUSE_RELEASE` names the folder that ci/release has made."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List

import pytest

from hardware.support import powershell
from harness.runner import build_folder

RELEASE = "GATEHOUSE_RELEASE"
PROGRAMS = ("gatehouse-service.exe", "gatehouse.exe", "gatehouse-setup.dll")

#: What Windows may say of a signature: "UnknownError" is a root that this machine does not trust,
#: as that of a release for tests.
INTACT = {"Valid", "UnknownError"}


@pytest.fixture
def release() -> Path:
    """The folder of a release."""
    if not os.environ.get(RELEASE):
        pytest.skip(f"there is no release: {RELEASE} names its folder")
    return Path(os.environ[RELEASE])


def signed_files(release: Path) -> List[Path]:
    """Those that have a signature beside them."""
    folder = release / "signatures"
    return [release / path.relative_to(folder).with_suffix("") for path in folder.rglob("*.pem")]


@pytest.mark.parametrize("program", PROGRAMS)
def test_windows_shows_the_version_of_a_program(program: str) -> None:
    product = json.loads((build_folder() / "product.json").read_text(encoding="utf-8"))
    path = powershell.quoted(str(build_folder() / "bin" / program))
    shown, = powershell.ask(
        f"(Get-Item -LiteralPath {path}).VersionInfo | Select-Object FileVersion, ProductVersion, "
        "ProductName, CompanyName, OriginalFilename")
    assert shown == {"FileVersion": product["version"], "ProductVersion": product["version"],
                     "ProductName": product["name"], "CompanyName": product["company"],
                     "OriginalFilename": program}


def test_windows_finds_every_signature_intact_and_timestamped(release: Path) -> None:
    files = signed_files(release)
    assert files
    for path in files:
        shown, = powershell.ask(
            f"Get-AuthenticodeSignature -LiteralPath {powershell.quoted(str(path))} | "
            "Select-Object @{n='Status'; e={[string]$_.Status}}, "
            "@{n='Stamped'; e={$null -ne $_.TimeStamperCertificate}}")
        assert shown["Status"] in INTACT and shown["Stamped"], f"{path}: {shown}"


def test_windows_computes_the_hashes_of_the_sums(release: Path) -> None:
    lines = (release / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    listed: Dict[str, str] = {name: digits for digits, name in (
        line.split("  ", 1) for line in lines) if name.endswith(".msi")}
    assert listed
    for name, digits in listed.items():
        shown, = powershell.ask(
            f"Get-FileHash -LiteralPath {powershell.quoted(str(release / name))} | "
            "Select-Object Hash")
        assert shown["Hash"].lower() == digits, name


def test_winget_takes_the_manifests(release: Path) -> None:
    winget = shutil.which("winget")
    if not winget:
        pytest.skip("winget is not installed")
    done = subprocess.run([winget, "validate", "--manifest", str(release / "winget")],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300, check=False)
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace")

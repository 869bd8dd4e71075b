# SPDX-License-Identifier: MIT
"""ci/judge-reference, over a package that is like OpenVPN's and has our service in it."""
from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.eventually import HANG
from harness.runner import PROJECT, build_folder
from releasing.fetch import NotFetched, fetch

OURS = build_folder() / "bin" / "gatehouse-service.exe"
SOURCE = PROJECT / "tests" / "release" / "support" / "openvpn.wxs"
RESULTS = PROJECT / "build" / "reference" / "conformance.json"
PASSED, FAILED, WRONG_USE = 0, 1, 2


def judge(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run ci/judge-reference."""
    return subprocess.run([str(PROJECT / "ci" / "judge-reference"), *arguments],
                          env={**os.environ, **variables}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          timeout=10 * HANG, check=False)


@pytest.fixture
def pin(tmp_path: Path) -> Path:
    """The pin of a package that holds our service under the name of OpenVPN's."""
    if not shutil.which("wixl"):
        pytest.skip("wixl is missing: ci/setup installs it")
    shutil.copyfile(OURS, tmp_path / "openvpnserv.exe")
    shutil.copyfile(build_folder() / "fakes" / "openvpn.exe", tmp_path / "openvpn.exe")
    shutil.copyfile(SOURCE, tmp_path / SOURCE.name)
    code = "00000000-0000-0000-0000-000000000001"
    subprocess.run(["wixl", "-a", "x64", "-D", f"PRODUCT_CODE={code}", "-D", "VERSION=2.6.1",
                    "-o", "reference.msi", SOURCE.name], cwd=tmp_path, check=True, timeout=HANG)
    package = tmp_path / "reference.msi"
    written = tmp_path / "pin.json"
    written.write_text(json.dumps({
        "version": "2.6.1-I001", "url": package.as_uri(),
        "sha256": hashlib.sha256(package.read_bytes()).hexdigest().upper()}), encoding="utf-8")
    return written


def test_the_service_of_a_pinned_package_is_judged(pin: Path) -> None:
    done = judge("--only", "startup.01.empty", GATEHOUSE_REFERENCE_PIN=str(pin),
                 REFERENCE_SERVICE="")
    assert done.returncode == PASSED, done.stdout + done.stderr
    service, = json.loads(RESULTS.read_text(encoding="utf-8"))["services"]
    assert service["name"] == "OpenVPN 2.6.1-I001"
    assert [case["id"] for case in service["cases"] if case["verdict"] == "passed"] == [
        "startup.01.empty"]


def test_another_package_than_the_pinned_one_is_not_opened(pin: Path) -> None:
    told = json.loads(pin.read_text(encoding="utf-8"))
    pin.write_text(json.dumps({**told, "sha256": "0" * 64}), encoding="utf-8")
    done = judge("--only", "startup.01.empty", GATEHOUSE_REFERENCE_PIN=str(pin),
                 REFERENCE_SERVICE="")
    assert done.returncode == FAILED
    assert "is not the file that was pinned" in done.stderr


def test_a_file_is_fetched_once_and_never_taken_for_another(tmp_path: Path) -> None:
    source = tmp_path / "file.msi"
    source.write_bytes(b"content")
    pinned = hashlib.sha256(b"content").hexdigest()
    folder = tmp_path / "folder"
    kept = fetch(source.as_uri(), pinned, folder)
    assert kept.read_bytes() == b"content"
    source.unlink()
    assert fetch(source.as_uri(), pinned, folder) == kept
    kept.write_bytes(b"changed")
    with pytest.raises(NotFetched):
        fetch(source.as_uri(), pinned, folder)


def test_the_pin_names_its_source() -> None:
    told = json.loads((PROJECT / "ci" / "windows" / "openvpn.json").read_text(encoding="utf-8"))
    assert told["url"].startswith("https://") and told["version"] in told["url"]
    assert len(told["sha256"]) == 64 and "/blob/" in told["source"]

# SPDX-License-Identifier: MIT
"""ci/publish-test, and the commands of docs/updates.md by which real keys are made and used."""
from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import List

import pytest

from harness.runner import PROJECT
from releasing import metadata, publish
from releasing.authority import test_authority as make_test_authority
from releasing.steps import ReleaseError

PASSPHRASE = "a passphrase"
NAMES = ("Gatehouse-1.1.0-i686.msi", "Gatehouse-1.1.0-x86_64.msi")


@pytest.fixture(scope="module")
def certificate() -> Path:
    """Of who signs packages."""
    return make_test_authority().leaf("signer").chain


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """As much of a release as a repository needs."""
    folder = tmp_path / "release"
    folder.mkdir()
    (folder / "product.json").write_text(json.dumps({"name": "Gatehouse", "version": "1.1.0"}),
                                         encoding="utf-8")
    for name in NAMES:
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture
def keys(tmp_path: Path, certificate: Path) -> Path:
    """Keys and a root."""
    publish.make_root(tmp_path / "keys", "Gatehouse", [certificate])
    return tmp_path / "keys"


def published(release: Path, keys: Path) -> Path:
    """The manifest of a repository beside the release."""
    return publish.publish(release, release.with_name("repository"), keys)


def test_a_repository_has_roots_packages_and_a_manifest(release: Path, keys: Path) -> None:
    manifest = published(release, keys)
    assert sorted(path.name for path in manifest.parent.iterdir()) == [
        "1.root", *NAMES, "stable.manifest"]
    root = metadata.read_root(metadata.read_file(manifest.parent / "1.root"))
    assert not metadata.problems_of(metadata.read_file(manifest), root)
    for package in metadata.read_manifest(metadata.read_file(manifest)).packages:
        data = (manifest.parent / package.name).read_bytes()
        assert (package.size, package.digest) == (len(data), hashlib.sha256(data).hexdigest())
        assert package.name.endswith(f"-{package.architecture}.msi")


def test_no_private_key_is_in_it(release: Path, keys: Path) -> None:
    for path in published(release, keys).parent.iterdir():
        assert b"PRIVATE" not in path.read_bytes()


def test_the_root_names_who_signs_packages(keys: Path, certificate: Path) -> None:
    root = metadata.read_root(metadata.read_file(publish.root_path(keys, 1)))
    assert root.signers == [metadata.signer_of_certificate(certificate)]
    assert metadata.missing_signatures(metadata.read_file(publish.root_path(keys, 1)), root.roots,
                                       root.root_threshold) == 0


def test_each_manifest_is_newer_than_the_last(release: Path, keys: Path) -> None:
    versions = [metadata.read_manifest(metadata.read_file(published(release, keys))).version
                for _ in range(3)]
    assert versions == [1, 2, 3]


@pytest.mark.parametrize("place", ["repository", "repository/keys"])
def test_keys_must_not_be_in_the_repository(release: Path, certificate: Path, place: str) -> None:
    keys = release.parent / place
    publish.make_root(keys, "Gatehouse", [certificate])
    with pytest.raises(ReleaseError, match="must not be in the repository"):
        published(release, keys)


def test_without_a_root_nothing_is_published(release: Path, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="--root-only"):
        published(release, tmp_path / "nowhere")
    assert not release.with_name("repository").exists()


def test_a_release_of_another_product_is_refused(release: Path, keys: Path) -> None:
    (release / "product.json").write_text('{"name": "Acme VPN", "version": "1.1.0"}')
    with pytest.raises(ReleaseError, match="it is for Acme VPN"):
        published(release, keys)
    assert not (release.with_name("repository") / "stable.manifest").exists()


def test_the_command_makes_all_of_it(release: Path, tmp_path: Path, certificate: Path) -> None:
    done = subprocess.run(
        [PROJECT / "ci/publish-test", "--release", release, "--keys", tmp_path / "made",
         "--repository", tmp_path / "served", "--signer", certificate, "--channel", "beta"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "served" / "beta.manifest").exists()


def documented_commands() -> List[str]:
    """The commands of the section "Keys" in docs/updates.md, in their order."""
    page = (PROJECT / "docs/updates.md").read_text(encoding="utf-8")
    section = page.split("\n## Keys\n")[1].split("\n## ")[0]
    return [line for block in re.findall(r"^```\n(.*?)^```$", section, re.M | re.S)
            for line in block.replace("\\\n", "").splitlines()]


def run_as_typed(command: str, folder: Path) -> str:
    """A command as it is printed there, whose passphrases come from a pipe: there is no terminal in
    a session of its own."""
    assert command.startswith("ci/metadata "), command
    done = subprocess.run(["bash", "-c", f"{PROJECT}/{command}"], cwd=folder, encoding="utf-8",
                          input=f"{PASSPHRASE}\n{PASSPHRASE}\n", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, start_new_session=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def test_the_ceremony_works_as_it_is_written(tmp_path: Path, certificate: Path) -> None:
    commands = documented_commands()
    (tmp_path / "certificate.pem").write_bytes(certificate.read_bytes())
    (tmp_path / "Gatehouse-1.4.0-x86_64.msi").write_bytes(b"package")
    for name in ("root-2", "root-3", "root-4", "manifest-1", "manifest-2"):
        run_as_typed(commands[0].replace("root-1", name), tmp_path)
    said = {command: run_as_typed(command, tmp_path) for command in commands}
    assert metadata.is_encrypted(tmp_path / "root-1")
    assert "signed by as many of its own keys" in said["ci/metadata show 1.root"]
    assert "accepts it" in said["ci/metadata show stable.manifest --root 1.root"]
    assert "accepts it" in said["ci/metadata show 2.root --root 1.root"]


def test_what_would_be_refused_fails_the_command(tmp_path: Path, certificate: Path) -> None:
    for name in ("root-1", "manifest-1"):
        run_as_typed(f"ci/metadata key --no-passphrase {name}", tmp_path)
    run_as_typed(f"ci/metadata root 1.root --expires 2027-11-30T00:00:00Z --root-key root-1.pub "
                 "--root-threshold 1 --manifest-key manifest-1.pub --manifest-threshold 1 "
                 f"--signer {certificate}", tmp_path)
    done = subprocess.run([PROJECT / "ci/metadata", "show", "1.root", "--root", "1.root"],
                          cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          encoding="utf-8", check=False)
    assert done.returncode == 1
    assert "its version is 1, not 2" in done.stdout

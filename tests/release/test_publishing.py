# SPDX-License-Identifier: MIT
"""What brings a release to its users: the tag, the key on a runner, the container, the draft and
its notes, whose commands run here as a user would run them."""
from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Dict, List

import pytest

from harness.runner import PROJECT, build_folder
from releasing import draft
from releasing.authority import Authority
from releasing.programs import Programs, version_of_tag
from releasing.steps import ReleaseError, run

BLOCK = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def stand_ins(tmp_path: Path) -> Path:
    """A folder for programs that come first in PATH."""
    folder = tmp_path / "stand-ins"
    folder.mkdir()
    return folder


def stand_in(folder: Path, name: str, script: str) -> None:
    """A shell script with the name of a program."""
    path = folder / name
    path.write_text(f"#!/bin/bash\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def with_path(folder: Path, **variables: str) -> Dict[str, str]:
    """The environment with a folder in front of PATH."""
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", **variables}


# ---- the notes ----


def checks(release: Path) -> List[str]:
    """The commands that the notes tell users to run."""
    return [block.strip() for block in BLOCK.findall(draft.notes(release))]


def test_the_notes_have_the_changes_and_three_checks(whole_release: Path) -> None:
    text = draft.notes(whole_release)
    assert text.startswith((whole_release / "CHANGES.md").read_text(encoding="utf-8"))
    assert [check.split()[0] for check in checks(whole_release)] == [
        "sha256sum", "osslsigncode", "ci/reproduce"]


@pytest.fixture
def downloaded(whole_release: Path, tmp_path: Path) -> Path:
    """What a user has: the published files in one folder, the archive unpacked."""
    folder, work = tmp_path / "downloaded", tmp_path / "work"
    for each in (folder, work):
        each.mkdir()
    for path in draft.published_files(whole_release, work):
        shutil.copyfile(path, folder / path.name)
    with tarfile.open(folder / draft.parts_name(whole_release)) as archive:
        archive.extractall(folder)
    return folder


def test_their_first_check_passes_and_finds_a_changed_file(downloaded: Path) -> None:
    command = checks(downloaded)[0]
    subprocess.run(["bash", "-c", command], cwd=downloaded, check=True)
    path = next(downloaded.glob("*.msi"))
    path.write_bytes(path.read_bytes() + b"x")
    assert subprocess.run(["bash", "-c", command], cwd=downloaded, check=False).returncode == 1


def test_their_second_check_passes_and_finds_a_changed_file(
        downloaded: Path, stand_ins: Path, authority: Authority) -> None:
    """The system's roots do not trust the test authority: it is handed to the tool."""
    real = shutil.which("osslsigncode")
    root = authority.root
    stand_in(stand_ins, "osslsigncode",
             f'shift; exec {real} verify -CAfile {root} -TSA-CAfile {root} "$@"')
    command = ["bash", "-c", checks(downloaded)[1]]
    environment = with_path(stand_ins)
    subprocess.run(command, cwd=downloaded, env=environment, check=True)
    path = next(downloaded.glob("*-x86_64.msi"))
    content = path.read_bytes()
    path.write_bytes(content.replace(b"Gatehouse", b"Gatehaus3", 1))
    assert subprocess.run(command, cwd=downloaded, env=environment, check=False).returncode == 1


def test_their_third_check_passes(downloaded: Path, programs: Programs) -> None:
    """Without compiling; with it, test_reproduce.py does it for --long."""
    command = checks(downloaded)[2].replace("DOWNLOADED", str(downloaded))
    subprocess.run(["bash", "-c", f"{command} --from {programs.folder}"], cwd=PROJECT, check=True)


# ---- the draft ----


def test_the_draft_has_the_installers_and_the_rest_in_one_archive(
        whole_release: Path, programs: Programs, stand_ins: Path, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(stand_ins, "gh", f'printf "%s\\n" "$@" >{tmp_path}/asked')
    monkeypatch.setenv("PATH", with_path(stand_ins)["PATH"])
    version = programs.product["version"]
    release = Path(shutil.copytree(whole_release, tmp_path / "release"))
    draft.make_draft(release, f"v{version}")
    words = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert words[:5] == ["release", "create", f"v{version}", "--draft", "--verify-tag"]
    files = {Path(word).name for word in words[words.index("--notes-file") + 2:]}
    assert files == {f"Gatehouse-{version}-x86_64.msi", f"Gatehouse-{version}-i686.msi",
                     "SHA256SUMS", "sbom.cdx.json", "provenance.json",
                     f"Gatehouse-{version}-parts.tar.gz"}


def test_a_draft_for_another_tag_is_refused(whole_release: Path) -> None:
    with pytest.raises(ReleaseError, match="and the tag is v9.9.9"):
        draft.make_draft(whole_release, "v9.9.9")


@pytest.mark.parametrize("tag, version", [("v1.2.3", "1.2.3"), ("v1.2", ""), ("1.2.3", "")])
def test_the_tag_names_the_version(tag: str, version: str, tmp_path: Path) -> None:
    run(["git", "init", "-q", tmp_path])
    for words in (["-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-q",
                   "--allow-empty", "-m", "first"], ["tag", tag]):
        run(["git", "-C", tmp_path, *words])
    if version:
        assert version_of_tag(tmp_path) == version
    else:
        with pytest.raises(ReleaseError, match=f"the tag {tag} names no version"):
            version_of_tag(tmp_path)


# ---- on the machines of the workflow ----

SHOW = 'key=$GATEHOUSE_SIGN_KEY; echo "$key"; stat -c %a "$key"; cat "$key"; env'


def test_a_secret_becomes_a_file_for_the_command_alone() -> None:
    done = subprocess.run(
        [PROJECT / "ci" / "with-key", "bash", "-c", SHOW], check=True, encoding="utf-8",
        stdout=subprocess.PIPE, env={**os.environ, "GATEHOUSE_SECRET_KEY": "the\nkey",
                                     "GATEHOUSE_SECRET_PASSWORD_FILE": ""})
    path, mode, *rest = done.stdout.splitlines()
    assert (mode, rest[:2]) == ("600", ["the", "key"])
    assert "GATEHOUSE_SECRET" not in done.stdout
    assert "GATEHOUSE_SIGN_PASSWORD_FILE" not in done.stdout
    assert not Path(path).exists()


def test_a_failure_of_the_command_is_that_of_with_key() -> None:
    done = subprocess.run([PROJECT / "ci" / "with-key", "bash", "-c", "exit 7"], check=False)
    assert done.returncode == 7


def test_the_container_sees_the_checkout_and_our_variables(stand_ins: Path) -> None:
    stand_in(stand_ins, "docker", 'printf "%s\\n" "$@"')
    done = subprocess.run(
        [PROJECT / "ci" / "in-debian", "ci/release", "--version", "1.2.3"], check=True,
        stdout=subprocess.PIPE, encoding="utf-8",
        env=with_path(stand_ins, GATEHOUSE_SIGN_TIMESTAMP="http://t.example/", OTHER="x"))
    words = done.stdout.splitlines()
    assert words[:2] == ["run", "--rm"]
    assert words[words.index("--volume") + 1] == f"{PROJECT}:/gatehouse"
    assert "GATEHOUSE_SIGN_TIMESTAMP" in words and "OTHER" not in words
    assert words[-4:] == ["sh", "ci/release", "--version", "1.2.3"]
    assert "debian:12" in words


# ---- brands ----


def test_every_name_of_a_product_is_documented() -> None:
    names = json.loads((build_folder() / "product.json").read_text(encoding="utf-8"))
    page = (PROJECT / "docs" / "release.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"`PRODUCT_(\w+)`", page.split("\n## Brands\n")[1]))
    assert {name.upper() for name in names} - {"VERSION"} <= rows


BRAND = '''
set(PRODUCT_NAME "Acme VPN" CACHE STRING "")
set(PRODUCT_COMPANY "Acme & Söhne" CACHE STRING "")
set(PRODUCT_REGISTRY_KEY "SOFTWARE\\\\Acme VPN" CACHE STRING "")
'''
OWN = '''
set(PRODUCT_UUID "6f0e7f5e-19c1-4f0f-9c3c-6d2f4a1f0a11" CACHE STRING "")
set(PRODUCT_FIREWALL_SPACE "b0b7f6cb-45f3-4f0f-8f2e-6a8f3f1c7e22" CACHE STRING "")
'''


def configure(folder: Path, brand: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """Configure a build of a brand."""
    (folder / "brand.cmake").write_text(brand, encoding="utf-8")
    return subprocess.run(
        ["cmake", "-S", PROJECT, "-B", folder / "build", "--preset", "mingw",
         "-C", folder / "brand.cmake", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        encoding="utf-8", check=False)


def test_a_brand_has_its_names_everywhere(tmp_path: Path) -> None:
    done = configure(tmp_path, BRAND + OWN, "-D", "GATEHOUSE_VERSION=3.2.1")
    assert done.returncode == 0, done.stdout
    names = json.loads((tmp_path / "build" / "product.json").read_text(encoding="utf-8"))
    assert (names["name"], names["company"], names["registry_key"], names["version"]) == (
        "Acme VPN", "Acme & Söhne", r"SOFTWARE\Acme VPN", "3.2.1")
    resource = next((tmp_path / "build").glob("src/service/*.rc")).read_text(encoding="utf-8")
    for text in ('"CompanyName", "Acme & Söhne"', '"ProductName", "Acme VPN"',
                 "FILEVERSION 3, 2, 1, 0", "Acme VPN interactive service"):
        assert text in resource


@pytest.mark.parametrize("brand, words, text", [
    (BRAND, [], "needs a PRODUCT_UUID"),
    (OWN, ["-D", "GATEHOUSE_VERSION=1.2"], 'GATEHOUSE_VERSION is "1.2"'),
    (OWN, ["-D", "GATEHOUSE_VERSION=256.0.0"], "it must be up to 255.255.65535"),
])
def test_a_brand_or_version_that_can_do_harm_is_refused(
        brand: str, words: List[str], text: str, tmp_path: Path) -> None:
    done = configure(tmp_path, brand, *words)
    assert done.returncode != 0
    assert text in re.sub(r"\s+", " ", done.stdout)

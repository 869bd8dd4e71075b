# SPDX-License-Identifier: MIT
"""ci/release: what a release consists of, what its descriptions say, and how a failure ends."""
from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Tuple

import jsonschema  # type: ignore[import]
import pytest
import yaml  # type: ignore[import]

from harness.runner import PROJECT
from releasing import changelog, judge, linked, sbom, sums, winget
from releasing.programs import Programs, is_foreign, source_of
from releasing.steps import INTERRUPTED, Progress, ReleaseError, run

#: The folder res/schema of the npm package @cyclonedx/cyclonedx-library; Debian has none.
SCHEMAS = "GATEHOUSE_CYCLONEDX_SCHEMAS"
#: A folder with those of winget's manifests, as its source has them (schemas/JSON/manifests).
WINGET_SCHEMAS = "GATEHOUSE_WINGET_SCHEMAS"


def command(*words: object, **variables: str) -> "subprocess.CompletedProcess[str]":
    """ci/release."""
    return subprocess.run([PROJECT / "ci" / "release", *map(str, words)],
                          env={**os.environ, **variables}, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding="utf-8", check=False)


def test_a_release_has_these_files(whole_release: Path, programs: Programs) -> None:
    version = programs.product["version"]
    msis = [f"Gatehouse-{version}-{architecture}.msi" for architecture in ("i686", "x86_64")]
    signed = [f"{architecture}/{name}" for architecture in ("i686", "x86_64")
              for name in ("gatehouse-service.exe", "gatehouse-setup.dll", "gatehouse.exe")] + msis
    there = {path.relative_to(whole_release).as_posix() for path in whole_release.rglob("*")
             if path.is_file()}
    assert there >= {*signed, *(f"signatures/{name}.pem" for name in signed), "SHA256SUMS",
                     "UNSIGNED-SHA256SUMS", "sbom.cdx.json", "provenance.json", "product.json",
                     "CHANGES.md", "conformance.html", "winget/Gatehouse.Gatehouse.yaml",
                     "winget/Gatehouse.Gatehouse.installer.yaml",
                     "winget/Gatehouse.Gatehouse.locale.en-US.yaml"}


def test_sha256sum_accepts_the_sums(whole_release: Path) -> None:
    run(["sha256sum", "--check", "--strict", "SHA256SUMS"], folder=whole_release)


# ---- the bill of materials ----


def test_the_bill_tells_what_is_linked_in(whole_release: Path) -> None:
    body = sbom.read_sbom(whole_release / sbom.NAME)
    depends = {row["ref"]: row["dependsOn"] for row in body["dependencies"]}
    names = {each["bom-ref"]: each["name"] for each in body["components"]}
    assert {names[ref] for ref in depends["x86_64/gatehouse.exe"]} == {
        "gcc-mingw-w64-x86-64-win32", "mingw-w64-x86-64-dev", "uthash-dev"}
    for each in body["components"]:
        if each["type"] == "library":
            assert each["purl"].startswith("pkg:deb/") and each["version"], each
            assert each["licenses"][0]["expression"], each


def test_libraries_of_headers_alone_are_all_known() -> None:
    """The linker's map does not tell of them."""
    said = run(["git", "-C", PROJECT, "grep", "-hoE", r"#include <[a-z0-9_]+\.h>", "--", "src"])
    used = set(re.findall("<(.*)>", said))
    foreign = {path.name for path in Path("/usr/include").glob("*.h")} & used
    windows = Path("/usr/share/mingw-w64/include")
    assert {name for name in foreign if not (windows / name).exists()} <= set(linked.HEADERS_ALONE)


def test_the_same_inputs_give_the_same_bill(whole_release: Path, programs: Programs) -> None:
    def make() -> str:
        return sbom.make_sbom(whole_release, programs.product, 0, commit="c",
                              linked=programs.linked, contents={})

    assert make() == make()
    assert json.loads(make())["metadata"]["timestamp"] == "1970-01-01T00:00:00Z"


@pytest.mark.skipif(SCHEMAS not in os.environ, reason=f"no schemas of CycloneDX: {SCHEMAS} names "
                    "the folder res/schema of the npm package @cyclonedx/cyclonedx-library")
def test_the_bill_keeps_to_the_published_schema(whole_release: Path) -> None:
    folder = Path(os.environ[SCHEMAS])

    def schema(name: str) -> Dict[str, Any]:
        text = (folder / f"{name}.SNAPSHOT.schema.json").read_text(encoding="utf-8")
        loaded = json.loads(text)
        assert isinstance(loaded, dict)
        return loaded

    whole = schema(f"bom-{sbom.SPECIFICATION}")
    store = {f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json": schema(name)
             for name in ("spdx", "jsf-0.82")}
    resolver = jsonschema.RefResolver(whole["$id"], whole, store=store)
    validator = jsonschema.Draft7Validator(whole, resolver=resolver)
    body = sbom.read_sbom(whole_release / sbom.NAME)
    assert [error.message for error in validator.iter_errors(body)] == []


# ---- winget, changes ----


def test_winget_finds_both_packages(whole_release: Path, programs: Programs) -> None:
    path, = (whole_release / winget.FOLDER).glob("*.installer.yaml")
    manifest = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = {each["Architecture"]: each for each in manifest["Installers"]}
    assert set(found) == {"x64", "x86"}
    package = whole_release / f"Gatehouse-{programs.product['version']}-x86_64.msi"
    assert found["x64"]["InstallerSha256"] == sums.sha256_of(package).upper()
    assert found["x64"]["InstallerUrl"].endswith(f"/{package.name}")


@pytest.mark.skipif(WINGET_SCHEMAS not in os.environ, reason="no schemas of winget: "
                    f"{WINGET_SCHEMAS} names a folder with manifest.<kind>.<version>.json")
def test_the_manifests_keep_to_the_published_schemas(whole_release: Path) -> None:
    paths = list((whole_release / winget.FOLDER).glob("*.yaml"))
    assert len(paths) == 3
    for path in paths:
        manifest = yaml.safe_load(path.read_text(encoding="utf-8"))
        name = f"manifest.{manifest['ManifestType']}.{manifest['ManifestVersion']}.json"
        schema = json.loads((Path(os.environ[WINGET_SCHEMAS]) / name).read_text(encoding="utf-8"))
        validator = jsonschema.validators.validator_for(schema, jsonschema.Draft202012Validator)(
            schema, format_checker=jsonschema.FormatChecker())
        assert [error.message for error in validator.iter_errors(manifest)] == []


@pytest.mark.parametrize("change, rule", [
    ({"PackageIdentifier": "Gatehouse"}, "PackageIdentifier"),
    ({"PackageVersion": "1/0"}, "PackageVersion"),
    ({"ManifestType": "singleton"}, "there is no kind of manifest 'singleton'"),
    ({"MinimumOSVersion": "ten"}, "MinimumOSVersion"),
    ({"Installers": []}, "it names no installer"),
])
def test_a_broken_rule_of_winget_is_named(change: Dict[str, Any], rule: str, whole_release: Path
                                          ) -> None:
    path, = (whole_release / winget.FOLDER).glob("*.installer.yaml")
    manifest = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert winget.problems_of_manifest(manifest) == []
    found = winget.problems_of_manifest({**manifest, **change})
    assert len(found) == 1 and rule in found[0]


def test_a_brand_has_a_name_of_its_own_in_winget() -> None:
    assert winget.identifier({"company": "Acme Inc", "name": "Acme VPN"}) == "AcmeInc.AcmeVPN"


CHANGES = """# Changes

## Unreleased

- What comes next.

## 1.1.0 - 2026-01-02

- A correction.

## 1.0.0 - 2026-01-01

- The first one.
"""


@pytest.mark.parametrize("version, expected", [
    ("1.1.0", ("1.1.0", "- A correction.\n")),
    ("1.0.0", ("1.0.0", "- The first one.\n")),
    ("2.0.0", ("Unreleased", "- What comes next.\n"))])
def test_a_version_has_its_section(version: str, expected: Tuple[str, str], tmp_path: Path
                                   ) -> None:
    path = tmp_path / "CHANGELOG.md"
    path.write_text(CHANGES, encoding="utf-8")
    assert changelog.section(version, path) == expected


def test_a_version_without_a_section_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "CHANGELOG.md"
    path.write_text(CHANGES.replace("- What comes next.", ""), encoding="utf-8")
    with pytest.raises(ReleaseError, match="no section 2.0.0"):
        changelog.section("2.0.0", path)


# ---- where it is made, and how it fails ----


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small repository with one commit."""
    folder = tmp_path / "checkout"
    run(["git", "init", "-q", folder])
    (folder / "file").write_text("text", encoding="ascii")
    for words in (["add", "file"], ["-c", "user.name=T", "-c", "user.email=t@example.com",
                                    "commit", "-q", "-m", "first"]):
        run(["git", "-C", folder, *words])
    return folder


def test_what_is_not_committed_is_not_released(checkout: Path) -> None:
    assert not source_of(checkout).changed
    (checkout / "another").write_text("text", encoding="ascii")
    with pytest.raises(ReleaseError, match=r"not everything is committed .*another"):
        source_of(checkout)
    assert source_of(checkout, allow_changes=True).changed


def test_variables_of_the_developer_do_not_reach_the_compiler() -> None:
    foreign = [name for name in ("CFLAGS", "CC", "LDFLAGS", "CMAKE_C_COMPILER_LAUNCHER",
                                 "CCACHE_BASEDIR", "PATH", "HOME")
               if is_foreign(name)]
    assert foreign == ["CFLAGS", "CC", "LDFLAGS", "CMAKE_C_COMPILER_LAUNCHER", "CCACHE_BASEDIR"]


def test_a_failure_names_its_step_and_leaves_the_last_release(
        programs: Programs, tmp_path: Path) -> None:
    output = tmp_path / "release"
    output.mkdir()
    (output / "the last one").touch()
    damaged = tmp_path / "programs"
    run(["cp", "-r", programs.folder, damaged])
    (damaged / "i686" / "gatehouse.exe").write_bytes(b"no program")
    done = command("--from", damaged, "--output", output, "--conformance", "none")
    assert done.returncode == 1
    assert done.stderr.startswith("signing i686/gatehouse.exe: ")
    assert [path.name for path in output.iterdir()] == ["the last one"]


def heed_ctrl_c() -> None:
    """Also where the tests were started in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_ends_it_and_leaves_the_last_release(programs: Programs, tmp_path: Path) -> None:
    output = tmp_path / "release"
    output.mkdir()
    with subprocess.Popen([PROJECT / "ci" / "release", "--from", programs.folder,
                           "--output", output, "--conformance", "none"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          start_new_session=True, preexec_fn=heed_ctrl_c) as started:
        assert started.stdout and started.stderr
        for line in started.stdout:
            if "signing x86_64/gatehouse.exe" in line:
                break
        os.killpg(started.pid, signal.SIGINT)
        said = started.stderr.read()
        assert started.wait() == INTERRUPTED
    assert said.startswith("interrupted in the step: ")
    assert "Traceback" not in said
    assert list(output.iterdir()) == []


# ---- what the conformance suite says ----


def stand_in(path: Path, exit_code: int) -> Path:
    """Writes its command line as the page, instead of judging a service."""
    path.write_text("#!/bin/sh\necho 100 of 100\nfor word; do page=$word; done\n"
                    f'echo "$@" >"$page"\nexit {exit_code}\n', encoding="ascii")
    path.chmod(0o755)
    return path


def test_the_service_is_judged_unless_a_page_is_given(
        programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(judge, "COMMAND", stand_in(tmp_path / "conformance", 0))
    made = judge.conformance_page(Progress("test"), programs, judge.RUN, tmp_path / "page")
    version = programs.product["version"]
    assert made and made.read_text(encoding="ascii") == (
        f"--service {programs.folder}/x86_64/gatehouse-service.exe --name Gatehouse {version} "
        f"--html {made}\n")
    assert "100 of 100" in capfd.readouterr().out

    given = tmp_path / "given"
    given.touch()
    assert judge.conformance_page(Progress("test"), programs, str(given), tmp_path / "x") == given
    assert judge.conformance_page(Progress("test"), programs, judge.NONE, tmp_path / "x") is None


def test_a_service_that_does_not_pass_is_not_released(
        programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "COMMAND", stand_in(tmp_path / "conformance", 1))
    with pytest.raises(ReleaseError, match="does not pass the conformance suite"):
        judge.conformance_page(Progress("test"), programs, judge.RUN, tmp_path / "page")


def test_a_brand_with_names_of_its_own_is_not_judged(
        programs: Programs, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    brand = Programs(Path(shutil.copytree(programs.folder, tmp_path / "programs")))
    path = brand.folder / "product.json"
    path.write_text(json.dumps({**brand.product, "name": "Acme VPN", "pipe_family": "acme"}),
                    encoding="utf-8")
    assert judge.conformance_page(Progress("test"), brand, judge.RUN, tmp_path / "page") is None
    assert "Acme VPN has names of its own" in capsys.readouterr().out


@pytest.mark.parametrize("words, text", [
    (["--from", "/nonexistent"], "/nonexistent is no folder of programs"),
    (["--bundle-openvpn", "x86_64=/nonexistent"], "give an architecture (x86_64, i686) and a file"),
    (["--conformance", "/nonexistent"], "--conformance /nonexistent: there is no such page"),
])
def test_a_wrong_command_line_is_refused(words: List[str], text: str) -> None:
    done = command(*words)
    assert done.returncode in (1, 2)
    assert text in done.stderr

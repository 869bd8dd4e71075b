# SPDX-License-Identifier: MIT
"""Roots and manifests of updates as the tools make them. What src/update makes of them is shown by
tests/unit/test_update_vectors.c."""
from __future__ import annotations

import dataclasses
import re
import stat
from pathlib import Path
from typing import Any, Dict, List

import pytest

from harness.runner import PROJECT
from releasing import metadata
from releasing.metadata import Key, Manifest, Package, Root, read_time
from releasing.steps import ReleaseError, run

EXPIRES = read_time("2027-12-01T00:00:00Z")
PACKAGE = Package("x86_64", "10.0.17763", 1000, 32 * "a1", "Gatehouse-1.1.0-x86_64.msi")
MANIFEST = Manifest("Gatehouse", "stable", 5, EXPIRES, "1.1.0", [PACKAGE])
GOLDEN = PROJECT / "tests" / "golden" / "update"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Dict[str, Path]:
    """Private keys by their names."""
    folder = tmp_path_factory.mktemp("keys")
    found = {name: folder / name for name in ("one", "two", "three", "manifest")}
    for path in found.values():
        metadata.make_key(path)
    return found


def root_of(keys: Dict[str, Path], **changes: Any) -> Root:
    """Two of three keys sign roots, one signs manifests."""
    public = {name: metadata.public_key(path) for name, path in keys.items()}
    root = Root("Gatehouse", 1, EXPIRES, [public["one"], public["two"], public["three"]], 2,
                [public["manifest"]], 1, [32 * "01"])
    return dataclasses.replace(root, **changes)


def signed(text: str, keys: Dict[str, Path], *names: str) -> str:
    for name in names:
        text = metadata.sign(text, keys[name])
    return text


def test_a_private_key_is_its_owners_alone(keys: Dict[str, Path]) -> None:
    assert stat.S_IMODE(keys["one"].stat().st_mode) == 0o600


def test_a_key_is_never_overwritten(keys: Dict[str, Path]) -> None:
    before = keys["one"].read_bytes()
    with pytest.raises(ReleaseError, match="never overwritten"):
        metadata.make_key(keys["one"])
    assert keys["one"].read_bytes() == before


def test_a_key_with_a_passphrase_needs_it(tmp_path: Path) -> None:
    key = metadata.make_key(tmp_path / "key", "a passphrase")
    assert metadata.is_encrypted(tmp_path / "key")
    text = metadata.sign(MANIFEST.text(), tmp_path / "key", "a passphrase")
    assert metadata.has_signed(text, key)
    with pytest.raises(ReleaseError, match="openssl failed"):
        metadata.sign(MANIFEST.text(), tmp_path / "key", "another one")


def test_a_key_of_another_curve_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp384r1",
         "-out", path])
    with pytest.raises(ReleaseError, match="P-256"):
        metadata.public_key(path)


def test_signing_again_replaces_the_signature(keys: Dict[str, Path]) -> None:
    once = signed(MANIFEST.text(), keys, "manifest")
    again = signed(once, keys, "manifest", "one")
    assert len(metadata.signatures_of(again)) == 2
    assert metadata.body_of(again) == MANIFEST.text()


def test_a_changed_file_is_signed_by_nobody(keys: Dict[str, Path]) -> None:
    key = metadata.public_key(keys["manifest"])
    text = signed(MANIFEST.text(), keys, "manifest")
    assert metadata.has_signed(text, key)
    assert not metadata.has_signed(text.replace(" 1000 ", " 1001 "), key)


@pytest.mark.parametrize("numbers", [(0, 1), (127, 128), (2 ** 255, 2 ** 256 - 1), (1, 2 ** 248)])
def test_numbers_of_a_signature_come_back_as_they_were(numbers: List[int]) -> None:
    value = b"".join(number.to_bytes(32, "big") for number in numbers)
    assert metadata.integers_of_der(metadata.der_of_integers(value)) == tuple(numbers)


def test_what_was_written_is_read_as_the_same(keys: Dict[str, Path]) -> None:
    root = root_of(keys)
    assert metadata.read_root(root.text()) == root
    assert metadata.read_manifest(MANIFEST.text()) == MANIFEST
    for path in GOLDEN.iterdir():
        text = metadata.read_file(path)
        written = (metadata.read_root(text).text() if path.suffix == ".root" else
                   metadata.read_manifest(text).text())
        assert written == metadata.body_of(text)


@pytest.mark.parametrize("change", [
    {"product": ""}, {"product": "Gatehouse "}, {"product": 64 * "x"}, {"product": "two\nlines"},
    {"product": "Türsteher"}, {"version": 0}, {"version": -1}, {"channel": "Stable"},
    {"channel": "a/b"}, {"channel": ""}, {"channel": 33 * "x"}, {"release": "1.1"},
    {"release": "1.1.0.0"}, {"release": "01.1.0"}, {"packages": []}, {"packages": [PACKAGE] * 2}],
    ids=str)
def test_what_the_service_would_refuse_is_not_written(change: Dict[str, Any]) -> None:
    with pytest.raises(ReleaseError):
        dataclasses.replace(MANIFEST, **change).text()


@pytest.mark.parametrize("change", [
    {"size": 0}, {"digest": 32 * "A1"}, {"digest": "a1"}, {"name": "../x.msi"},
    {"name": "x.exe"}, {"name": "a b.msi"}, {"architecture": "X64"}, {"least_windows": "10"}],
    ids=str)
def test_neither_is_a_package(change: Dict[str, Any]) -> None:
    with pytest.raises(ReleaseError):
        dataclasses.replace(MANIFEST, packages=[dataclasses.replace(PACKAGE, **change)]).text()


@pytest.mark.parametrize("change", [
    {"root_threshold": 0}, {"root_threshold": 4}, {"manifest_threshold": 2}, {"manifests": []},
    {"signers": []}, {"signers": 9 * [32 * "01"]}, {"signers": ["01"]}, {"version": 0}], ids=str)
def test_neither_is_a_root(keys: Dict[str, Path], change: Dict[str, Any]) -> None:
    with pytest.raises(ReleaseError):
        root_of(keys, **change).text()


def test_a_key_has_one_role(keys: Dict[str, Path]) -> None:
    with pytest.raises(ReleaseError, match="once"):
        root_of(keys, manifests=[metadata.public_key(keys["one"])]).text()


@pytest.mark.parametrize("names, problem", [
    (["one", "two"], ""), (["one", "three"], ""), (["one"], "lacks 1 of 2 signatures of old root"),
    (["manifest"], "lacks 2 of 2 signatures of old root"), ([], "lacks 2 of 2")])
def test_a_root_that_would_be_refused_says_why(keys: Dict[str, Path], names: List[str],
                                               problem: str) -> None:
    text = signed(root_of(keys, version=2).text(), keys, *names)
    assert problem in "; ".join(metadata.problems_of(text, root_of(keys)))
    assert bool(metadata.problems_of(text, root_of(keys))) == bool(problem)


def test_a_manifest_that_would_be_refused_says_why(keys: Dict[str, Path]) -> None:
    root = root_of(keys)
    assert not metadata.problems_of(signed(MANIFEST.text(), keys, "manifest"), root)
    other = dataclasses.replace(MANIFEST, product="Acme VPN")
    assert metadata.problems_of(signed(other.text(), keys, "one"), root) == [
        "it is for Acme VPN", "it lacks 1 of 1 signatures of manifest keys"]


def test_the_golden_files_are_signed_as_they_say() -> None:
    roots = [metadata.read_file(GOLDEN / f"{version}.root") for version in (1, 2, 3)]
    for older, newer in zip(roots, roots[1:]):
        assert not metadata.problems_of(newer, metadata.read_root(older))
    newest = metadata.read_root(roots[-1])
    assert not metadata.problems_of(metadata.read_file(GOLDEN / "stable.manifest"), newest)
    assert metadata.problems_of(metadata.read_file(GOLDEN / "old.manifest"), newest)


def test_ids_are_those_of_src_update() -> None:
    key = Key(bytes(range(64)))
    assert re.fullmatch("[0-9a-f]{64}", key.id)
    assert str(key) == f"{key.id} {bytes(range(64)).hex()}"


def test_the_documentation_lists_every_refusal() -> None:
    source = (PROJECT / "src/update/refusal.c").read_text(encoding="utf-8")
    page = (PROJECT / "docs/updates.md").read_text(encoding="utf-8")
    rows = re.findall(r'ROW\(\w+,\s*\w+,\s*"([^"]+)",\s*((?:"[^"]*"\s*)+)\)', source)
    assert len(rows) > 50
    for name, parts in rows:
        sentence = "".join(re.findall(r'"([^"]*)"', parts))
        assert name == "none" or f"| `{name}` | {sentence} |" in page, name

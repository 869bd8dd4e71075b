# SPDX-License-Identifier: MIT
"""Writes tests/golden/update, the files by which tests/unit/test_update_vectors.c shows that
src/update accepts what ci/releasing makes:

    PYTHONPATH=tests:ci python3 -m release.update_vectors

Their keys are made anew each time, and forgotten: nobody can sign anything for these roots."""
from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Dict, List, Sequence

from releasing import metadata
from releasing.metadata import Key, Manifest, Package, Root, read_time, write_file

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "update"
EXPIRES = read_time("2027-12-01T00:00:00Z")
KEYS = ("root-1", "root-2", "root-3", "root-4", "manifest-1", "manifest-2")


def make_vectors(folder: Path, keys: Path) -> None:
    """Three roots, of which each changes keys, and the manifests of the first and the last."""
    public: Dict[str, Key] = {name: metadata.make_key(keys / name) for name in KEYS}

    def signed(text: str, names: Sequence[str]) -> str:
        for name in names:
            text = metadata.sign(text, keys / name)
        return text

    def root(version: int, roots: Sequence[str], manifest: str, signers: List[str],
             signed_by: Sequence[str]) -> None:
        write_file(folder / f"{version}.root", signed(Root(
            "Gatehouse", version, EXPIRES, [public[name] for name in roots], 2,
            [public[manifest]], 1, signers).text(), signed_by))

    def manifest(name: str, version: int, release: str, key: str) -> None:
        packages = [Package(architecture, "10.0.17763", 1482752, 32 * digit,
                            f"Gatehouse-{release}-{architecture}.msi")
                    for architecture, digit in (("x86_64", "a1"), ("i686", "b2"))]
        write_file(folder / name, signed(Manifest(
            "Gatehouse", "stable", version, EXPIRES, release, packages).text(), [key]))

    first, last = ["root-1", "root-2", "root-3"], ["root-2", "root-3", "root-4"]
    root(1, first, "manifest-1", [32 * "01"], first[:2])
    root(2, last, "manifest-1", [32 * "01", 32 * "02"], ["root-1", "root-3", "root-4"])
    root(3, last, "manifest-2", [32 * "02"], ["root-2", "root-4"])
    manifest("old.manifest", 7, "1.1.0", "manifest-1")
    manifest("stable.manifest", 8, "1.2.0", "manifest-2")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        make_vectors(GOLDEN, Path(name))

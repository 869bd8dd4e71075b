# SPDX-License-Identifier: MIT
"""Makes a repository of updates for a static web server, out of a release that ci/release has made,
with keys for tests. For real keys, which are kept apart from each other and offline, see
docs/updates.md, "Keys", and ci/metadata.

    ci/publish-test --root-only             keys, and the root to build a release with
    ci/release --update-root ROOT           a release whose package trusts it
    ci/publish-test                         the repository

The keys stay in a folder of their own, which must not be in the repository."""
from __future__ import annotations

import argparse
import datetime
import json
import shutil
from pathlib import Path
from typing import List, Optional

from releasing import metadata
from releasing.authority import test_authority
from releasing.metadata import Manifest, Package, Root, read_file, write_file
from releasing.steps import BUILD, Progress, ReleaseError, run_command

RELEASE, REPOSITORY, KEYS = BUILD / "release", BUILD / "repository", BUILD / "test-update-keys"
ARCHITECTURES = ("x86_64", "i686")
ROOT_KEYS, ROOT_THRESHOLD, MANIFEST_KEY = ("root-1", "root-2", "root-3"), 2, "manifest-1"
ROOT_DAYS, MANIFEST_DAYS = 365, 30
LEAST_WINDOWS = "10.0.10240"  #: the first Windows 10


def _after(days: int) -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)


def root_path(keys: Path, version: int) -> Path:
    """Where a root lies beside its keys, as in the repository."""
    return keys / f"{version}.root"


def newest_root(keys: Path) -> Optional[Path]:
    """None without any."""
    version = 0
    while root_path(keys, version + 1).exists():
        version += 1
    return root_path(keys, version) if version else None


def make_root(keys: Path, product: str, certificates: List[Path]) -> Path:
    """New keys, and a root that names them, in a new folder. Raises ReleaseError."""
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = {name: metadata.make_key(keys / name)
            for name in (*ROOT_KEYS, MANIFEST_KEY)}
    root = Root(product, 1, _after(ROOT_DAYS), [made[name] for name in ROOT_KEYS], ROOT_THRESHOLD,
                [made[MANIFEST_KEY]], 1,
                [metadata.signer_of_certificate(path) for path in certificates])
    text = root.text()
    for name in ROOT_KEYS[:ROOT_THRESHOLD]:
        text = metadata.sign(text, keys / name)
    write_file(root_path(keys, 1), text)
    return root_path(keys, 1)


def _packages_of(release: Path) -> List[Path]:
    found = sorted(release.glob("*.msi"))
    if not found:
        raise ReleaseError(f"there is no package in {release}; ci/release makes them")
    return found


def _architecture_of(path: Path) -> str:
    for architecture in ARCHITECTURES:
        if path.stem.endswith(f"-{architecture}"):
            return architecture
    raise ReleaseError(f"the name of {path} does not end in an architecture")


def _next_version(manifest: Path) -> int:
    if not manifest.exists():
        return 1
    return metadata.read_manifest(read_file(manifest)).version + 1


def publish(release: Path, repository: Path, keys: Path, *, channel: str = "stable",
            days: int = MANIFEST_DAYS, least_windows: str = LEAST_WINDOWS,
            version: Optional[int] = None) -> Path:
    """Put a release into a repository, a new one if there is none: packages first, the manifest
    last. Returns the manifest. Raises ReleaseError."""
    newest = newest_root(keys)
    if not newest:
        raise ReleaseError(f"there is no root in {keys}; make one by --root-only, and a release "
                           "with it")
    if repository.resolve() in (keys.resolve(), *keys.resolve().parents):
        raise ReleaseError("the keys must not be in the repository")
    product = json.loads((release / "product.json").read_text(encoding="utf-8"))
    repository.mkdir(parents=True, exist_ok=True)
    packages = []
    for path in _packages_of(release):
        shutil.copyfile(path, repository / path.name)
        packages.append(Package.of_file(repository / path.name, _architecture_of(path),
                                        least_windows))
    for number in range(1, int(newest.stem) + 1):
        shutil.copyfile(root_path(keys, number), repository / f"{number}.root")
    manifest = repository / f"{channel}.manifest"
    text = metadata.sign(Manifest(
        product["name"], channel, version or _next_version(manifest), _after(days),
        product["version"], packages).text(), keys / MANIFEST_KEY)
    problems = metadata.problems_of(text, metadata.read_root(read_file(newest)))
    if problems:
        raise ReleaseError("; ".join(problems))
    write_file(manifest, text)
    return manifest


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ci/publish-test", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", type=Path, default=RELEASE, help="folder of the release")
    parser.add_argument("--repository", type=Path, default=REPOSITORY, help="folder to serve")
    parser.add_argument("--keys", type=Path, default=KEYS, help="folder of the keys")
    parser.add_argument("--channel", default="stable")
    parser.add_argument("--days", type=int, default=MANIFEST_DAYS,
                        help="for which the manifest is valid")
    parser.add_argument("--least-windows", default=LEAST_WINDOWS, metavar="VERSION")
    parser.add_argument("--root-only", action="store_true", help="make keys and a root, and stop")
    parser.add_argument("--product", default="Gatehouse", help="that the new root is for")
    parser.add_argument("--signer", type=Path, action="append", metavar="CERTIFICATE",
                        help="who signs packages, as the new root says; without it the test "
                             "authority of this checkout")
    return parser


def main() -> int:
    """ci/publish-test."""
    options = _parser().parse_args()
    progress = Progress("ci/publish-test")

    def work() -> int:
        if not newest_root(options.keys):
            progress.step(f"making keys and a root in {options.keys}")
            make_root(options.keys, options.product,
                      options.signer or [test_authority().leaf("signer").chain])
        if options.root_only:
            print(f"the root: {newest_root(options.keys)}")
            return 0
        progress.step(f"publishing {options.release}")
        manifest = publish(options.release, options.repository, options.keys,
                           channel=options.channel, days=options.days,
                           least_windows=options.least_windows)
        print(f"the repository: {options.repository}, with {manifest.name}")
        return 0

    return run_command(progress, work)


if __name__ == "__main__":
    raise SystemExit(main())

# SPDX-License-Identifier: MIT
"""What a user has downloaded of an update: roots, manifests and packages in a folder of an
installation, signed by keys of the test."""
from __future__ import annotations

import datetime
import hashlib
import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator, List, Sequence, Tuple

from harness.signatures import sign
from releasing import metadata
from releasing.metadata import Key, Manifest, Package, Root

#: What the fake certificates of this name have as their key (fakes/system/trust).
SIGNER = "Gatehouse test signer"

#: What a package of Windows Installer begins with.
COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")

PRODUCT, CHANNEL, ARCHITECTURE = "Gatehouse", "stable", "x86_64"
ROOT_FILE = "update.root"

DAY = datetime.timedelta(days=1)


def now() -> datetime.datetime:
    """The time of this computer."""
    return datetime.datetime.now(datetime.timezone.utc)


def signer_id(name: str) -> str:
    """How a root names who signs packages."""
    return hashlib.sha256(name.encode("utf-16-le")).hexdigest()


@dataclass
class Keys:
    """Private keys in a folder, made when they are first needed."""

    folder: Path

    def path(self, name: str) -> Path:
        """The file of a key."""
        made = self.folder / name
        if not made.exists():
            metadata.make_key(made)
        return made

    def public(self, name: str) -> Key:
        """Its public half."""
        return metadata.public_key(self.path(name))

    def signed(self, text: str, names: Sequence[str]) -> str:
        """The text with their signatures."""
        for name in names:
            text = metadata.sign(text, self.path(name))
        return text


@dataclass(frozen=True)
class Offer:
    """The files of one update, by their paths on Windows."""

    manifest: str
    package: str
    roots: Tuple[str, ...] = ()

    def words(self, *more: str) -> Tuple[str, ...]:
        """The request of the control pipe."""
        return ("update", "offer", *(f"root={path}" for path in self.roots),
                f"manifest={self.manifest}", f"package={self.package}", *more)


@dataclass
class Repository:
    """Writes the files. Whatever is not said is as the service accepts it. The folder is one of
    the machine's, that of the service's program if the root is to be beside it."""

    host_folder: Path
    windows_folder: str
    keys: Keys
    release: str
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.folder = self.host_folder / "downloads"
        self.folder.mkdir(exist_ok=True)

    def windows(self, path: Path) -> str:
        """The path of one of our files as Windows has it."""
        return "\\".join((self.windows_folder, *path.relative_to(self.host_folder).parts))

    def write(self, name: str, data: bytes) -> Path:
        """A file that the user has."""
        path = self.folder / name
        path.write_bytes(data)
        return path

    def root_text(self, version: int = 1, **more: Any) -> str:
        """A root of one key for each role."""
        signed_by: List[str] = more.pop("signed_by", ["root"])
        return self.keys.signed(Root(
            more.pop("product", PRODUCT), version, more.pop("expires", now() + 30 * DAY),
            [self.keys.public(name) for name in more.pop("roots", ["root"])], 1,
            [self.keys.public(name) for name in more.pop("manifests", ["manifest"])], 1,
            more.pop("signers", [signer_id(SIGNER)]), **more).text(), signed_by)

    def install_root(self, **more: Any) -> Path:
        """The file beside the service's program, as the package of the installed version has it."""
        path = self.host_folder / ROOT_FILE
        path.write_text(self.root_text(**more), encoding="ascii")
        return path

    def root(self, version: int, **more: Any) -> str:
        """A newer root."""
        return self.windows(self.write(f"{version}.root",
                                       self.root_text(version, **more).encode()))

    def package(self, *, signer: str = SIGNER, size: int = 100000, **more: Any) -> Path:
        """A package, by default one of its own content."""
        name = f"{PRODUCT}-{self.release}-{ARCHITECTURE}.msi"
        path = self.write(name, COMPOUND_FILE + next(self.numbers).to_bytes(size, "big"))
        if signer:
            sign(path, signer, **more)
        return path

    def manifest(self, package: Path, version: int = 1, **more: Any) -> Path:
        """A manifest of the package as it is now."""
        signed_by: List[str] = more.pop("signed_by", ["manifest"])
        packages = more.pop("packages", None) or [
            Package.of_file(package, more.pop("architecture", ARCHITECTURE),
                            more.pop("least_windows", "6.1.7601"))]
        text = Manifest(more.pop("product", PRODUCT), more.pop("channel", CHANNEL), version,
                        more.pop("expires", now() + 7 * DAY), more.pop("release", self.release),
                        packages, **more).text()
        return self.write(f"{CHANNEL}.manifest", self.keys.signed(text, signed_by).encode())

    def offer(self, version: int = 1, roots: Sequence[str] = (), **more: Any) -> Offer:
        """A package and its manifest; `more` is about the manifest."""
        package = self.package()
        return Offer(self.windows(self.manifest(package, version, **more)), self.windows(package),
                     tuple(roots))

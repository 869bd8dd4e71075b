# SPDX-License-Identifier: MIT
"""The first half of a release, which needs no key: the unsigned programs, in a folder

    <architecture>/<program>   what the compiler made
    product.json               the names of the product
    settings.json              what can be set
    build.json                 what they were made of
    update.root                where trust in updates begins, if the product has updates
    product.ico                its icon, if it has one

which two machines can make and compare."""
from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Dict, FrozenSet, List, Mapping, Optional

from releasing.linked import Package, linked_packages
from releasing.provenance import tools
from releasing.settings import SETTINGS, Setting, read_settings
from releasing.steps import PROJECT, Progress, ReleaseError, run, write_text

#: The presets of CMakePresets.json by architecture.
PRESETS = {"x86_64": "mingw", "i686": "mingw32"}
#: What ships, and the targets that make it.
PROGRAMS = {"gatehouse-service.exe": "gatehouse-service", "gatehouse.exe": "gatehouse",
            "gatehouse-setup.dll": "gatehouse-setup"}
PRODUCT, BUILD, UPDATE_ROOT = "product.json", "build.json", "update.root"
ICON = "product.ico"

#: Variables that would change what the compiler makes.
_FOREIGN = re.compile(r"^(CC|CFLAGS|CPPFLAGS|LDFLAGS|RCFLAGS|CMAKE_.*|CCACHE_.*)$")


def is_foreign(name: str) -> bool:
    """Whether a variable of the environment could change what the compiler makes."""
    return bool(_FOREIGN.match(name))


@dataclass(frozen=True)
class Source:
    """What is built: a commit, the time of it, and whether the tree differs from it."""

    commit: str
    epoch: int
    changed: bool


def source_of(project: Path = PROJECT, *, allow_changes: bool = False) -> Source:
    """The checkout. Raises ReleaseError when changes are not committed, unless that is allowed."""
    def git(*words: str) -> str:
        return run(["git", "-C", project, *words], what="asking git").strip()

    changed = git("status", "--porcelain").splitlines()
    if changed and not allow_changes:
        raise ReleaseError(f"not everything is committed ({changed[0].strip()}, ...): commit it, "
                           "or say --uncommitted for a release that nobody can build again")
    return Source(git("rev-parse", "HEAD"), int(git("log", "-1", "--format=%ct")), bool(changed))


def tag_of_commit(project: Path = PROJECT) -> str:
    """The tag of the commit that is checked out. Raises ReleaseError."""
    return run(["git", "-C", project, "describe", "--tags", "--exact-match"],
               what="looking for the tag of this commit").strip()


def version_of_tag(project: Path = PROJECT) -> str:
    """The version that it names. Raises ReleaseError."""
    tag = tag_of_commit(project)
    if not re.fullmatch(r"v\d+\.\d+\.\d+", tag):
        raise ReleaseError(f"the tag {tag} names no version: it must be like v1.2.3")
    return tag[1:]


@dataclass(frozen=True)
class Programs:
    """A folder of programs."""

    folder: Path

    @property
    def product(self) -> Dict[str, str]:
        """The names of the product."""
        return {str(key): str(value) for key, value in self._read(PRODUCT).items()}

    @property
    def product_to_pack(self) -> Dict[str, str]:
        """The same for who needs the icon: it is in this folder."""
        product = self.product
        return {**product, "icon": str(self.folder / ICON) if product["icon"] else ""}

    @property
    def settings(self) -> List[Setting]:
        """What can be set. Raises ReleaseError."""
        return read_settings(self.folder / SETTINGS)

    @property
    def update_root(self) -> Optional[Path]:
        """Where trust in updates begins; None when there are no updates."""
        path = self.folder / UPDATE_ROOT
        return path if path.exists() else None

    @property
    def source(self) -> Source:
        """What they were built from."""
        return Source(**self._read(BUILD)["source"])

    @property
    def linked(self) -> Dict[str, FrozenSet[Package]]:
        """By "<architecture>/<program>": what of the distribution is in it."""
        return {name: frozenset(Package(**each) for each in packages)
                for name, packages in self._read(BUILD)["linked"].items()}

    @property
    def tools(self) -> List[str]:
        """The package URLs of what made them."""
        return [str(each) for each in self._read(BUILD)["tools"]]

    def _read(self, name: str) -> Dict[str, Any]:
        try:
            body = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ReleaseError(f"{self.folder} is no folder of programs: {error}") from error
        assert isinstance(body, dict)
        return body


def build(progress: Progress, architecture: str, folder: Path, *, version: Optional[str],
          brand: Optional[Path], source: Path = PROJECT) -> None:
    """Compile what ships for an architecture in a folder of its own. Raises ReleaseError."""
    progress.step(f"compiling for {architecture}")
    environment = {name: value for name, value in os.environ.items() if not is_foreign(name)}
    settings = ["-D", f"GATEHOUSE_VERSION={version}"] if version else []
    settings += ["-C", str(brand.resolve())] if brand else []
    configure = ["cmake", "-S", str(source), "-B", str(folder), "--preset",
                 PRESETS[architecture], *settings]
    compile_ = ["cmake", "--build", str(folder), "--target", *PROGRAMS.values(), "setting_table"]
    for what, command in (("configuring", configure), ("compiling", compile_)):
        run(["env", "-i", *(f"{name}={value}" for name, value in environment.items()), *command],
            what=f"{what} for {architecture}", folder=source,
            log=folder.with_name(f"{folder.name}-{what}.log"))


def collect(builds: Mapping[str, Path], folder: Path, source: Source,
            update_root: Optional[Path] = None) -> Programs:
    """Make a folder of programs of build folders, by architecture. Raises ReleaseError."""
    linked: Dict[str, Any] = {}
    told: List[Dict[str, str]] = []
    for architecture, build_folder in sorted(builds.items()):
        (folder / architecture).mkdir(parents=True)
        for program in PROGRAMS:
            shutil.copyfile(build_folder / "bin" / program, folder / architecture / program)
        packages = linked_packages([build_folder / "maps" / f"{program}.map"
                                    for program in PROGRAMS])
        linked.update({f"{architecture}/{program}": [asdict(each) for each in sorted(found)]
                       for program, found in sorted(packages.items())})
        told.append({name: (build_folder / name).read_text(encoding="utf-8")
                     for name in (PRODUCT, SETTINGS)})
    if any(each != told[0] for each in told):
        raise ReleaseError("the architectures differ in their names, versions or settings")
    product = json.loads(told[0][PRODUCT])
    if product["icon"]:  # where it was belongs to the machine
        shutil.copyfile(product["icon"], folder / ICON)
        product["icon"] = ICON
    write_text(folder / PRODUCT, json.dumps(product, indent=2, ensure_ascii=False) + "\n")
    write_text(folder / SETTINGS, told[0][SETTINGS])
    write_text(folder / BUILD, json.dumps(
        {"source": asdict(source), "linked": linked, "tools": [each.purl for each in tools()]},
        indent=2, sort_keys=True) + "\n")
    if update_root:
        shutil.copyfile(update_root, folder / UPDATE_ROOT)
    return Programs(folder)


def make_programs(progress: Progress, work: Path, folder: Path, *, version: Optional[str] = None,
                  brand: Optional[Path] = None, update_root: Optional[Path] = None,
                  allow_changes: bool = False, source: Path = PROJECT) -> Programs:
    """Compile everything in the folder `work`, anew, and collect it in `folder`."""
    progress.step("looking at the source")
    found = source_of(source, allow_changes=allow_changes)
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    work.mkdir(parents=True)
    for architecture in PRESETS:
        build(progress, architecture, work / architecture, version=version, brand=brand,
              source=source)
    progress.step("collecting the programs, and what is linked into them")
    return collect({each: work / each for each in PRESETS}, folder, found, update_root)

# SPDX-License-Identifier: MIT
"""The software bill of materials, as CycloneDX 1.5: the files of a release, and what is linked into
the programs. The same inputs give the same bytes."""
from __future__ import annotations

import datetime
import json
import uuid
from pathlib import Path
from typing import Any, Dict, FrozenSet, Iterable, List, Mapping, Sequence

from releasing.linked import Package
from releasing.steps import ReleaseError
from releasing.sums import sha256_of

NAME = "sbom.cdx.json"
SPECIFICATION = "1.5"

_Component = Dict[str, Any]


def _time(epoch: int) -> str:
    return datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


def _file(folder: Path, name: str) -> _Component:
    """A file of the release; its name there is its reference."""
    return {"type": "file", "bom-ref": name, "name": name,
            "hashes": [{"alg": "SHA-256", "content": sha256_of(folder / name)}]}


def _library(package: Package) -> _Component:
    """What is linked in of a package."""
    return {"type": "library", "bom-ref": package.purl, "name": package.name,
            "version": package.version, "purl": package.purl,
            "licenses": [{"expression": package.license}]}


def make_sbom(folder: Path, product: Mapping[str, str], epoch: int, *, commit: str,
              linked: Mapping[str, FrozenSet[Package]],
              contents: Mapping[str, Sequence[str]]) -> str:
    """The text of it. `linked` has the programs, as they are called below `folder`, and what is
    linked into them; `contents` has the installers, and the files that they contain."""
    packages = sorted({package for each in linked.values() for package in each})
    files = sorted([*linked, *contents])
    components = [_file(folder, name) for name in files] + [_library(each) for each in packages]
    reference = f"{product['name']}@{product['version']}"
    depends = [{"ref": reference, "dependsOn": files}]
    depends += [{"ref": name, "dependsOn": sorted(package.purl for package in linked[name])}
                for name in sorted(linked)]
    depends += [{"ref": name, "dependsOn": sorted(contents[name])} for name in sorted(contents)]
    depends += [{"ref": package.purl, "dependsOn": []} for package in packages]
    body: Dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": SPECIFICATION,
        "version": 1,
        "metadata": {
            "timestamp": _time(epoch),
            "component": {
                "type": "application", "bom-ref": reference, "name": product["name"],
                "version": product["version"], "supplier": {"name": product["company"]},
                "licenses": [{"license": {"id": "MIT"}}],
                "properties": [{"name": "git:commit", "value": commit}],
            },
        },
        "components": components,
        "dependencies": depends,
    }
    number = uuid.uuid5(uuid.UUID(product["uuid"]), json.dumps(body, sort_keys=True))
    return json.dumps({**body, "serialNumber": f"urn:uuid:{number}"}, indent=2,
                      ensure_ascii=False) + "\n"


def read_sbom(path: Path) -> Dict[str, Any]:
    """Raises ReleaseError when it is none of this kind."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{path.name} can't be read: {error}") from error
    if not isinstance(body, dict) or (body.get("bomFormat"), body.get("specVersion")) != (
            "CycloneDX", SPECIFICATION):
        raise ReleaseError(f"{path.name} is no CycloneDX {SPECIFICATION}")
    return body


def _problems_of_file(folder: Path, component: _Component) -> Iterable[str]:
    name = component["name"]
    if not (folder / name).is_file():
        yield f"{NAME}: tells of {name}, which is not there"
        return
    hashes = {each["alg"]: each["content"] for each in component.get("hashes", [])}
    if hashes.get("SHA-256") != sha256_of(folder / name):
        yield f"{NAME}: has another hash of {name}"


def problems_of_sbom(folder: Path, needed: Iterable[str], version: str) -> List[str]:
    """What is wrong with a release's: `needed` are the files of which it must tell."""
    try:
        body = read_sbom(folder / NAME)
        components: List[_Component] = body["components"]
        files = [each for each in components if each["type"] == "file"]
        libraries = {each["bom-ref"] for each in components if each["type"] == "library"}
        on = {row["ref"]: row["dependsOn"] for row in body["dependencies"]}
        found = [f"{NAME}: is of version {body['metadata']['component']['version']}"
                 for _ in [0] if body["metadata"]["component"]["version"] != version]
        told = {each["name"] for each in files}
        found += [f"{NAME}: does not tell of {name}" for name in needed if name not in told]
        for each in files:
            found += _problems_of_file(folder, each)
        references = {each["bom-ref"] for each in components}
        for name in sorted(told):
            missing = sorted(set(on.get(name, [])) - references)
            found += [f"{NAME}: {name} contains {ref}, which it does not describe"
                      for ref in missing]
            if name.endswith((".exe", ".dll")) and not name.endswith("-setup.exe") and not (
                    libraries & set(on.get(name, []))):
                found += [f"{NAME}: does not tell what is linked into {name}"]
        return found
    except ReleaseError as error:
        return [str(error)]
    except (KeyError, TypeError, AttributeError) as error:
        return [f"{NAME}: is not as expected: {error!r}"]

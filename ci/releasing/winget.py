# SPDX-License-Identifier: MIT
"""The three manifests by which winget finds a release, and a check of them.

The check has the rules that Microsoft documents for manifests of this version and that ours can
break; the published JSON schema is not part of this project."""
from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

import yaml  # type: ignore[import]

from releasing.steps import ReleaseError, write_text
from releasing.sums import sha256_of

FOLDER = "winget"
MANIFEST_VERSION = "1.6.0"
OPENVPN = "OpenVPNTechnologies.OpenVPN"

_ARCHITECTURES = {"x86_64": "x64", "i686": "x86"}
_LOCALE = "en-US"
_NAME_CHARACTERS = r'[^.\s\\/:*?"<>|\x01-\x1f]{1,32}'

Manifest = Dict[str, Any]


def identifier(product: Mapping[str, str]) -> str:
    """What users give to winget: the publisher and the product."""
    return ".".join(re.sub(r"\s", "", product[key]) for key in ("company", "name"))


def _common(product: Mapping[str, str], kind: str) -> Tuple[Manifest, Manifest]:
    """How every manifest begins and ends."""
    return ({"PackageIdentifier": identifier(product), "PackageVersion": product["version"]},
            {"ManifestType": kind, "ManifestVersion": MANIFEST_VERSION})


def make_manifests(product: Mapping[str, str], epoch: int, packages: Mapping[str, Path],
                   product_codes: Mapping[str, str], changes: str) -> Dict[str, Manifest]:
    """The manifests by their file names. `packages` are the .msi files by architecture."""
    day = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).date().isoformat()
    installers = [{
        "Architecture": _ARCHITECTURES[architecture],
        "InstallerUrl": f"{product['download_url']}/{product['version']}/{path.name}",
        "InstallerSha256": sha256_of(path).upper(),
        "ProductCode": product_codes[architecture],
    } for architecture, path in sorted(packages.items())]
    bodies: Dict[str, Manifest] = {
        "version": {"DefaultLocale": _LOCALE},
        "installer": {
            "Platform": ["Windows.Desktop"], "MinimumOSVersion": "10.0.0.0",
            "InstallerType": "msi", "Scope": "machine", "UpgradeBehavior": "install",
            "Commands": ["gatehouse"], "ReleaseDate": day,
            "Dependencies": {"PackageDependencies": [{"PackageIdentifier": OPENVPN}]},
            "Installers": installers},
        "defaultLocale": {
            "PackageLocale": _LOCALE, "Publisher": product["company"],
            "PackageName": product["name"], "PackageUrl": product["url"], "License": "MIT",
            "ShortDescription": product["description"], "ReleaseNotes": changes},
    }
    suffixes = {"version": "", "installer": ".installer", "defaultLocale": f".locale.{_LOCALE}"}
    found = {}
    for kind, body in bodies.items():
        first, last = _common(product, kind)
        found[f"{identifier(product)}{suffixes[kind]}.yaml"] = {**first, **body, **last}
    return found


def write_manifests(folder: Path, manifests: Mapping[str, Manifest]) -> None:
    """Raises ReleaseError when a rule is broken."""
    for name, manifest in manifests.items():
        problems = problems_of_manifest(manifest)
        if problems:
            raise ReleaseError(f"{name}: {'; '.join(problems)}")
        write_text(folder / name, yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True,
                                                 width=1000))


class Rule:
    """What a text must be like: its length, and a pattern that it matches as a whole."""

    def __init__(self, shortest: int, longest: int, pattern: str = r"(?s:.*)") -> None:
        self._shortest, self._longest = shortest, longest
        self._pattern = re.compile(pattern)

    def allows(self, value: object) -> bool:
        """Whether a value keeps to it."""
        return (isinstance(value, str) and self._shortest <= len(value) <= self._longest
                and bool(self._pattern.fullmatch(value)))


_URL = Rule(8, 2048, r"https://.+")
_NUMBER = r"(?:0|[1-9]\d{0,4})"

#: In all manifests.
_EVERYWHERE = {
    "PackageIdentifier": Rule(3, 128, rf"{_NAME_CHARACTERS}(\.{_NAME_CHARACTERS}){{1,7}}"),
    "PackageVersion": Rule(1, 128, r'[^\\/:*?"<>|\x01-\x1f]+'),
    "ManifestVersion": Rule(5, 16, re.escape(MANIFEST_VERSION)),
}
_KINDS: Dict[str, Dict[str, Rule]] = {
    "version": {"DefaultLocale": Rule(2, 20, r"[a-zA-Z]{2,3}(-[a-zA-Z]{1,8})*")},
    "installer": {
        "MinimumOSVersion": Rule(1, 23, rf"{_NUMBER}(\.{_NUMBER}){{0,3}}"),
        "InstallerType": Rule(3, 8, "msi"), "Scope": Rule(4, 7, "machine"),
        "UpgradeBehavior": Rule(7, 17, "install|uninstallPrevious"),
        "ReleaseDate": Rule(10, 10, r"\d{4}-\d\d-\d\d")},
    "defaultLocale": {
        "PackageLocale": Rule(2, 20, r"[a-zA-Z]{2,3}(-[a-zA-Z]{1,8})*"),
        "Publisher": Rule(2, 256), "PackageName": Rule(2, 256), "PackageUrl": _URL,
        "License": Rule(3, 512), "ShortDescription": Rule(3, 256), "ReleaseNotes": Rule(1, 10000)},
}
_INSTALLER = {
    "Architecture": Rule(3, 7, "x64|x86"), "InstallerUrl": _URL,
    "InstallerSha256": Rule(64, 64, "[A-Fa-f0-9]+"),
    "ProductCode": Rule(38, 38, r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}"),
}


def _broken(rules: Mapping[str, Rule], values: Manifest, where: str = "") -> List[str]:
    return [f"{where}{name} is not as winget wants it: {values.get(name)!r}"
            for name, rule in rules.items() if not rule.allows(values.get(name))]


def problems_of_manifest(manifest: Manifest) -> List[str]:
    """The rules that it breaks."""
    kind = manifest.get("ManifestType")
    if kind not in _KINDS:
        return [f"there is no kind of manifest {kind!r}"]
    found = _broken({**_EVERYWHERE, **_KINDS[kind]}, manifest)
    if kind == "installer":
        installers = manifest.get("Installers") or []
        if not installers:
            found.append("it names no installer")
        architectures = [each.get("Architecture") for each in installers]
        if len(set(architectures)) != len(architectures):
            found.append("it has two installers of one architecture")
        for number, each in enumerate(installers):
            found += _broken(_INSTALLER, each, f"installer {number}: ")
    return found


def problems_of_folder(release: Path, product: Mapping[str, str]) -> List[str]:
    """What is wrong with the manifests of a release."""
    found: List[str] = []
    paths = sorted((release / FOLDER).glob("*.yaml"))
    kinds = []
    for path in paths:
        try:
            manifest = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (ValueError, yaml.YAMLError) as error:
            found.append(f"{FOLDER}/{path.name}: can't be read: {error}")
            continue
        kinds.append(manifest.get("ManifestType"))
        found += [f"{FOLDER}/{path.name}: {text}" for text in problems_of_manifest(manifest)]
        if manifest.get("PackageVersion") != product["version"]:
            found.append(f"{FOLDER}/{path.name}: is of version {manifest.get('PackageVersion')}")
        for each in manifest.get("Installers", []):
            file = release / str(each.get("InstallerUrl")).rsplit("/", 1)[-1]
            if not file.is_file() or sha256_of(file).upper() != each.get("InstallerSha256"):
                found.append(f"{FOLDER}/{path.name}: it describes another {file.name}")
    if sorted(map(str, kinds)) != sorted(_KINDS):
        found.append(f"{FOLDER}: has not one manifest of each kind, but {kinds}")
    return found

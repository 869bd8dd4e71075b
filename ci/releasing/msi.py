# SPDX-License-Identifier: MIT
"""Makes the Windows Installer package: src/installer/gatehouse.wxs and its tables, compiled.

The same inputs give the same bytes, whenever and wherever. Inputs that are to be signed are signed
before; the package is signed afterwards."""
from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import uuid
from datetime import datetime, timezone
from pathlib import Path
from typing import Dict, List, Mapping, Sequence
from xml.etree import ElementTree

from releasing.steps import PROJECT, ReleaseError

SOURCE = PROJECT / "src" / "installer"

#: What the package is made of: these files of the folder of binaries, and the licence.
PROGRAMS = ("gatehouse-service.exe", "gatehouse.exe")
ACTIONS = "gatehouse-setup.dll"
#: Packed where it is: where trust in updates begins.
UPDATE_ROOT = "update.root"

NAMESPACE = "{http://schemas.microsoft.com/wix/2006/wi}"
#: Elements of gatehouse.wxs, and the files without which they are left out.
OPTIONAL = {"UpdateRoot": UPDATE_ROOT, "Product.ico": "product.ico",
            "ARPPRODUCTICON": "product.ico"}

#: Public properties, in the order of src/installer/properties.c: what may be given to msiexec.
PUBLIC_PROPERTIES = ("INSTALLDIR", "CONFIG", "ADMINGROUP", "PRIORITY", "TAKEOVER", "UPDATES",
                     "UPDATE_URL", "UPDATE_CHANNEL", "UPDATE_USERS", "USER_PROFILES",
                     "USER_PROFILES_GROUP")

#: Which wixl, template and condition of Windows belong to an architecture.
ARCHITECTURES = {"x86_64": ("x64", "x64;1033", "64", "VersionNT64"),
                 "i686": ("x86", "Intel;1033", "32", "NOT VersionNT64")}

#: msidbLocatorTypeRawValue, and in the 64-bit view.
RAW_VALUE, RAW_VALUE_64 = 2, 18

#: Types of custom actions, all of a DLL in the package: before anything is changed; as SYSTEM to
#: take back what another one has done; as SYSTEM after a success. Those of the last two kinds may
#: fail. wixl makes the first ones right but for a bit without a meaning, and the others deferred.
IMMEDIATE, ROLLBACK, COMMIT = 1, 3393, 3649
TYPES = {"RecallProperties": IMMEDIATE, "CheckOpenVpn": IMMEDIATE, "CheckService": IMMEDIATE,
         "CheckInstances": IMMEDIATE, "Prepare": IMMEDIATE,
         "StartInstancesAgain": ROLLBACK, "TakeBackRemoval": ROLLBACK,
         "InstallServiceAgain": ROLLBACK, "TakeBackSettings": ROLLBACK,
         "WithdrawService": ROLLBACK, "StopNewInstances": ROLLBACK, "PutClientBack": ROLLBACK,
         "ForgetUpdates": COMMIT, "CommitSettings": COMMIT}

#: Tables that wixl does not know, with the actions that make Windows Installer read them.
TABLES: Dict[str, Dict[str, int]] = {
    "Environment": {"WriteEnvironmentStrings": 5200, "RemoveEnvironmentStrings": 3300}}

#: Of the Upgrade table: both ends of the range belong to it; what is found is removed.
SAME_VERSION = 256 | 512


def build_msi(binaries: Path, product: Mapping[str, str], arch: str, version: str, epoch: int,
              out: Path) -> None:
    """Make `out` from the programs in the folder `binaries`. `product` is product.json's; `epoch`,
    in seconds since 1970, is the time of all files. Raises ReleaseError."""
    if not re.fullmatch(r"\d+\.\d+\.\d+", version) or max(map(int, version.split("."))) > 65535 \
            or max(map(int, version.split(".")[:2])) > 255:
        raise ReleaseError(f"{version}: Windows Installer compares three numbers, up to "
                           "255.255.65535")
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        _collect(binaries, product, epoch, work)
        codes = Codes(product["uuid"], version, arch, work)
        _compile(work, product, arch, version, epoch, codes)
        _edit(work / "out.msi", arch, version, product, codes)
        shutil.copyfile(work / "out.msi", out)


class Codes:
    """The identifiers of a package: made from the brand's name space, the same at each build."""

    def __init__(self, space: str, version: str, arch: str, content: Path) -> None:
        self._space = uuid.UUID(space)
        digest = hashlib.sha256(f"{version} {arch}".encode())
        for path in sorted(content.iterdir()):
            digest.update(path.name.encode() + path.read_bytes())
        #: One for all versions, by which they find each other.
        self.upgrade = self._code("upgrade")
        #: Others for each content, so that the same version with another content replaces it.
        self.product = self._code(f"product {digest.hexdigest()}")
        self.package = self._code(f"package {digest.hexdigest()}")

    def component(self, name: str, arch: str) -> str:
        """One for all versions: Windows counts who uses a component."""
        return self._code(f"component {name} {arch}")

    def _code(self, name: str) -> str:
        return str(uuid.uuid5(self._space, name)).upper()


def _collect(binaries: Path, product: Mapping[str, str], epoch: int, work: Path) -> None:
    """Copy all inputs into one folder, with one time and one name each."""
    inputs = {name: binaries / name for name in (*PROGRAMS, ACTIONS)}
    inputs["LICENSE"] = PROJECT / "LICENSE"
    inputs["gatehouse.wxs"] = SOURCE / "gatehouse.wxs"
    inputs.update({path.name: path for path in sorted((SOURCE / "tables").glob("*.idt"))})
    if (binaries / UPDATE_ROOT).exists():
        inputs[UPDATE_ROOT] = binaries / UPDATE_ROOT
    if product.get("icon"):
        inputs["product.ico"] = Path(product["icon"])
    for name, path in inputs.items():
        if not path.is_file():
            raise ReleaseError(f"{path} is missing")
        shutil.copyfile(path, work / name)
        os.utime(work / name, (epoch, epoch))


def _compile(work: Path, product: Mapping[str, str], arch: str, version: str, epoch: int,
             codes: Codes) -> None:
    wixl_arch, _, bits, right_windows = ARCHITECTURES[arch]
    variables = {
        "PRODUCT_CODE": codes.product, "UPGRADE_CODE": codes.upgrade, "VERSION": version,
        "NAME": product["name"], "COMPANY": product["company"], "URL": product["url"],
        "BITS": bits, "WIN64": "yes" if bits == "64" else "no",
        "PROGRAM_FILES": "ProgramFiles64Folder" if bits == "64" else "ProgramFilesFolder",
        "GUID_FOLDER": codes.component("folder", arch),
        "GUID_SERVICE": codes.component("service", arch),
        "GUID_CLIENT": codes.component("client", arch),
        "GUID_UPDATE_ROOT": codes.component("update.root", arch)}
    _prepare_source(work, right_windows)
    defines = [word for name, value in variables.items() for word in ("-D", f"{name}={value}")]
    time = datetime.fromtimestamp(epoch, timezone.utc).strftime("@%Y-%m-%d %H:%M:%S")
    # Where a clock is faked already, faketime would warn of it, and a warning is a failure here.
    _run(work, ["env", "-u", "LD_PRELOAD", "-u", "FAKETIME", "-u", "FAKETIME_SHARED",
                "faketime", "-f", time, "wixl", "-a", wixl_arch, *defines, "-o", "out.msi",
                "gatehouse.wxs"])


def _prepare_source(work: Path, right_windows: str) -> None:
    """Leave out what is about a file that is not there. wixl replaces variables in attributes
    only."""
    ElementTree.register_namespace("", NAMESPACE.strip("{}"))
    tree = ElementTree.parse(work / "gatehouse.wxs")
    for parent in list(tree.iter()):
        for child in list(parent):
            if child.get("Id") in OPTIONAL and not (work / OPTIONAL[child.get("Id", "")]).exists():
                parent.remove(child)
            elif child.text == "$(var.RIGHT_WINDOWS)":
                child.text = right_windows
    tree.write(work / "gatehouse.wxs", encoding="utf-8", xml_declaration=True)


def _edit(package: Path, arch: str, version: str, product: Mapping[str, str],
          codes: Codes) -> None:
    """What wixl has no words for, or gets wrong."""
    _, template, bits, _ = ARCHITECTURES[arch]
    work = package.parent
    queries: List[str] = []
    for action, number in TYPES.items():
        queries.append(f"UPDATE `CustomAction` SET `Type`={number} WHERE `Action`='{action}'")
    for table, actions in TABLES.items():
        _run(work, ["msibuild", package.name, "-i", f"{table}.idt"])
        queries += ["INSERT INTO `InstallExecuteSequence` (`Action`, `Sequence`) VALUES "
                    f"('{action}', {sequence})" for action, sequence in actions.items()]
    secure = ";".join(("WIX_DOWNGRADE_DETECTED", "WIX_UPGRADE_DETECTED", "SAMEVERSION",
                       *PUBLIC_PROPERTIES))
    queries.append(f"UPDATE `Property` SET `Value`='{secure}' "
                   "WHERE `Property`='SecureCustomProperties'")
    # Another build of the same version is replaced as well.
    queries.append("INSERT INTO `Upgrade` (`UpgradeCode`, `VersionMin`, `VersionMax`, "
                   "`Attributes`, `ActionProperty`) VALUES "
                   f"('{{{codes.upgrade}}}', '{version}', '{version}', "
                   f"{SAME_VERSION}, 'SAMEVERSION')")
    # Without a version Windows Installer would keep a file of an earlier one.
    for file in ("ServiceProgram", "ClientProgram"):
        queries.append(f"UPDATE `File` SET `Version`='{version}.0', `Language`='1033' "
                       f"WHERE `File`='{file}'")
        queries.append(f"DELETE FROM `MsiFileHash` WHERE `File_`='{file}'")
    if bits == "64":
        queries.append(f"UPDATE `RegLocator` SET `Type`={RAW_VALUE_64} "
                       "WHERE `Signature_`='WindowsMajor'")
    for query in queries:
        _run(work, ["msibuild", package.name, "-q", query])
    _run(work, ["msibuild", package.name, "-s", product["name"], product["company"], template,
                f"{{{codes.package}}}"])


def _run(folder: Path, command: Sequence[str]) -> None:
    """Run a tool. One that says anything on its standard error has dropped something, whatever it
    returns."""
    environment = dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8")
    try:
        done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                              check=False)
    except FileNotFoundError:
        raise ReleaseError(f"{command[0]} is not installed: ci/setup installs it") from None
    if done.returncode or done.stderr.strip():
        raise ReleaseError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr}")

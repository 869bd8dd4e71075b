# SPDX-License-Identifier: MIT
"""Makes the setup that carries OpenVPN's package and ours: src/installer/bundle.nsi, compiled. Both
packages are signed already; the setup is signed afterwards. The same inputs give the same bytes."""
from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import List, Mapping

from releasing.steps import PROJECT, ReleaseError, run

SOURCE = PROJECT / "src" / "installer" / "bundle.nsi"

#: Which stub, folder and view of the registry belong to an architecture.
ARCHITECTURES = {"x86_64": ("amd64-unicode", "$PROGRAMFILES64", "64"),
                 "i686": ("x86-unicode", "$PROGRAMFILES32", "32")}

#: OpenVPN's services: ours takes the place of one, and the other has nothing to do with it.
SERVICE_FEATURE = "OpenVPN.Service"


def build_bundle(msi: Path, openvpn_msi: Path, product: Mapping[str, str], arch: str, version: str,
                 epoch: int, out: Path) -> None:
    """Make `out`. `product` is product.json's; `epoch`, in seconds since 1970, is the time of all
    files. Raises ReleaseError."""
    target, program_files, view = ARCHITECTURES[arch]
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for source, copy in ((openvpn_msi, "openvpn.msi"), (msi, "ours.msi"),
                             (SOURCE, "bundle.nsi")):
            if not source.is_file():
                raise ReleaseError(f"{source} is missing")
            shutil.copyfile(source, work / copy)
            os.utime(work / copy, (epoch, epoch))
        defines = {"NAME": product["name"], "COMPANY": product["company"],
                   "COPYRIGHT": product["copyright"], "VERSION": version, "TARGET": target,
                   "PROGRAMFILES": program_files, "VIEW": view, "OUTPUT": "out.exe",
                   "OPENVPN_PACKAGE": "OpenVPN.msi",
                   "OUR_PACKAGE": f"{product['name'].replace(' ', '-')}.msi",
                   "FEATURES": ",".join(features(openvpn_msi))}
        if product.get("icon"):
            defines["ICON"] = str(Path(product["icon"]).resolve())
        run(["makensis", "-V2", "-WX", "-NOCD", *(f"-D{key}={value}" for key, value in
                                                  defines.items()), "bundle.nsi"],
            what=f"the setup {out.name}", folder=work, environment={"TZ": "UTC"})
        shutil.copyfile(work / "out.exe", out)


def features(openvpn_msi: Path) -> List[str]:
    """The features that OpenVPN's package installs by itself, without its services. Raises
    ReleaseError where there are none."""
    table = run(["msiinfo", "export", openvpn_msi, "Feature"], what=f"reading {openvpn_msi.name}")
    rows = [line.split("\t") for line in table.replace("\r", "").splitlines()[3:]]
    left_out = {SERVICE_FEATURE}
    chosen: List[str] = []
    for name, parent, _, _, _, level, *_ in rows:
        if name in left_out or parent in left_out:
            left_out.add(name)
        elif level == "1":
            chosen.append(name)
    if not chosen:
        raise ReleaseError(f"{openvpn_msi.name} has no feature besides {SERVICE_FEATURE}")
    return chosen

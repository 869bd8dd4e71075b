# SPDX-License-Identifier: MIT
"""A package for Windows Installer that changes one registry value, made by Windows' own msi.dll,
and signed by a certificate that this machine trusts for the time of a test."""
from __future__ import annotations

import contextlib
import ctypes
import sys
import uuid
from pathlib import Path
from typing import Iterator, Sequence, Tuple

from hardware.support import powershell

KEY, VALUE = r"SOFTWARE\Gatehouse hardware test", "Installed"

_CREATE = 3  # MSIDBOPEN_CREATE
_TEXT, _NUMBER = 30, 3  # VT_LPSTR, VT_I4
_TEMPLATE, _REVISION, _PAGES, _WORDS = 7, 9, 14, 15  # PID_*
_COMPONENT = "{0E1B5C52-7D0A-4D7C-9F0D-3C0B7A9C2A11}"

#: The least that Windows Installer needs to install a registry value, and to remove it again.
_SQL: Tuple[str, ...] = (
    "CREATE TABLE `Property` (`Property` CHAR(72) NOT NULL, `Value` LONGCHAR NOT NULL LOCALIZABLE "
    "PRIMARY KEY `Property`)",
    "CREATE TABLE `Directory` (`Directory` CHAR(72) NOT NULL, `Directory_Parent` CHAR(72), "
    "`DefaultDir` CHAR(255) NOT NULL LOCALIZABLE PRIMARY KEY `Directory`)",
    "CREATE TABLE `Component` (`Component` CHAR(72) NOT NULL, `ComponentId` CHAR(38), "
    "`Directory_` CHAR(72) NOT NULL, `Attributes` INT NOT NULL, `Condition` CHAR(255), `KeyPath` "
    "CHAR(72) PRIMARY KEY `Component`)",
    "CREATE TABLE `Feature` (`Feature` CHAR(38) NOT NULL, `Feature_Parent` CHAR(38), `Title` "
    "CHAR(64) LOCALIZABLE, `Description` CHAR(255) LOCALIZABLE, `Display` INT, `Level` INT NOT "
    "NULL, `Directory_` CHAR(72), `Attributes` INT NOT NULL PRIMARY KEY `Feature`)",
    "CREATE TABLE `FeatureComponents` (`Feature_` CHAR(38) NOT NULL, `Component_` CHAR(72) NOT "
    "NULL PRIMARY KEY `Feature_`, `Component_`)",
    "CREATE TABLE `Registry` (`Registry` CHAR(72) NOT NULL, `Root` INT NOT NULL, `Key` CHAR(255) "
    "NOT NULL LOCALIZABLE, `Name` CHAR(255) LOCALIZABLE, `Value` LONGCHAR LOCALIZABLE, "
    "`Component_` CHAR(72) NOT NULL PRIMARY KEY `Registry`)",
    "CREATE TABLE `CustomAction` (`Action` CHAR(72) NOT NULL, `Type` INT NOT NULL, `Source` "
    "CHAR(72), `Target` CHAR(255) PRIMARY KEY `Action`)",
    "CREATE TABLE `InstallExecuteSequence` (`Action` CHAR(72) NOT NULL, `Condition` CHAR(255), "
    "`Sequence` INT PRIMARY KEY `Action`)",
    "INSERT INTO `Directory` (`Directory`, `DefaultDir`) VALUES ('TARGETDIR', 'SourceDir')",
    # 260: a registry value is its key path, and it is a 64-bit component.
    f"INSERT INTO `Component` (`Component`, `ComponentId`, `Directory_`, `Attributes`, `KeyPath`) "
    f"VALUES ('c', '{_COMPONENT}', 'TARGETDIR', 260, 'r')",
    "INSERT INTO `Feature` (`Feature`, `Level`, `Attributes`) VALUES ('f', 1, 0)",
    "INSERT INTO `FeatureComponents` (`Feature_`, `Component_`) VALUES ('f', 'c')",
    f"INSERT INTO `Registry` (`Registry`, `Root`, `Key`, `Name`, `Value`, `Component_`) VALUES "
    f"('r', 2, '{KEY}', '{VALUE}', 'yes', 'c')",
)

_ACTIONS: Sequence[Tuple[str, int]] = (
    ("CostInitialize", 800), ("FileCost", 900), ("CostFinalize", 1000), ("InstallValidate", 1400),
    ("InstallInitialize", 1500), ("ProcessComponents", 1600), ("UnpublishFeatures", 1800),
    ("RemoveRegistryValues", 2600), ("WriteRegistryValues", 5000), ("RegisterProduct", 6100),
    ("PublishFeatures", 6300), ("PublishProduct", 6400), ("InstallFinalize", 6600))


def _row(table: str, **values: object) -> str:
    names = ", ".join(f"`{name}`" for name in values)
    texts = ", ".join(str(value) if isinstance(value, int) else f"'{value}'"
                      for value in values.values())
    return f"INSERT INTO `{table}` ({names}) VALUES ({texts})"


def _statements(code: str, seconds: int) -> Iterator[str]:
    yield from _SQL
    properties = {"ProductCode": code, "ProductName": "Gatehouse hardware test",
                  "ProductVersion": "1.0.0", "ProductLanguage": "1033",
                  "Manufacturer": "Gatehouse hardware test", "ALLUSERS": "1"}
    for name, value in properties.items():
        yield _row("Property", Property=name, Value=value)
    for action, number in _ACTIONS:
        yield _row("InstallExecuteSequence", Action=action, Sequence=number)
    if seconds:
        # 3106: a program in a folder, deferred, as SYSTEM: it waits, for a while.
        yield _row("Directory", Directory="System64Folder", Directory_Parent="TARGETDIR",
                   DefaultDir=".")
        yield _row("CustomAction", Action="wait", Type=3106, Source="System64Folder",
                   Target=f"ping.exe -n {seconds + 1} 127.0.0.1")
        yield _row("InstallExecuteSequence", Action="wait", Sequence=4000)


def make(path: Path, seconds: int = 0) -> str:
    """Make the package, whose installation takes so long at least; its product code."""
    if sys.platform != "win32":
        raise NotImplementedError
    msi = ctypes.WinDLL("msi")
    code = f"{{{uuid.uuid4()}}}".upper()
    database, view, summary = ctypes.c_uint32(), ctypes.c_uint32(), ctypes.c_uint32()

    def check(result: int, what: str) -> None:
        if result:
            raise OSError(result, what)

    check(msi.MsiOpenDatabaseW(str(path), ctypes.c_wchar_p(_CREATE), ctypes.byref(database)),
          "MsiOpenDatabase")
    for statement in _statements(code, seconds):
        check(msi.MsiDatabaseOpenViewW(database, statement, ctypes.byref(view)), statement)
        check(msi.MsiViewExecute(view, None), statement)
        check(msi.MsiCloseHandle(view), statement)
    check(msi.MsiGetSummaryInformationW(database, None, 8, ctypes.byref(summary)), "summary")
    for number, text in ((_TEMPLATE, "x64;1033"), (_REVISION, f"{{{uuid.uuid4()}}}".upper())):
        check(msi.MsiSummaryInfoSetPropertyW(summary, number, _TEXT, 0, None, text), "summary")
    for number, value in ((_PAGES, 500), (_WORDS, 2)):
        check(msi.MsiSummaryInfoSetPropertyW(summary, number, _NUMBER, value, None, None),
              "summary")
    check(msi.MsiSummaryInfoPersist(summary), "summary")
    check(msi.MsiCloseHandle(summary), "summary")
    check(msi.MsiDatabaseCommit(database), "MsiDatabaseCommit")
    check(msi.MsiCloseHandle(database), "MsiCloseHandle")
    return code


def remove(code: str) -> None:
    """Uninstall it, if it is installed."""
    with contextlib.suppress(powershell.CommandFailed):  # 1605: it is not
        powershell.run(["msiexec.exe", "/x", code, "/qn", "/norestart"])


@contextlib.contextmanager
def trusted_signer(folder: Path) -> Iterator[Tuple[str, Path]]:
    """A certificate to sign with: its thumbprint, and the certificate as a file (PEM). Nobody
    trusts it any more at the end."""
    text = powershell.do(
        "$made = New-SelfSignedCertificate -Type CodeSigningCert -Subject 'CN=Gatehouse hardware "
        "test' -CertStoreLocation Cert:\\LocalMachine\\My; "
        "$root = New-Object Security.Cryptography.X509Certificates.X509Store('Root', "
        "'LocalMachine'); $root.Open('ReadWrite'); $root.Add($made); $root.Close(); "
        "$made.Thumbprint; [Convert]::ToBase64String($made.RawData, 'InsertLineBreaks')")
    thumbprint, encoded = text.strip().split(None, 1)
    path = folder / "signer.pem"
    path.write_text(f"-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n",
                    encoding="ascii")
    try:
        yield thumbprint, path
    finally:
        powershell.do(f"Remove-Item -ErrorAction SilentlyContinue Cert:\\LocalMachine\\My\\"
                      f"{thumbprint}, Cert:\\LocalMachine\\Root\\{thumbprint}")


def sign(path: Path, thumbprint: str) -> None:
    """Sign the package by the certificate."""
    powershell.do(f"$done = Set-AuthenticodeSignature -HashAlgorithm SHA256 -Certificate "
                  f"(Get-Item Cert:\\LocalMachine\\My\\{thumbprint}) "
                  f"-FilePath {powershell.quoted(str(path))}; "
                  "if ($done.Status -ne 'Valid') { throw $done.StatusMessage }")

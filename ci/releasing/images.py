# SPDX-License-Identifier: MIT
"""What a program that ships must be like, and what must not be in it."""
from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Dict, FrozenSet, Iterator, Mapping, Pattern, Tuple
from xml.etree import ElementTree

from harness.image import (CONSOLE, DYNAMIC_BASE, HIGH_ENTROPY, I686, NX_COMPATIBLE,
                           TERMINAL_SERVER_AWARE, X86_64, Image)
from releasing.steps import PROJECT

NUL = b"\0"
IMPORTS = Path(__file__).with_name("imports.txt")

_MACHINES = {"x86_64": X86_64, "i686": I686}
_MITIGATIONS = {
    "x86_64": TERMINAL_SERVER_AWARE | NX_COMPATIBLE | DYNAMIC_BASE | HIGH_ENTROPY,
    "i686": TERMINAL_SERVER_AWARE | NX_COMPATIBLE | DYNAMIC_BASE}
_WINDOWS_10 = (10, 0)


def _wide(text: bytes) -> bytes:
    """As UTF-16 has it."""
    return text.decode("ascii").encode("utf-16-le")


#: Names that only tests and their libraries have, and what builds with sanitizers contain.
_TEST_SYMBOL = re.compile(r"^_*(cmocka|cJSON|fake_|mock_|wrap_|asan_|ubsan_|gcov_)")
#: Files of tests, as debug information names them, and the mark of the fakes' signatures.
_TEST_BYTES = re.compile(rb"(?:\.\./|\./)(?:tests|fakes)/[\w./]+|GATEHOUSE FAKE")
#: Variables that tests set, as a program would ask Windows for them.
_TEST_VARIABLE = re.compile(_wide(b"GATEHOUSE_") + rb"(?:[A-Z]\0){2}")
#: Folders of people and of build machines. The compiler's own libraries come from /usr and /build.
_FOLDERS = b"home root tmp work srv mnt media opt Users github runner".split()
_BUILD_PATH = re.compile(rb"/(?<![\w.]/)(?:" + b"|".join(_FOLDERS) + rb")/[\w.+-][\w./+-]*")
_WIDE_BUILD_PATH = re.compile(rb"/\0(?:" + b"|".join(map(_wide, _FOLDERS))
                              + rb")/\0[\w.+-]\0(?:[\w./+-]\0)*")


def allowed_imports() -> Dict[str, FrozenSet[str]]:
    """By program: the libraries of Windows that it may be linked to, in lower case."""
    found: Dict[str, FrozenSet[str]] = {}
    for line in IMPORTS.read_text(encoding="ascii").splitlines():
        words = line.split()
        if words and not line.startswith("#"):
            found[words[0]] = found.get(words[0], frozenset()) | frozenset(words[1:])
    return found


def problems_of_program(path: Path, architecture: str, program: str, product: Mapping[str, str]
                        ) -> Iterator[str]:
    """What is wrong with a program, one line each."""
    try:
        image = Image(path)
        yield from _problems_of_headers(image, architecture)
        yield from _problems_of_linking(image, program)
        yield from _problems_of_version(image, program, product)
        if not image.is_dll:
            yield from _problems_of_manifest(image)
        for name in image.symbols():
            if _TEST_SYMBOL.match(name):
                yield f"has {name}, a symbol of tests"
                break
    except (ValueError, LookupError, IndexError, struct.error) as error:
        yield f"can't be read: {error}"
    yield from _problems_of_bytes(path.read_bytes())


def _problems_of_headers(image: Image, architecture: str) -> Iterator[str]:
    if image.machine != _MACHINES[architecture]:
        yield f"is for the machine {image.machine:#x}"
    if image.characteristics != _MITIGATIONS[architecture]:
        yield (f"DllCharacteristics are {image.characteristics:#x}, "
               f"not {_MITIGATIONS[architecture]:#x}")
    if image.subsystem != CONSOLE or image.system_version != _WINDOWS_10:
        yield f"its subsystem is {image.subsystem}, {image.system_version}: not console, 10.0"
    if image.timestamp:
        yield "has the time at which it was linked"


def _problems_of_linking(image: Image, program: str) -> Iterator[str]:
    allowed = allowed_imports()
    for name in image.imports():
        if name.lower() not in allowed[program]:
            yield f"imports {name}, which {IMPORTS.name} does not allow"
    if image.loads_from_system_only:
        yield (f"loads libraries from System32 only (DependentLoadFlags {image.load_flags:#x}): "
               "it could not be tested over fakes on Windows")
    if image.exports() and not image.is_dll:
        yield f"exports {image.exports()[0]}"


def _problems_of_version(image: Image, program: str, product: Mapping[str, str]) -> Iterator[str]:
    version = product["version"]
    wanted = {"": f"{version}.0", "FileVersion": version, "ProductVersion": version,
              "ProductName": product["name"], "CompanyName": product["company"],
              "LegalCopyright": product["copyright"], "OriginalFilename": program}
    found = image.version()
    for name, value in wanted.items():
        if found.get(name) != value:
            yield f"its version resource has {name or 'the number'} {found.get(name)}, not {value}"
    if not found.get("FileDescription"):
        yield "its version resource has no FileDescription"


def _problems_of_manifest(image: Image) -> Iterator[str]:
    levels = [each.attrib for each in ElementTree.fromstring(image.manifest()).iter()
              if each.tag.endswith("}requestedExecutionLevel")]
    if levels != [{"level": "asInvoker", "uiAccess": "false"}]:
        yield f"its manifest asks for other rights than its caller's: {levels}"


def _problems_of_bytes(content: bytes) -> Iterator[str]:
    searches: Tuple[Tuple[Pattern[bytes], str], ...] = (
        (_TEST_BYTES, "contains something of tests"),
        (_TEST_VARIABLE, "knows a variable of tests"),
        (_BUILD_PATH, "contains a path of the machine that built it"),
        (_WIDE_BUILD_PATH, "contains a path of the machine that built it"),
        (re.compile(re.escape(str(PROJECT).encode()) + rb"/\w+"),
         "contains the folder that it was built in"))
    for pattern, problem in searches:
        found = pattern.search(content)
        if found:
            yield f"{problem}: {found[0].replace(NUL, b'').decode('ascii', 'replace')}"

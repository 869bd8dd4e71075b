# SPDX-License-Identifier: MIT
"""What Windows reads in our executables before it runs them."""
from __future__ import annotations

from xml.etree import ElementTree

import pytest

from harness.image import (CONSOLE, DYNAMIC_BASE, HIGH_ENTROPY, NX_COMPATIBLE,
                           TERMINAL_SERVER_AWARE, Image)
from harness.runner import build_folder

WINDOWS_10 = "{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"


@pytest.fixture(params=["gatehouse-service.exe", "gatehouse.exe"])
def image(request: pytest.FixtureRequest) -> Image:
    """Each executable that ships."""
    return Image(build_folder() / "bin" / str(request.param))


def element(image: Image, name: str) -> ElementTree.Element:
    """The only element of this name in the manifest, in whatever namespace."""
    found = [each for each in ElementTree.fromstring(image.manifest()).iter()
             if each.tag.rsplit("}", 1)[-1] == name]
    assert len(found) == 1, name
    return found[0]


def test_it_is_a_console_program_of_windows_10(image: Image) -> None:
    assert (image.subsystem, image.system_version) == (CONSOLE, (10, 0))


def test_it_has_every_mitigation_of_its_linker(image: Image) -> None:
    wanted = DYNAMIC_BASE | NX_COMPATIBLE | (HIGH_ENTROPY if image.is_64_bit else 0)
    assert image.characteristics & wanted == wanted


def test_terminal_services_need_not_redirect_its_files(image: Image) -> None:
    assert image.characteristics & TERMINAL_SERVER_AWARE


def test_it_runs_with_the_rights_of_its_caller(image: Image) -> None:
    level = element(image, "requestedExecutionLevel")
    assert (level.get("level"), level.get("uiAccess")) == ("asInvoker", "false")


def test_it_says_which_windows_it_knows(image: Image) -> None:
    assert element(image, "supportedOS").get("Id") == WINDOWS_10


@pytest.mark.parametrize("setting, value", [("longPathAware", "true"), ("activeCodePage", "UTF-8")])
def test_it_asks_for_long_paths_and_utf_8(image: Image, setting: str, value: str) -> None:
    assert element(image, setting).text == value

# SPDX-License-Identifier: MIT
"""Fixtures of the tests of releases and updates."""
from __future__ import annotations

from typing import Callable

import pytest

from harness.bridge import Bridge
from harness.installation import Installation
from release.support.repository import Keys
from release.support.updated_service import SETTINGS, Updated


@pytest.fixture(scope="session")
def update_keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    """Keys that sign roots and manifests."""
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def make_updated(make_installation: Callable[..., Installation], update_keys: Keys, bridge: Bridge
                 ) -> Callable[..., Updated]:
    """Makes services with updates on, with a root beside their program; not started."""
    def make(**settings: str) -> Updated:
        made = make_installation(settings=(*SETTINGS, *settings.items()))
        return Updated.make(made, update_keys, bridge)

    return make


@pytest.fixture
def updated(make_updated: Callable[..., Updated]) -> Updated:
    """One that runs."""
    made = make_updated()
    made.installation.start()
    return made

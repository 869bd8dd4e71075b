# SPDX-License-Identifier: MIT
"""Has the service run when a test begins."""
from __future__ import annotations

import pytest

from harness.installation import Installation

#: So often in a row the service may fail to start before a test.
MOST_FAILED_STARTS = 3


class Starter:
    """Remembers whether a worker has lost its service."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._failures = 0

    def reset(self) -> None:
        """Make sure that the service runs and listens, on a machine as it was populated. One that
        does not is ended and installed anew. When that has failed several times in a row, all
        further tests fail at once: another service ($GATEHOUSE_SERVICE) may be lost for good."""
        if self._failures >= MOST_FAILED_STARTS:
            pytest.fail(f"{self._installation.image} could not be started for the last "
                        f"{self._failures} tests, and is not tried any more", pytrace=False)
        self._failures += 1
        if self._is_well():
            self._installation.populate()
        else:
            self._installation.create()
            self._installation.populate()
            self._installation.start()
        self._failures = 0

    def _is_well(self) -> bool:
        return self._installation.is_running() and self._installation.is_listening()

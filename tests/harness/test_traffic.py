# SPDX-License-Identifier: MIT
"""The table that ends the demonstration: what may be sent in each state of the kill switch."""
from __future__ import annotations

from typing import Callable

from harness.bridge import Bridge
from harness.golden import check_golden
from harness.installation import Installation
from harness.traffic import KINDS, Tour, table

#: Of a terminal, and of a reader.
MOST_COLUMNS = 100


def test_the_tour_sees_what_each_state_lets_out(
        make_installation: Callable[..., Installation], bridge: Bridge, user_bridge: Bridge
        ) -> None:
    installation = make_installation()
    lines = table(Tour(installation, bridge, user_bridge).columns())
    assert len(lines) == 2 + len(KINDS)
    assert max(map(len, lines)) <= MOST_COLUMNS
    check_golden("kill-switch-traffic.txt", "".join(f"{line}\n" for line in lines))

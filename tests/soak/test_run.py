# SPDX-License-Identifier: MIT
"""ci/soak itself, for half a minute."""
from __future__ import annotations

import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree

from harness.eventually import HANG
from harness.runner import PROJECT

HALF_A_MINUTE = "0.0083"

QUANTITIES = ("handles", "threads", "private memory", "journal", "events, for each session",
              "processes", "journal of the dying service", "processes of the dying service")


def test_nothing_is_left_over_in_half_a_minute(tmp_path: Path) -> None:
    drawing = tmp_path / "soak.svg"
    done = subprocess.run(
        [str(PROJECT / "ci" / "soak"), "--hours", HALF_A_MINUTE, "--plot", str(drawing)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8", timeout=14 * HANG, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing grows, and nothing is left over.\n" in done.stdout
    sessions = re.search(r"^(\d+) sessions in", done.stdout, re.MULTILINE)
    assert sessions and int(sessions.group(1)) > 0
    for quantity in QUANTITIES:
        assert re.search(f"^{quantity} ", done.stdout, re.MULTILINE), quantity
    assert "soak: 30 of 30 s" in done.stderr and "soak: " not in done.stdout
    assert ElementTree.fromstring(drawing.read_text(encoding="utf-8")).tag.endswith("svg")

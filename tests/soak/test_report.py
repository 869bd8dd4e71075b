# SPDX-License-Identifier: MIT
"""The report of a soak, and its options."""
from __future__ import annotations

from typing import List
from xml.etree import ElementTree

import pytest

from soak.main import read_arguments
from soak.report import Results, plot, table
from soak.watch import Series

COUNT = 100


def results(*values: float) -> Results:
    """Handles that take these values in turn, and memory that was measured once."""
    handles, memory = Series("handles", "", 2), Series("private memory", "KiB", 256)
    for number in range(COUNT):
        handles.add(2 * number, values[number % len(values)])
    memory.add(1, 9000)
    made = Results([handles, memory], sessions=2 * COUNT, seconds=60)
    made.counts["client died"] = 3
    return made


@pytest.fixture
def leaking() -> Results:
    """Handles that grow."""
    return results(*(120 + number / 4 for number in range(COUNT)))


def test_a_run_without_growth_is_good() -> None:
    made = results(120, 121)
    assert made.is_good
    text = table(made)
    assert "does not grow" in text and "too short to tell" in text
    assert text.endswith("200 sessions in 60 s. client died: 3.\n"
                         "Nothing grows, and nothing is left over.\n")


def test_growth_is_named(leaking: Results) -> None:
    assert leaking.growing == ["handles"] and not leaking.is_good
    text = table(leaking)
    line, = [line for line in text.splitlines() if line.startswith("handles")]
    assert line.split() == ["handles", "127", "144", "+125", "+4.5", "GROWS"]
    assert text.endswith("Grows: handles.\n")


def test_what_is_left_over_is_shown() -> None:
    made = results(120)
    made.failures.append("routes: 10.8.0.0/24")
    assert not made.is_good and not made.growing
    assert "Left over or failed: routes: 10.8.0.0/24" in table(made)


def test_the_plot_has_a_panel_for_each_series(leaking: Results) -> None:
    root = ElementTree.fromstring(plot(leaking))
    words = "\n".join(root.itertext())
    for name in ("handles", "private memory, KiB", "warmed up", "198 sessions"):
        assert name in words
    assert plot(leaking).count("<polyline") == 2


def test_a_plot_without_measurements_is_valid() -> None:
    assert ElementTree.fromstring(plot(Results([Series("handles", "", 2)]))).tag.endswith("svg")


@pytest.mark.parametrize("arguments", [["--hours", "0"], ["--hours", "-1"], ["--hours", "x"],
                                       ["--hours", "nan"], ["--hours", "1e9"], ["--seed", "x"]])
def test_wrong_options_are_refused(arguments: List[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        read_arguments(arguments)
    assert refusal.value.code == 2

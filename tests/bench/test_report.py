# SPDX-License-Identifier: MIT
"""Reports of the figures: table, JSON, plot."""
from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from bench import plot, table
from bench.figures import MICROSECONDS, RATIO, Curve, Results
from bench.measure import NotPossible, Sample

OURS, OTHER = "ours.exe", "other <1>.exe"


@pytest.fixture
def results() -> Results:
    """One target met, one missed, and one figure of another service."""
    made = Results(OURS)
    made.add("round trip", OURS, Sample((100.0, 110.0, 120.0)), MICROSECONDS)
    made.add("round trip", OTHER, Sample((200.0,)), MICROSECONDS)
    made.add("round trip of an echo", "", Sample((99.5,)), MICROSECONDS)
    made.add("against an echo", OURS, Sample((1.1,)), RATIO, target=1.3)
    made.add("against an echo", OTHER, Sample((2.0,)), RATIO, target=1.3)
    made.add("undo", OURS, Sample((0.75,)), RATIO, target=0.5)
    made.remarks.append("A remark.")
    made.curves += [Curve("add", OURS, ((50.0, 100.0), (150.0, 104.0))),
                    Curve("add", OTHER, ((50.0, 200.0), (150.0, 260.0)))]
    return made


def test_json_has_every_figure_with_its_target(results: Results) -> None:
    rows = json.loads(results.to_json())
    assert rows[0] == {"name": "round trip", "value": 110.0, "unit": "µs", "target": None,
                       "met": None, "not possible": None}
    assert [(row["name"], row["met"]) for row in rows[3:]] == [
        ("against an echo", True), (f"against an echo ({OTHER})", None), ("undo", False)]


@pytest.fixture
def incomplete(results: Results) -> Results:
    """The undo of the other service could not be measured."""
    results.add("undo", OTHER, NotPossible("it leaves <all>"), RATIO, target=0.5)
    return results


def test_what_is_not_possible_is_a_row_with_its_reason(incomplete: Results) -> None:
    assert json.loads(incomplete.to_json())[-1] == {
        "name": f"undo ({OTHER})", "value": None, "unit": "×", "target": None, "met": None,
        "not possible": "it leaves <all>"}
    line, = [line for line in table.render(incomplete).splitlines() if "leaves" in line]
    assert line.split("  ")[1] == OTHER and line.endswith("  not possible: it leaves <all>")
    assert "1 of 2 targets are missed" in table.render(incomplete)
    assert "not possible" in texts(plot.render(incomplete))


@pytest.mark.parametrize("subject", ["", OURS])
def test_our_own_service_must_be_measurable(results: Results, subject: str) -> None:
    with pytest.raises(NotPossible):
        results.add("undo", subject, NotPossible("it is mute"), RATIO)


def test_figures_that_are_compared_are_adjacent(results: Results) -> None:
    results.add("round trip", "third.exe", Sample((300.0,)), MICROSECONDS)
    assert [figure.subject for figure in results.ordered()][:3] == [OURS, OTHER, "third.exe"]


def test_names_are_unique(results: Results) -> None:
    names = [row["name"] for row in results.rows()]
    assert len(set(names)) == len(names)


def test_a_value_that_is_just_the_target_meets_it() -> None:
    made = Results(OURS)
    made.add("undo", OURS, Sample((0.5,)), RATIO, target=0.5)
    assert made.figures[0].met


def test_the_table_has_a_line_for_each_figure(results: Results) -> None:
    lines = table.render(results).splitlines()
    assert lines[0].split() == ["figure", "median", "half", "of", "the", "turns", "target"]
    assert lines[2].split() == ["round", "trip", "110", "µs", "105", "–", "115"]
    assert lines[3].split() == ["other", "<1>.exe", "200", "µs"]
    assert lines[5].split() == ["against", "an", "echo", "1.10", "×", "≤", "1.3", "met"]


def test_the_table_names_the_missed_targets(results: Results) -> None:
    text = table.render(results)
    assert "1 of 2 targets are missed:\n  undo: 0.750 ×, target ≤ 0.5\n" in text
    assert text.endswith("A remark.\n")


def test_the_table_says_that_no_target_was_missed() -> None:
    made = Results(OURS)
    made.add("undo", OURS, Sample((0.4,)), RATIO, target=0.5)
    assert "All 1 targets are met." in table.render(made)


@pytest.mark.parametrize("value, words", [
    (1234.5, "1234"), (123.4, "123"), (12.34, "12.3"), (1.234, "1.23"), (0.1234, "0.123")])
def test_numbers_have_three_significant_digits(value: float, words: str) -> None:
    assert table.number(value) == words


def texts(svg: str) -> str:
    """All texts of a plot; fails when it is not XML."""
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    return "\n".join(part for part in root.itertext() if part.strip())


def test_the_plot_shows_every_curve_and_ratio(results: Results) -> None:
    svg = plot.render(results)
    text = texts(svg)
    assert svg.count("<polyline") == 2 * len(results.curves)
    assert svg.count("<rect") == 1 + 3
    for words in ("undo", "0.750, missed", "1.10", f"against an echo ({OTHER})"):
        assert words in text


def test_a_higher_cost_is_drawn_higher() -> None:
    scale = plot.Scale([Curve("add", OURS, ((0.0, 10.0), (100.0, 80.0)))])
    assert scale.place(100.0, 80.0)[1] < scale.place(0.0, 10.0)[1]
    assert scale.most_y == 100


def test_a_plot_without_figures_is_valid() -> None:
    assert texts(plot.render(Results(OURS))) == ""


@pytest.mark.parametrize("value, end", [(0.0, 1.0), (87.0, 100.0), (100.0, 100.0), (101.0, 200.0),
                                        (0.3, 0.5)])
def test_axes_end_at_round_numbers(value: float, end: float) -> None:
    assert plot.round_up(value) == pytest.approx(end)

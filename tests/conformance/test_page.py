# SPDX-License-Identifier: MIT
"""The page: what is in it, and how a browser shows it at the width of a desk and of a hand."""
from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest

from conformance.page import page
from conformance.samples import HOSTILE, judgement, result, two_services
from conformance.verdicts import Verdict
from harness.eventually import HANG

DESK, HAND = 1280, 390

BROWSER = shutil.which("chromium")

needs_browser = pytest.mark.skipif(
    BROWSER is None, reason="chromium is not installed: ci/setup does that where apt has it")

#: A test's own copy of the page measures itself and tells what it finds.
MEASURE = """<script>
const found = {};
const shown = () => [...document.querySelectorAll(".row:not(.case)")]
    .filter(row => row.offsetParent).map(row => row.querySelector(".id").textContent);
const click = id => document.getElementById(id).click();
const overflows = () => document.documentElement.scrollWidth > innerWidth;
found.width = innerWidth;
found.all = shown();
found.overflows = overflows();
found.cells = [...document.querySelectorAll(".row:not(.case) .cells")]
    .map(row => row.innerText.replace(/\\s+/g, " ").trim());
click("v-passed");
found.not_passed = shown();
click("v-passed"); click("s-must");
found.not_must = shown();
click("s-must"); click("x-dns");
found.dns = shown();
click("x-all");
for (const row of document.querySelectorAll("details")) row.open = true;
found.opened = document.querySelector("#c-options\\\\.01 .line").offsetHeight > 0;
found.overflows_open = overflows();
found.scripts = document.querySelectorAll("script").length;
parent.postMessage(JSON.stringify(found), "*");
</script>"""

#: A browser without a screen has no window as narrow as a hand, but a frame in it may be.
FRAME = """<!doctype html><title></title>
<iframe src="page.html" style="border: 0; width: {width}px; height: 900px"></iframe>
<script>addEventListener("message", event => {{ document.title = event.data; }})</script>"""


class Outline(HTMLParser):
    """Checks that elements are closed in the order in which they were opened."""

    ALONE = {"meta", "link", "input"}

    def __init__(self) -> None:
        super().__init__()
        self.open: List[str] = []
        self.ids: List[str] = []
        self.links: List[str] = []
        self.tags: List[str] = []

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        self.tags.append(tag)
        if tag not in self.ALONE:
            self.open.append(tag)
        named = dict(attrs)
        self.ids += [str(named["id"])] if "id" in named else []
        self.links += [str(named["href"])] if tag == "a" else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def text() -> str:
    """The page of two services."""
    return page(two_services())


def test_it_is_whole_and_needs_nothing_else(text: str) -> None:
    outline = Outline()
    outline.feed(text)
    assert not outline.open
    assert "script" not in outline.tags and "img" not in outline.tags
    assert not re.search(r"https?://|url\(", text.split("<body>")[0])
    assert len(set(outline.ids)) == len(outline.ids)
    assert {link[1:] for link in outline.links} <= set(outline.ids)


def test_what_a_service_sends_is_text(text: str) -> None:
    assert HOSTILE not in text and "Another <b>" not in text
    assert HOSTILE in unescape(text)


def test_characters_that_html_cannot_hold_are_replaced() -> None:
    made = judgement("one", result("startup.01", Verdict.FAILED, line="a\0b\x1bc"))
    assert "a\ufffdb\ufffdc" in page([made])


def test_a_case_has_its_text_section_messages_and_calls(text: str) -> None:
    case = text[text.index('id="c-startup.01.two"'):text.index('id="c-options.01"')]
    assert "sent, client pipe" in case and "Calls to Windows" in case
    assert "Its text." in text and "protocol, “Option check”" in text


def measured(text: str, width: int, folder: Path) -> Tuple[Dict[str, Any], str]:
    """What a browser of this width shows of it, and what it complains of."""
    (folder / "page.html").write_text(text.replace("</body>", MEASURE + "</body>"),
                                      encoding="utf-8")
    path = folder / "frame.html"
    path.write_text(FRAME.format(width=width), encoding="utf-8")
    done = subprocess.run(
        [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
         f"--user-data-dir={folder / 'profile'}", "--window-size=1400,1000",
         "--virtual-time-budget=10000", "--dump-dom", path.as_uri()],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8", timeout=2 * HANG, check=True)
    title = re.search(r"<title>(.*?)</title>", done.stdout, re.DOTALL)
    assert title
    found: Dict[str, Any] = json.loads(unescape(title[1]))
    return found, "\n".join(line for line in done.stderr.splitlines() if ":CONSOLE" in line)


@needs_browser
@pytest.mark.parametrize("width", [DESK, HAND], ids=["desk", "hand"])
def test_a_browser_shows_and_filters_it(text: str, width: int, tmp_path: Path) -> None:
    found, complaints = measured(text, width, tmp_path)
    assert not complaints
    assert found["width"] == width
    every = ["startup.01", "control.01", "options.01", "channel.01", "dns.01"]
    assert found["all"] == every
    assert found["cells"][0] == "Gatehouse 2 passed Another <b> 1 of 2 failed"
    assert found["not_passed"] == every
    assert found["not_must"] == ["control.01", "options.01", "dns.01"]
    assert found["dns"] == ["dns.01"]
    assert found["opened"]
    assert not found["overflows"] and not found["overflows_open"]


@needs_browser
def test_what_was_passed_can_be_left_out(tmp_path: Path) -> None:
    found, _ = measured(page(two_services()[:1]), DESK, tmp_path)
    assert found["not_passed"] == ["control.01", "channel.01", "dns.01"]

# SPDX-License-Identifier: MIT
"""The results as one page of HTML, which needs no server, no other file and no script: its filters
are style sheets, and what opens is HTML's own."""
from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Sequence, Tuple

from conformance.table import PROTOCOL, Row, Severity, Subject, anchor, sections
from conformance.verdicts import Judgement, Result, Verdict

STYLE = Path(__file__).with_name("page.css")

#: What is shown of a case that was passed; of others everything is.
PASSED_MESSAGES, PASSED_CALLS, PASSED_LENGTH = 4, 6, 160

#: The head of the page names at most so many failures of a service.
MOST_FAILURES = 20

_MEANING = {
    Severity.MUST: "the other side depends on it",
    Severity.SECURITY: "a user could otherwise do what they may not",
    Severity.SHOULD: "better so; services may differ",
    Severity.EXTENSION: "what only Gatehouse has",
}


#: What HTML can't hold in any form.
_NOT_IN_HTML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def escape(text: str) -> str:
    """As text of HTML."""
    return html.escape(_NOT_IN_HTML.sub("\ufffd", text))


def page(judgements: Sequence[Judgement]) -> str:
    """The whole page."""
    rows = _by_function(judgements)
    body = "\n".join((*_head(judgements), *_filters(judgements, rows), "<main>",
                      *_sections(judgements, rows), "</main>", *_protocol(rows)))
    names = ", ".join(judgement.name for judgement in judgements)
    return ("<!doctype html>\n<!-- SPDX-License-Identifier: MIT -->\n"
            '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="color-scheme" content="light dark">\n'
            '<link rel="icon" href="data:,">\n'
            f"<title>Conformance: {escape(names)}</title>\n"
            f"<style>\n{STYLE.read_text(encoding='utf-8')}{_rules(rows)}</style>\n</head>\n"
            f"<body>\n{body}\n</body>\n</html>\n")


#: The rows of one function: its row in the table, and the results of each case by service.
Function = Tuple[Row, List[List[Result]]]


def _by_function(judgements: Sequence[Judgement]) -> List[Function]:
    cases = [list(results) for results in zip(*(each.results for each in judgements))]
    made: Dict[Tuple[str, Severity], Function] = {}
    for results in cases:
        row = results[0].collected.case.row
        made.setdefault((row.id, results[0].severity), (row, []))[1].append(results)
    return list(made.values())


def _slug(verdict: Verdict) -> str:
    return verdict.value.replace(" ", "-")


def _classes(severity: Severity, results: Iterable[Result]) -> str:
    verdicts = sorted({_slug(result.verdict) for result in results})
    return " ".join([f"s-{severity.value}", *(f"v-{verdict}" for verdict in verdicts)])


def _rules(rows: Sequence[Function]) -> str:
    """The style sheets that filter. A row is shown if one of its verdicts is chosen, and its
    severity and section are."""
    shown = ",\n".join(f"body:has(#v-{_slug(verdict)}:checked) .row.v-{_slug(verdict)}"
                       for verdict in Verdict)
    hidden = ",\n".join(
        [f"body:has(#s-{severity.value}:not(:checked)) .row.s-{severity.value}"
         for severity in Severity]
        + [f"body:has(#x-{anchor(section)}:checked) main section:not(#{anchor(section)})"
           for section in _used(rows)])
    return (f"@supports selector(:has(a)) {{\n.row {{ display: none }}\n{shown} "
            f"{{ display: block }}\n}}\n{hidden} {{ display: none }}\n")


def _used(rows: Sequence[Function]) -> List[str]:
    used = {row.section for row, _ in rows}
    return [section for section in sections() if section in used]


def _badge(verdict: Verdict, text: str = "") -> str:
    return f'<span class="badge b-{_slug(verdict)}">{escape(text or verdict.value)}</span>'


#: The heading, and what a case is.
_HEADS = {
    Subject.SERVICE: (
        "Conformance of interactive services",
        "Each case plays a client, or an openvpn.exe, and looks at what the service answers and at "
        "what it has changed on the machine. A case opens to what was sent, received and called."),
    Subject.CLIENT: (
        "Conformance of clients of the interactive service",
        "Each case plays the service and openvpn.exe, and looks at what the client sends and says. "
        "A case opens to what was sent and received."),
}


def _head(judgements: Sequence[Judgement]) -> Iterator[str]:
    heading, text = _HEADS[judgements[0].subject if judgements else Subject.SERVICE]
    yield f'<header>\n<h1>{heading}</h1>\n<p>{text}</p>\n<div class="cards">'
    for judgement in judgements:
        yield from _card(judgement)
    yield "</div>\n</header>"


def _card(judgement: Judgement) -> Iterator[str]:
    outcome = ("pass", "passes") if judgement.passes else ("fail", "does not pass")
    yield (f'<article class="card {outcome[0]}">\n<h2>{escape(judgement.name)} '
           f"<small>{outcome[1]}</small></h2>")
    yield ('<table class="counts"><thead><tr><th scope="col">severity</th>'
           '<th scope="col">passed</th><th scope="col">failed</th><th scope="col">not judged</th>'
           "</tr></thead><tbody>")
    for severity in Severity:
        counts = judgement.counts(severity)
        passed, failed = counts[Verdict.PASSED], counts[Verdict.FAILED]
        bad = ' class="bad"' if failed else ""
        yield (f'<tr><th scope="row"><abbr title="{_MEANING[severity]}">{severity.value}'
               f"</abbr></th><td>{passed}</td><td{bad}>{failed}</td>"
               f"<td>{sum(counts.values()) - passed - failed}</td></tr>")
    yield "</tbody></table>"
    yield from _failures([result for result in judgement.results if result.counts_against])
    for result in judgement.unexpected:
        yield f"<p>Passes unexpectedly: {escape(result.id)} ({escape(result.known)}).</p>"
    for note in judgement.notes:
        yield f"<p>Note: {escape(note)}.</p>"
    yield "</article>"


def _failures(failures: Sequence[Result]) -> Iterator[str]:
    """What a service must pass and does not, by function: the first case of each."""
    by_function: Dict[str, List[Result]] = {}
    for result in failures:
        by_function.setdefault(result.collected.case.row.id, []).append(result)
    groups = list(by_function.values())
    if not groups:
        return
    yield f"<details><summary>What it must pass, and does not: {len(groups)}</summary><ul>"
    for members in groups[:MOST_FAILURES]:
        first = members[0]
        more = f" (and {len(members) - 1} more of its cases)" if len(members) > 1 else ""
        yield (f'<li><a href="#c-{escape(first.id)}">{escape(first.id)}</a> '
               f"{escape(first.line)}{more}</li>")
    if len(groups) > MOST_FAILURES:
        yield f"<li>and {len(groups) - MOST_FAILURES} more, below</li>"
    yield "</ul></details>"


def _filters(judgements: Sequence[Judgement], rows: Sequence[Function]) -> Iterator[str]:
    met = {result.verdict for judgement in judgements for result in judgement.results}
    yield '<form class="filters">\n<fieldset><legend>Verdict</legend>'
    for verdict in Verdict:
        hidden = "" if verdict in met else " hidden"
        yield _check("checkbox", "", f"v-{_slug(verdict)}", verdict.value, hidden, True)
    yield "</fieldset>\n<fieldset><legend>Severity</legend>"
    for severity in Severity:
        yield _check("checkbox", "", f"s-{severity.value}", severity.value, "", True)
    yield "</fieldset>\n<details><summary>Section</summary><fieldset>"
    yield _check("radio", "section", "x-all", "all sections", "", True)
    for section in _used(rows):
        yield _check("radio", "section", f"x-{anchor(section)}", section, "", False)
    yield "</fieldset></details>\n</form>"


def _check(kind: str, group: str, name: str, text: str, hidden: str, checked: bool) -> str:
    return (f"<label{hidden}><input type={kind} id={name}{f' name={group}' if group else ''}"
            f"{' checked' if checked else ''}> {escape(text)}</label>")


def _sections(judgements: Sequence[Judgement], rows: Sequence[Function]) -> Iterator[str]:
    for section in _used(rows):
        members = [(row, cases) for row, cases in rows if row.section == section]
        count = sum(len(cases) for _, cases in members)
        yield (f'<section id="{anchor(section)}">\n<h2>{escape(section)} <small>{count} '
               f'{"case" if count == 1 else "cases"} · <a href="#p-{anchor(section)}">text</a>'
               "</small></h2>")
        yield '<div class="matrix">'
        for row, cases in members:
            yield from _function(judgements, row, cases)
        yield "</div>\n</section>"


def _function(judgements: Sequence[Judgement], row: Row, cases: List[List[Result]]
              ) -> Iterator[str]:
    every = [result for case in cases for result in case]
    severity = every[0].severity
    alone = len(cases) == 1 and not cases[0][0].collected.case.parameters
    ident = f' id="c-{escape(cases[0][0].id)}"' if alone else ""
    yield f'<details class="row {_classes(severity, every)}"{ident}><summary>'
    yield (f'<span class="id">{row.id}</span> <span class="title">{escape(row.title)}</span> '
           f'<span class="sev">{severity.value}</span> <span class="cells">')
    for number, judgement in enumerate(judgements):
        yield _cell(judgement, [case[number] for case in cases], len(judgements) > 1)
    yield '</span></summary>\n<div class="inside">'
    yield _about(row, cases[0][0])
    for case in cases:
        if alone:
            yield from _evidence(judgements, case)
        else:
            yield from _case(judgements, row, case)
    yield "</div></details>"


def _cell(judgement: Judgement, results: List[Result], is_named: bool) -> str:
    """The verdict of a function: the worst one, and for how many of its cases."""
    order = (Verdict.FAILED, Verdict.INFORMATIONAL, Verdict.PASSED, Verdict.UNSUPPORTED,
             Verdict.NOT_APPLICABLE)
    worst = next(verdict for verdict in order
                 if any(result.verdict is verdict for result in results))
    count = sum(result.verdict is worst for result in results)
    text = worst.value if len(results) == 1 else \
        f"{count} {worst.value}" if count == len(results) else \
        f"{count} of {len(results)} {worst.value}"
    name = f'<span class="service">{escape(judgement.name)}</span> ' if is_named else ""
    return f'<span class="cell">{name}{_badge(worst, text)}</span>'


def _about(row: Row, result: Result) -> str:
    first, last = result.collected.case.versions if row.versions else ("", "")
    versions = "every client" if row.subject is Subject.CLIENT else \
        "each row names its release" if not row.versions else \
        f"clients of {first}" if first == last else f"clients of {first} to {last}"
    severity = result.severity
    text = f"<p>{escape(result.collected.text)}</p>" if result.collected.text else ""
    told = "; told and not judged, the protocol leaves it open" if row.informational else ""
    return (f'{text}<p class="about"><b>{severity.value}</b>: {_MEANING[severity]}{told} · '
            f'<a href="#p-{anchor(row.section)}">protocol, “{escape(row.section)}”</a> · '
            f"{versions} · <code>{row.module}.py</code></p>")


def _case(judgements: Sequence[Judgement], row: Row, case: List[Result]) -> Iterator[str]:
    ident = escape(case[0].id)
    yield (f'<details class="row case {_classes(case[0].severity, case)}" id="c-{ident}"><summary>'
           f'<span class="id">{ident}</span> <span class="cells">')
    for number, judgement in enumerate(judgements):
        yield _cell(judgement, [case[number]], len(judgements) > 1)
    yield '</span></summary>\n<div class="inside">'
    if case[0].collected.case.parameters:
        yield f"<p>With <code>{_visible(case[0].collected.case.parameters)}</code></p>"
    yield from _evidence(judgements, case)
    yield "</div></details>"


def _visible(text: str) -> str:
    return escape(json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"'))


def _evidence(judgements: Sequence[Judgement], case: List[Result]) -> Iterator[str]:
    for judgement, result in zip(judgements, case):
        heading = f"{escape(judgement.name)}: " if len(judgements) > 1 else ""
        line = f" {escape(result.line)}" if result.line else \
            f" expected: {escape(result.collected.case.row.title.lower())}; so it is"
        known = f" <em>Known: {escape(result.known)}</em>" if result.known else ""
        yield f'<p class="line">{heading}{_badge(result.verdict)}{line}{known}</p>'
        yield from _messages(result)
        yield from _calls(result)


def _bounded(result: Result, key: str, most: int) -> "tuple[List[Any], int]":
    rows: List[Any] = list(result.evidence.get(key, []))
    kept = rows[-most:] if result.verdict is Verdict.PASSED else rows
    return kept, len(rows) - len(kept)


def _cut(result: Result, text: str) -> str:
    if result.verdict is Verdict.PASSED and len(text) > PASSED_LENGTH:
        return text[:PASSED_LENGTH] + "…"
    return text


def _messages(result: Result) -> Iterator[str]:
    kept, left = _bounded(result, "messages", PASSED_MESSAGES)
    if kept:
        yield '<dl class="messages">'
        if left:
            yield f"<dt></dt><dd>{left} messages before</dd>"
        for row in kept:
            yield _message(row, result)
        yield "</dl>"


def _message(row: Mapping[str, str], result: Result) -> str:
    return (f"<dt>{escape(row['way'])}, {escape(row['where'])}</dt>"
            f"<dd><code>{escape(_cut(result, row['text']))}</code></dd>")


def _calls(result: Result) -> Iterator[str]:
    kept, left = _bounded(result, "calls", PASSED_CALLS)
    if kept:
        before = f"{left} calls before\n" if left else ""
        lines = "\n".join(escape(_cut(result, call)) for call in kept)
        yield f'<p class="about">Calls to Windows</p><pre>{before}{lines}</pre>'


def _protocol(rows: Sequence[Function]) -> Iterator[str]:
    """The sections of docs/protocol.md that are judged, as they are written."""
    texts = _texts()
    yield '<footer>\n<h2>The protocol</h2>\n<p>docs/protocol.md, of the sections above.</p>'
    for section in _used(rows):
        yield (f'<details id="p-{anchor(section)}"><summary>{escape(section)}</summary>'
               f"<pre>{escape(texts[section])}</pre></details>")
    yield "</footer>"


def _texts() -> Dict[str, str]:
    parts = re.split(r"^###? (.+)$", PROTOCOL.read_text(encoding="utf-8"), flags=re.M)
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2])}

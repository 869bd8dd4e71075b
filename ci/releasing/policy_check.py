# SPDX-License-Identifier: MIT
"""Checks a template for editors of group policies by the rules that Microsoft documents for it
("Group Policy ADMX Syntax Reference Guide"), as far as our kind of template can break them: one
category, policies of the computer, strings. Microsoft's schema is not part of this project; a test
takes it from $GATEHOUSE_ADMX_SCHEMA."""
from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Mapping, Set

from releasing.policy_template import SPACE, Template

_NAME = re.compile(r"\w+\Z")
_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,5}\Z")
_REFERENCE = re.compile(r"\$\((string|presentation)\.(\w+)\)\Z")
#: What is set elsewhere stays when its policy has gone.
_POLICIES = "SOFTWARE\\Policies\\"
_LONGEST_TEXT_OF_ITEM = 255

#: Elements of a policy, and the controls of a presentation that can show them.
_CONTROLS = {"decimal": "decimalTextBox", "text": "textBox", "enum": "dropdownList"}

#: What an element may have in it, in this order.
_CONTENT = {
    "policyDefinitions": ["policyNamespaces", "resources", "supportedOn", "categories", "policies"],
    "policy": ["parentCategory", "supportedOn", "enabledValue", "disabledValue", "elements"],
    "policyDefinitionResources": ["displayName", "description", "resources"],
}


class _Parts:
    """Both documents, and what is named in them."""

    def __init__(self, template: Template, key: str) -> None:
        self.key = key
        self.definitions = ET.fromstring(template.definitions)
        self.resources = ET.fromstring(template.resources)
        self.policies = self.all_of("policy")
        self.tables: Dict[str, List[str]] = {
            kind: [str(each.get("id")) for each in self.resources.iter(f"{{{SPACE}}}{kind}")]
            for kind in ("string", "presentation")}

    def all_of(self, tag: str) -> List[ET.Element]:
        """All elements of the definitions with this tag."""
        return list(self.definitions.iter(f"{{{SPACE}}}{tag}"))

    def presentation(self, name: str) -> List[ET.Element]:
        """The controls of one."""
        return [control for each in self.resources.iter(f"{{{SPACE}}}presentation")
                if each.get("id") == name for control in each]


def _tag(element: ET.Element) -> str:
    space, _, name = element.tag.partition("}")
    return name if space == f"{{{SPACE}" else element.tag


def _problems_of_order(parts: _Parts) -> Iterator[str]:
    for root in (parts.definitions, parts.resources):
        for element in root.iter():
            order = _CONTENT.get(_tag(element))
            found = [_tag(child) for child in element]
            if order and found != [tag for tag in order if tag in found]:
                yield (f"{_tag(element)} {element.get('name', '')}: {', '.join(found)} is not "
                       "what belongs there, in its order")


def _problems_of_names(parts: _Parts) -> Iterator[str]:
    names = [each.get("name", "") for tag in ("policy", "category", "definition")
             for each in parts.all_of(tag)]
    names += [name for table in parts.tables.values() for name in table]
    yield from (f"{name}: is no name" for name in names if not _NAME.match(name))
    for what, table in (("policy", [each.get("name", "") for each in parts.policies]),
                        *parts.tables.items()):
        yield from (f"{name}: there are two {what} of this name"
                    for name in sorted({name for name in table if table.count(name) > 1}))


def _problems_of_versions(parts: _Parts) -> Iterator[str]:
    for element, name in ((parts.definitions, "revision"), (parts.definitions, "schemaVersion"),
                          (parts.resources, "revision"), (parts.resources, "schemaVersion"),
                          (parts.all_of("resources")[0], "minRequiredRevision")):
        if not _VERSION.match(element.get(name, "")):
            yield f"{_tag(element)}: {name} is no version"


def _problems_of_references(parts: _Parts) -> Iterator[str]:
    """Each text is there, and none for nothing."""
    used: Dict[str, Set[str]] = {"string": set(), "presentation": set()}
    for element in parts.definitions.iter():
        for name in ("displayName", "explainText", "presentation"):
            match = _REFERENCE.match(element.get(name, ""))
            if match:
                used[match[1]].add(match[2])
            elif name in element.attrib:
                yield f"{element.get('name')}: {name} leads to no text"
    for kind, names in used.items():
        there = set(parts.tables[kind])
        yield from (f"{name}: there is no such {kind}" for name in sorted(names - there))
        yield from (f"{name}: nothing uses this {kind}" for name in sorted(there - names))
    for tag, target in (("parentCategory", "category"), ("supportedOn", "definition")):
        known = {each.get("name") for each in parts.all_of(target)}
        yield from (f"{each.get('ref')}: there is no such {target}" for each in parts.all_of(tag)
                    if "ref" in each.attrib and each.get("ref") not in known)


def _problems_of_policies(parts: _Parts) -> Iterator[str]:
    """Each is one of the computer, sets one value, and shows it in one control that fits."""
    if not parts.key.startswith(_POLICIES):
        yield f"{parts.key}: is no key for policies"
    for policy in parts.policies:
        name = policy.get("name", "")
        if policy.get("class") != "Machine":
            yield f"{name}: is no policy of the computer"
        if policy.get("key") != parts.key:
            yield f"{name}: its key is that of another product"
        if not {"parentCategory", "supportedOn"} <= {_tag(child) for child in policy}:
            yield f"{name}: belongs to no category, or is supported nowhere"
        elements = [each for child in policy if _tag(child) == "elements" for each in child]
        if len([each for each in (policy, *elements) if each.get("valueName")]) != 1:
            yield f"{name}: does not set exactly one value"
        match = _REFERENCE.match(policy.get("presentation", ""))
        shown = parts.presentation(match[2]) if match else []
        if ([(_tag(each), each.get("refId")) for each in shown]
                != [(_CONTROLS.get(_tag(each)), each.get("id")) for each in elements]):
            yield f"{name}: its controls do not fit its elements"


def _problems_of_values(parts: _Parts) -> Iterator[str]:
    """Whatever is set is a string."""
    yield from (f"{each.get('id')}: is stored as a number" for each in parts.all_of("decimal")
                if each.get("storeAsText") != "true")
    for number in parts.all_of("decimal"):
        if int(number.get("minValue", "0")) > int(number.get("maxValue", "9999")):
            yield f"{number.get('id')}: no number is allowed"
    for tag in ("enabledValue", "disabledValue", "value"):
        for value in parts.all_of(tag):
            if [_tag(child) for child in value] != ["string"]:
                yield f"{tag}: is no string"
            elif len(value[0].text or "") > _LONGEST_TEXT_OF_ITEM:
                yield f"{tag}: is too long"


_CHECKS: List[Callable[[_Parts], Iterator[str]]] = [
    _problems_of_order, _problems_of_names, _problems_of_versions, _problems_of_references,
    _problems_of_policies, _problems_of_values]


def problems_of_template(template: Template, key: str) -> List[str]:
    """What Windows' editors would not take, a line each. `key` is the product's, for its
    policies."""
    try:
        parts = _Parts(template, key)
    except ET.ParseError as error:
        return [f"{template.name}: is no XML: {error}"]
    return [f"{template.name}: {problem}" for check in _CHECKS for problem in check(parts)]


def problems_of_folder(folder: Path, product: Mapping[str, str]) -> List[str]:
    """The same of a product's template in a folder, which has nothing else."""
    try:
        template = Template.read(folder, product)
    except (OSError, UnicodeDecodeError) as error:
        return [f"{folder.name}: has no template: {error}"]
    there = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")
                   if path.is_file())
    return [*(f"{folder.name}/{name}: does not belong to the template" for name in there
              if name not in template.files),
            *problems_of_template(template, product["policy_key"])]

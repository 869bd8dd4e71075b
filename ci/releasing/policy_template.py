# SPDX-License-Identifier: MIT
"""The template by which Windows' editors show the settings of a group policy: an .admx file, and
an .adml file with its texts. Both are made of the table of settings.

Everything is a string in the registry, in one category of the computer's policies. Facts:
Microsoft, "Group Policy ADMX Syntax Reference Guide"."""
from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Mapping, Sequence

from releasing.settings import Setting, allowed
from releasing.steps import write_text

SPACE = "http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions"
LANGUAGE = "en-US"

_CATEGORY, _SUPPORTED = "settings", "supported"

#: What takes the place of a wrong value, by the rule of its setting.
_REPLACED_BY = {
    "lower": "the computer's own value or the default, whichever is lower or comes first",
    "higher": "the computer's own value or the default, whichever is higher or comes last",
    "fewer": "the computer's own list if the default has all of it, otherwise by the default",
    "below": "the computer's own folder if it lies in the default, otherwise by the default",
    "local": "the computer's own value, or, if it has none, by the default",
    "default": "the default",
}


def file_name(product: Mapping[str, str]) -> str:
    """What both files are called, without an ending."""
    return re.sub(r"[^a-z0-9]", "", product["name"].lower())


@dataclass(frozen=True)
class Template:
    """Both files, as text."""

    name: str  #: without an ending
    definitions: str
    resources: str

    @property
    def files(self) -> Dict[str, str]:
        """By their places in the folder PolicyDefinitions of Windows."""
        return {f"{self.name}.admx": self.definitions,
                f"{LANGUAGE}/{self.name}.adml": self.resources}

    @staticmethod
    def read(folder: Path, product: Mapping[str, str]) -> "Template":
        """A template that was written there. Raises OSError."""
        name = file_name(product)
        return Template(name, (folder / f"{name}.admx").read_text(encoding="utf-8"),
                        (folder / LANGUAGE / f"{name}.adml").read_text(encoding="utf-8"))

    def write(self, folder: Path) -> None:
        """Write both below a folder."""
        for name, text in self.files.items():
            write_text(folder / name, text)


def _add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    made = ET.SubElement(parent, tag, attributes)
    if text:
        made.text = text
    return made


def _root(tag: str, product: Mapping[str, str]) -> ET.Element:
    return ET.Element(tag, {"xmlns": SPACE, "revision": _revision(product), "schemaVersion": "1.0"})


def _revision(product: Mapping[str, str]) -> str:
    return ".".join(product["version"].split(".")[:2])


def _document(root: ET.Element) -> str:
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _plain(text: str) -> str:
    """A description for readers who see no code in it, as a sentence."""
    first = text[0] if text.startswith(("`", "openvpn.exe")) else text[0].upper()
    return f"{first}{text[1:]}.".replace("`", "")


def _id_of_word(setting: Setting, word: str) -> str:
    return f"{setting.name}_is_{word.lower()}"


# ---- the definitions ----

def _define_value(policy: ET.Element, setting: Setting) -> None:
    """Of a switch the policy itself is the value, otherwise it has one element."""
    if setting.form == "switch":
        policy.set("valueName", setting.name)
        for tag, text in (("enabledValue", "1"), ("disabledValue", "0")):
            _add(_add(policy, tag), "string", text)
        return
    policy.set("presentation", f"$(presentation.{setting.name})")
    elements = _add(policy, "elements")
    value = {"id": setting.name, "valueName": setting.name, "required": "true"}
    if setting.form == "number":
        _add(elements, "decimal", minValue=str(setting.least), maxValue=str(setting.most),
             storeAsText="true", **value)
    elif setting.form == "choice":
        choice = _add(elements, "enum", **value)
        for word in setting.words:
            item = _add(choice, "item", displayName=f"$(string.{_id_of_word(setting, word)})")
            _add(_add(item, "value"), "string", word)
    else:
        _add(elements, "text", maxLength=str(setting.longest), **value)


def _define_policy(policies: ET.Element, setting: Setting, product: Mapping[str, str]) -> None:
    policy = _add(policies, "policy", **{
        "name": setting.name, "class": "Machine", "displayName": f"$(string.{setting.name})",
        "explainText": f"$(string.{setting.name}_help)", "key": product["policy_key"]})
    _add(policy, "parentCategory", ref=_CATEGORY)
    _add(policy, "supportedOn", ref=_SUPPORTED)
    _define_value(policy, setting)


def _definitions(settings: Sequence[Setting], product: Mapping[str, str], name: str) -> str:
    root = _root("policyDefinitions", product)
    space = re.sub(r"[^A-Za-z0-9]", "", product["name"])
    _add(_add(root, "policyNamespaces"), "target", prefix=name, namespace=f"{space}.Policies")
    _add(root, "resources", minRequiredRevision=_revision(product))
    _add(_add(_add(root, "supportedOn"), "definitions"), "definition", name=_SUPPORTED,
         displayName=f"$(string.{_SUPPORTED})")
    _add(_add(root, "categories"), "category", name=_CATEGORY,
         displayName=f"$(string.{_CATEGORY})", explainText=f"$(string.{_CATEGORY}_help)")
    policies = _add(root, "policies")
    for setting in settings:
        _define_policy(policies, setting, product)
    return _document(root)


# ---- the texts ----

def _explain(setting: Setting, product: Mapping[str, str]) -> str:
    default = setting.default or "none"
    if setting.form == "switch":
        states = "Enabled is 1, Disabled is 0. Not configured: "
    else:
        states = "Disabled or not configured: "
    range_of = _plain("It is " + allowed(setting)) if allowed(setting) else ""
    return "\n\n".join(filter(None, (
        _plain(setting.description),
        range_of,
        f"{states}the computer's own value applies (HKLM\\{product['registry_key']}), or, if it "
        f"has none, the default: {default}.",
        f"It applies from the next start of the service {product['service_name']} on. A wrong "
        f"value is an event of {product['event_source']} in the Application log and is replaced "
        f"by {_REPLACED_BY[str(setting.stricter)]}.",
        f"Registry: HKLM\\{product['policy_key']}, {setting.name}")))


def _present(table: ET.Element, setting: Setting) -> None:
    """The control in which the value is given."""
    shown, label = _add(table, "presentation", id=setting.name), f"{setting.title}:"
    if setting.form == "number":
        _add(shown, "decimalTextBox", label, refId=setting.name, spin="false",
             defaultValue=str(setting.default))
    elif setting.form == "choice":
        _add(shown, "dropdownList", label, refId=setting.name, noSort="true",
             defaultItem=str(list(setting.words).index(str(setting.default))))
    else:
        box = _add(shown, "textBox", refId=setting.name)
        _add(box, "label", label)
        if setting.default and "<" not in setting.default:
            _add(box, "defaultValue", setting.default)


def _resources(settings: Sequence[Setting], product: Mapping[str, str]) -> str:
    root = _root("policyDefinitionResources", product)
    _add(root, "displayName", f"{product['name']} settings")
    _add(root, "description", f"Settings of {product['name']} {product['version']}")
    resources = _add(root, "resources")
    strings = _add(resources, "stringTable")
    texts = {
        _SUPPORTED: f"{product['name']} {product['version']} or later on Windows 10 or later",
        _CATEGORY: product["name"],
        f"{_CATEGORY}_help": f"{product['description']} A policy comes before the settings in "
                             f"HKLM\\{product['registry_key']} on the computer."}
    for setting in settings:
        texts[setting.name] = setting.title
        texts[f"{setting.name}_help"] = _explain(setting, product)
        for word in setting.words:
            texts[_id_of_word(setting, word)] = word
    for key, text in texts.items():
        _add(strings, "string", text, id=key)
    presentations = _add(resources, "presentationTable")
    for setting in settings:
        if setting.form != "switch":
            _present(presentations, setting)
    return _document(root)


def make_template(settings: Sequence[Setting], product: Mapping[str, str]) -> Template:
    """Of the settings that a group policy may set. `product` is product.json."""
    settable: List[Setting] = [each for each in settings if each.stricter]
    name = file_name(product)
    return Template(name, _definitions(settable, product, name), _resources(settable, product))

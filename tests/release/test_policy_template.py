# SPDX-License-Identifier: MIT
"""The template for editors of group policies, and the table of docs/protocol.md: both are made of
the table of settings, and Windows would take the template."""
from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List

import pytest

from harness.golden import check_golden
from harness.runner import PROJECT, build_folder
from releasing.policy_check import problems_of_folder, problems_of_template
from releasing.policy_template import Template, make_template
from releasing.settings import SETTINGS, Setting, read_settings, with_table

#: Microsoft's PolicyDefinitionFiles.xsd and the two files that it includes are in this folder.
SCHEMA = os.environ.get("GATEHOUSE_ADMX_SCHEMA", "")

KEY = r"SOFTWARE\Policies\Gatehouse"

LOCAL_ONLY = {"", "exe_path", "bin_dir", "config_ext", "log_dir", "log_append"}


@pytest.fixture(name="settings")
def fixture_settings() -> List[Setting]:
    """The table of the build under test."""
    return read_settings(build_folder() / SETTINGS)


@pytest.fixture(name="product")
def fixture_product() -> Dict[str, str]:
    """The names of the build under test, and a version that the golden template can have."""
    product: Dict[str, str] = json.loads((build_folder() / "product.json").read_text("utf-8"))
    return {**product, "version": "1.0.0"}


@pytest.fixture(name="template")
def fixture_template(settings: List[Setting], product: Dict[str, str]) -> Template:
    """Our template."""
    return make_template(settings, product)


# ---- what is made of the table ----

def test_the_template_is_the_golden_one(template: Template) -> None:
    for name, text in template.files.items():
        check_golden(f"policy/{name}", text)


def test_the_table_in_the_documentation_is_that_of_the_code(settings: List[Setting]) -> None:
    page = (PROJECT / "docs" / "protocol.md").read_text(encoding="utf-8")
    check_golden("protocol.md", with_table(page, settings), folder=PROJECT / "docs")


def test_only_what_belongs_to_the_installation_is_left_out(settings: List[Setting],
                                                           template: Template) -> None:
    named = set(re.findall(r'<policy name="(\w+)"', template.definitions))
    assert named == {setting.name for setting in settings} - LOCAL_ONLY


def test_every_setting_has_words(settings: List[Setting]) -> None:
    for setting in settings:
        assert setting.title and setting.description, setting.name
        assert not setting.description.endswith(".") and setting.description.isascii()


def test_a_brand_has_a_template_of_its_own(settings: List[Setting], product: Dict[str, str]
                                           ) -> None:
    brand = {**product, "name": 'Acme & "Co" VPN', "policy_key": r"SOFTWARE\Policies\Acme",
             "registry_key": r"SOFTWARE\Acme", "service_name": "AcmeService",
             "event_source": "AcmeEvents"}
    made = make_template(settings, brand)
    assert set(made.files) == {"acmecovpn.admx", "en-US/acmecovpn.adml"}
    assert not problems_of_template(made, brand["policy_key"])
    assert 'namespace="AcmeCoVPN.Policies"' in made.definitions
    for text in made.files.values():
        assert not re.search(r"gatehouse|openvpnserv\b|interactive service", text, re.I)


# ---- whether Windows would take it ----

def test_it_keeps_the_documented_rules(template: Template) -> None:
    assert not problems_of_template(template, KEY)


def test_a_key_elsewhere_would_not_go_with_the_policy(template: Template) -> None:
    assert r"gatehouse: SOFTWARE\Gatehouse: is no key for policies" in problems_of_template(
        template, r"SOFTWARE\Gatehouse")


def test_a_folder_of_a_release_has_the_template_alone(template: Template, product: Dict[str, str],
                                                      tmp_path: Path) -> None:
    assert "has no template" in problems_of_folder(tmp_path, product)[0]
    template.write(tmp_path)
    assert not problems_of_folder(tmp_path, product)
    (tmp_path / "en-US" / "other.adml").write_text("")
    problem, = problems_of_folder(tmp_path, product)
    assert problem.endswith("en-US/other.adml: does not belong to the template")


#: A text of the template, what stands in its place, and what is said of that.
SPOILED = {
    "no XML": ("</policies>", "", "is no XML"),
    "order": ('      <parentCategory ref="settings" />\n      <supportedOn ref="supported" />',
              '      <supportedOn ref="supported" />\n      <parentCategory ref="settings" />',
              "in its order"),
    "name": ('name="max_clients"', 'name="max-clients"', "max-clients: is no name"),
    "same name": ('name="max_clients_per_user"', 'name="max_clients"',
                  "max_clients: there are two policy"),
    "same text": ('<string id="supported">', '<string id="settings">',
                  "settings: there are two string"),
    "version": ('revision="1.0" schema', 'revision="1" schema', "revision is no version"),
    "text missing": ('<string id="updates_help">', '<string id="update_help">',
                     "updates_help: there is no such string"),
    "text unused": ('<string id="updates_help">', '<string id="update_help">',
                    "update_help: nothing uses this string"),
    "text written out": ('displayName="$(string.updates)"', 'displayName="Updates"',
                         "updates: displayName leads to no text"),
    "presentation missing": ('<presentation id="updates">', '<presentation id="update">',
                             "updates: there is no such presentation"),
    "category missing": ('<category name="settings"', '<category name="others"',
                         "settings: there is no such category"),
    "support missing": ('<definition name="supported"', '<definition name="others"',
                        "supported: there is no such definition"),
    "of users": ('class="Machine"', 'class="User"', "is no policy of the computer"),
    "key of settings": (r'key="SOFTWARE\Policies\Gatehouse"', r'key="SOFTWARE\OpenVPN"',
                        "its key is that of another product"),
    "supported nowhere": ('      <supportedOn ref="supported" />\n', "", "is supported nowhere"),
    "no value": (' valueName="query_remote"', "", "query_remote: does not set exactly one value"),
    "another control": ('<textBox refId="config_dir">', '<textBox refId="config_dir" /><textBox>',
                        "config_dir: its controls do not fit its elements"),
    "control of another": ('<textBox refId="config_dir"', '<textBox refId="config"',
                           "config_dir: its controls do not fit its elements"),
    "stored as a number": ('storeAsText="true"', 'storeAsText="false"', "is stored as a number"),
    "least above most": ('minValue="1"', 'minValue="99999999"', "no number is allowed"),
    "number as value": ("<string>1</string>", '<decimal value="1" />', "is no string"),
    "long value": ("<string>off</string>", f"<string>{256 * 'x'}</string>", "is too long"),
}


@pytest.mark.parametrize("case", SPOILED)
def test_what_windows_would_not_take_is_found(template: Template, case: str) -> None:
    old, new, said = SPOILED[case]
    assert old in template.definitions + template.resources
    spoiled = Template(template.name, template.definitions.replace(old, new, 1),
                       template.resources.replace(old, new, 1))
    problems = problems_of_template(spoiled, KEY)
    assert [problem for problem in problems if said in problem], problems


@pytest.mark.skipif(not SCHEMA, reason="$GATEHOUSE_ADMX_SCHEMA names no folder with Microsoft's "
                    "schema of templates (PolicyDefinitionFiles.xsd)")
@pytest.mark.skipif(not shutil.which("xmllint"), reason="there is no xmllint (libxml2-utils)")
def test_it_is_valid_by_microsofts_schema(template: Template, tmp_path: Path) -> None:
    r"""The schema has `\$` in regular expressions, which XML Schema does not know, nor xmllint."""
    for path in Path(SCHEMA).glob("*.xsd"):
        text = path.read_text(encoding="utf-8-sig")
        (tmp_path / path.name).write_text(text.replace(r"\$", "$"), encoding="utf-8")
    template.write(tmp_path)
    done = subprocess.run(["xmllint", "--noout", "--schema", "PolicyDefinitionFiles.xsd",
                           *template.files], cwd=tmp_path, stderr=subprocess.PIPE,
                          encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr

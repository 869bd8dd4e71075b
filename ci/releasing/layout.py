# SPDX-License-Identifier: MIT
"""Names of files and folders in a release that belong to no module of their own. Its installers lie
beside them, its programs in a folder for each architecture."""
from __future__ import annotations

PRODUCT = "product.json"  #: names of the product, and its version
CHANGES = "CHANGES.md"  #: the version's section of CHANGELOG.md
SIGNATURES = "signatures"  #: a file <name>.pem for each signed one: its signature alone
UNSIGNED_SUMS = "UNSIGNED-SHA256SUMS"  #: hashes of the signed files before they were signed
CONFORMANCE = "conformance.html"  #: what ci/conformance says of the service, if it was asked
POLICY = "policy"  #: templates for group policy

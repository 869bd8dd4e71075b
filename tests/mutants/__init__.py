# SPDX-License-Identifier: MIT
"""Services with a defect each, which test the conformance suite."""

# SPDX-License-Identifier: MIT
"""Judges an interactive service by the protocol suite: ci/conformance."""

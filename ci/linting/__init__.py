# SPDX-License-Identifier: MIT
"""Checks of ci/lint that no tool has."""

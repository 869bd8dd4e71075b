# SPDX-License-Identifier: MIT
"""Releases: how they are made, checked, installed and updated."""

# SPDX-License-Identifier: MIT
"""What the protocol tests share: clients, sessions, tables of messages, and crash testing."""

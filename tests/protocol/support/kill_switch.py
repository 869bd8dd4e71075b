# SPDX-License-Identifier: MIT
"""The kill switch of an installation: asks for it, and looks at what the filtering engine has."""
from __future__ import annotations

import uuid
from typing import Any, Dict, List, Optional, Set, Tuple

from harness.bridge import Bridge
from harness.control import ControlReply, Record
from harness.eventually import eventually
from harness.fakes import (ETHERNET, GROUP_MEMBER_BY_TOKEN, INTERACTIVE, PLAIN_USER, TAP)
from harness.installation import Installation
from harness.messages import AF_INET, Flush, Interface, Message
from harness.session import Session

#: Of the table of verdicts.
GATEWAYS = ("198.51.100.7:1194/udp", "[2001:db8:7::7]:443/tcp", "203.0.113.53:53/udp")

ACCESS_DENIED, NO_FILE, WRONG_WORDS, NOT_A_NAME = 5, 2, 87, 1214
NOT_AUTOMATIC, REMOTE, NO_ENGINE, LOCKED = 1058, 1230, 1753, 0x80320012

#: Offsets of its events.
STARTED, CHANGED, STOPPED, OPENED, CLOSED, KEPT, REPAIRED, REMOVED, FAILED = range(500, 509)

#: Two users of the desktop.
ALICE = PLAIN_USER.with_group(INTERACTIVE)
BOB = GROUP_MEMBER_BY_TOKEN.with_group(INTERACTIVE)

#: A server on the Internet, which is no gateway.
SERVER = "93.184.216.34"

TCP = 6

#: Lets the service look at the network again.
SEND_RESUME = 200

#: The machine's other firewall.
OTHER_SUBLAYER = "Contoso Firewall"

UPPER_HALF = 0xC0020000

#: PRODUCT_FIREWALL_SPACE of src/product.h, and the numbers of src/firewall/roles.h.
SPACE = uuid.UUID("7f5e25c4-2fac-47ed-a330-2b440eaaf2c9")
ROLES, MOST_OF_ONE = range(1, 34), 64

#: What the filtering engine has of the kill switch.
Objects = Dict[str, List[Any]]


def first_change(interface: int = TAP) -> Message:
    """What makes the adapter a session's tunnel, and leaves nothing to undo."""
    return Flush("flush_neighbors", AF_INET, Interface(interface))


def uses(session: Session, interface: int = TAP) -> None:
    """openvpn.exe makes its first change of the adapter."""
    assert session.openvpn.request(first_change(interface)) == 0


def is_open(machine: Installation, interface: int = ETHERNET) -> bool:
    """Whether a browser reaches a server there."""
    answer = machine.fakes.verdict(interface, SERVER, remote_port=443, protocol=TCP)
    return bool(answer["action"] == "permit")


class KillSwitch:
    """The verbs of the control pipe, each in a connection of its own."""

    def __init__(self, installation: Installation, bridge: Bridge) -> None:
        self.installation = installation
        self.bridge = bridge

    def ask(self, *words: str, at: Optional[Bridge] = None) -> ControlReply:
        """`firewall` and these words, as the user of the bridge."""
        control = self.installation.control(at or self.bridge)
        try:
            return control.ask("firewall", *words)
        finally:
            control.close()

    def start(self, *words: str, at: Optional[Bridge] = None) -> Record:
        """Must succeed."""
        return self._record(self.ask("start", *words, at=at))

    def stop(self, at: Optional[Bridge] = None) -> Record:
        """Must succeed."""
        return self._record(self.ask("stop", at=at))

    def isup(self, at: Optional[Bridge] = None) -> Record:
        """Must succeed."""
        return self._record(self.ask("isup", at=at))

    def state(self) -> str:
        """In one word."""
        return self.isup()["firewall"]

    def wait_whole(self, state: str) -> None:
        """Wait until it is in this state, and not damaged."""
        def now() -> Tuple[str, str]:
            record = self.isup()
            return record["firewall"], record.get("firewall_damaged", "0")
        wanted = (state, "0")
        assert eventually(now, lambda found: found == wanted) == wanted

    def objects(self) -> Objects:
        """Filters, providers and sublayers that the engine has."""
        engine = self.installation.fakes.firewall()
        return {kind: engine[kind] for kind in ("filters", "providers", "sublayers")}

    def possible_keys(self) -> Set[str]:
        """All that its objects may have."""
        return {f"{{{uuid.uuid5(SPACE, f'{self.installation.instance}/{role}/{index}')}}}"
                for role in ROLES for index in range(MOST_OF_ONE)}

    def blocks(self) -> List[Any]:
        """Its own filters that block, not another program's."""
        return [row for row in self.objects()["filters"]
                if row["action"] == "block" and row["sublayer"] != OTHER_SUBLAYER]

    def look_again(self) -> None:
        """The service is told that Windows woke up: it looks at everything at once."""
        self.installation.service.control(SEND_RESUME)

    def events(self) -> List[int]:
        """The ids of its events, in their order."""
        ids = [int(call["event"], 16) - UPPER_HALF
               for call in self.installation.record.calls("ReportEventW")]
        return [number for number in ids if 500 <= number < 600]

    @staticmethod
    def _record(reply: ControlReply) -> Record:
        assert reply.code == 0, reply
        assert reply.name == "firewall"
        record, = reply.records
        return record

# SPDX-License-Identifier: MIT
"""A timestamp authority (RFC 3161) on the loopback interface, for tests. openssl makes the answers;
bookworm's osslsigncode has none of its own."""
from __future__ import annotations

import contextlib
import http.server
import tempfile
import threading
from pathlib import Path
from typing import Iterator

from releasing.authority import Authority
from releasing.steps import ReleaseError, run

#: Object identifiers below 2.999 are for examples.
_CONFIGURATION = """[timestamp]
default_tsa = authority
[authority]
serial = {folder}/serial
signer_cert = {chain}
signer_key = {key}
signer_digest = sha256
default_policy = 2.999.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""

_LARGEST_REQUEST = 64 * 1024


class _Handler(http.server.BaseHTTPRequestHandler):
    """One request for a timestamp."""

    folder: Path
    lock: threading.Lock

    def do_POST(self) -> None:  # pylint: disable=invalid-name
        """Answer with what openssl says."""
        length = int(self.headers.get("Content-Length", 0))
        if not 0 < length <= _LARGEST_REQUEST:
            self.send_error(400)
            return
        query, reply = self.folder / "query", self.folder / "reply"
        with self.lock:  # there is one serial number, and one pair of files
            query.write_bytes(self.rfile.read(length))
            try:
                run(["openssl", "ts", "-reply", "-config", self.folder / "tsa.cnf",
                     "-section", "authority", "-queryfile", query, "-out", reply])
            except ReleaseError as error:
                self.send_error(500, explain=str(error))
                return
            answer = reply.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # pylint: disable=redefined-builtin
        """Silent: who signs reports what failed."""


@contextlib.contextmanager
def timestamp_server(authority: Authority) -> Iterator[str]:
    """Run it; yields its address."""
    leaf = authority.leaf("timestamp")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "serial").write_text("01\n", encoding="ascii")
        (folder / "tsa.cnf").write_text(
            _CONFIGURATION.format(folder=folder, chain=leaf.chain, key=leaf.key), encoding="ascii")
        handler = type("Handler", (_Handler,), {"folder": folder, "lock": threading.Lock()})
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}/"
            finally:
                server.shutdown()
                thread.join()

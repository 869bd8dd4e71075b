# SPDX-License-Identifier: MIT
"""A web server of updates on this computer, whose files misbehave as a test wants it."""
from __future__ import annotations

import hashlib
import http.server
import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Callable, Dict, List, Optional, Type

#: What a file does with a request for it.
Answer = Callable[["Handler"], None]

PIECE = b"z" * 65536


@dataclass(frozen=True)
class Request:
    """What a client has asked for."""

    path: str
    headers: Dict[str, str]


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: "UpdateServer"

    def do_GET(self) -> None:  # pylint: disable=invalid-name
        """Answer as the file does. A client may hang up at any time."""
        self.server.requests.append(Request(self.path, dict(self.headers)))
        answer = self.server.files.get(self.path.rsplit("/", 1)[-1], status(404))
        try:
            answer(self)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:  # pylint: disable=arguments-differ
        """Nothing: tests look at `requests`."""

    def head(self, code: int, length: Optional[int], **headers: str) -> None:
        """Send the head of a response; a name of a header has _ for -."""
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def hang_up(self) -> None:
        """End the connection at once."""
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True


class UpdateServer(http.server.ThreadingHTTPServer):
    """It serves from the beginning of a with statement to its end."""

    daemon_threads = True

    def __init__(self, certificate: Optional[Path] = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: Dict[str, Answer] = {}
        self.requests: List[Request] = []
        self.ended = threading.Event()
        self._is_secure = certificate is not None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            # The handshake is the connection's thread's: a client may refuse it.
            self.socket = context.wrap_socket(self.socket, server_side=True,
                                              do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self.serve_forever)

    @property
    def url(self) -> str:
        """The folder of its files."""
        # Wine compares no addresses with a certificate.
        host = "https://localhost" if self._is_secure else "http://127.0.0.1"
        return f"{host}:{self.server_port}/updates"

    def names(self) -> List[str]:
        """What was asked for, in order."""
        return [each.path.rsplit("/", 1)[-1] for each in self.requests]

    def __enter__(self) -> "UpdateServer":
        self._thread.start()
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.ended.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: clients that hang up are what these tests are about."""


# ---- files that are as they should be ----

def whole(content: bytes, etag: Optional[str] = None) -> Answer:
    """A file. With a tag it can be gone on with, as RFC 9110 says."""
    tag = etag or f'"{hashlib.sha256(content).hexdigest()[:16]}"'

    def answer(handler: Handler) -> None:
        asked, known = handler.headers.get("Range"), handler.headers.get("If-Range")
        first = int(asked.split("=")[1].rstrip("-")) if asked and known == tag else 0
        if first:
            handler.head(206, len(content) - first, ETag=tag,
                         Content_Range=f"bytes {first}-{len(content) - 1}/{len(content)}")
        else:
            handler.head(200, len(content), ETag=tag)
        handler.wfile.write(content[first:])
    return answer


# ---- files that are not ----

def status(code: int, **headers: str) -> Answer:
    """No file: a status of HTTP and a short text."""
    def answer(handler: Handler) -> None:
        handler.head(code, 2, **headers)
        handler.wfile.write(b"no")
    return answer


def redirect(location: str) -> Answer:
    """The file is elsewhere."""
    return status(302, Location=location)


def endless() -> Answer:
    """A file without an end."""
    def answer(handler: Handler) -> None:
        handler.head(200, None)
        while not handler.server.ended.is_set():
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(PIECE), PIECE))
    return answer


def cut(content: bytes, length: int, etag: str = '"cut"') -> Answer:
    """A file whose connection is lost after so many bytes."""
    def answer(handler: Handler) -> None:
        handler.head(200, len(content), ETag=etag)
        handler.wfile.write(content[:length])
        handler.hang_up()
    return answer


def stalled(content: bytes, length: int) -> Answer:
    """A file that stops after so many bytes, without the end of its connection."""
    def answer(handler: Handler) -> None:
        handler.head(200, len(content))
        handler.wfile.write(content[:length])
        handler.server.ended.wait()
    return answer


def silent() -> Answer:
    """Not even a response."""
    def answer(handler: Handler) -> None:
        handler.server.ended.wait()
        handler.close_connection = True
    return answer


def dripping() -> Answer:
    """A byte now and then."""
    def answer(handler: Handler) -> None:
        handler.head(200, 60000)
        while not handler.server.ended.wait(0.5):
            handler.wfile.write(b"z")
    return answer


def steady(content: bytes) -> Answer:
    """A file that comes at 20 KiB a second, which is fast enough."""
    def answer(handler: Handler) -> None:
        handler.head(200, len(content), ETag='"1"')
        for first in range(0, len(content), 4096):
            handler.wfile.write(content[first:first + 4096])
            if handler.server.ended.wait(0.2):
                break
    return answer


def other_part(content: bytes, first: int, size: Optional[int] = None) -> Answer:
    """A part of a file whatever was asked for, of a file of this size."""
    def answer(handler: Handler) -> None:
        handler.head(206, len(content) - first, ETag='"cut"',
                     Content_Range=f"bytes {first}-{len(content) - 1}/{size or len(content)}")
        handler.wfile.write(content[first:])
    return answer

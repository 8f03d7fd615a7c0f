"""The files that LangChain's standard suite downloads, served from this machine."""

from __future__ import annotations

import base64
import struct
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


def png() -> bytes:
    """Give an image of four pixels."""
    rows = b"\0" + b"\x20\x80\xc0" * 4
    header = struct.pack(">IIBBBBB", 4, 1, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def wav(seconds: float = 1.0) -> bytes:
    """Give silence: 8000 samples a second, a byte each."""
    samples = b"\x80" * int(8000 * seconds)
    form = struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"

FILES = {".pdf": PDF, ".png": png(), ".wav": wav()}
"""By the end of the name."""


def encoded(suffix: str) -> str:
    """Give a file in base64."""
    return base64.b64encode(FILES[suffix]).decode()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = FILES.get(PurePosixPath(self.path).suffix)
        self.send_response(200 if content else 404)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class FileServer:
    """Serves `FILES` under any path with their suffix, on a socket of this machine."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def here(self, url: str) -> str:
        """Give the address on this machine of a file from the internet."""
        return f"http://127.0.0.1:{self._server.server_port}/{PurePosixPath(url).name}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

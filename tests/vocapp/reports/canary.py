"""A server nobody should ever ask."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer


class Canary(HTTPServer):
    """Notes what it is asked for, and sends whoever asks to a file of this machine."""

    visits: list[str]


@contextmanager
def listening() -> Iterator[Canary]:
    """Let one listen on this machine for as long as the block runs."""

    class Notes(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server = self.server
            assert isinstance(server, Canary)
            server.visits.append(self.path)
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    server = Canary(("127.0.0.1", 0), Notes)
    server.visits = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

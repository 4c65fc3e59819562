"""The emulator as a server on 127.0.0.1, for a test or for as long as a developer wants it."""

import threading
from datetime import UTC
from email.utils import format_datetime
from types import TracebackType
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from tests.salesforce_emulator.application import Application
from tests.salesforce_emulator.controls import Controls
from tests.salesforce_emulator.org import Options, Org


class SalesforceEmulator(Controls):
    """A Salesforce org on loopback: `with SalesforceEmulator() as org: … org.url …`.

    Leaving the block stops the server and raises AssertionError when something happened that must not have:
    an error inside the emulator, or more requests than `set_request_cap` allows.
    """

    def __init__(self, *, port: int = 0, **options: bool) -> None:
        super().__init__(Org(Options(**options)))
        clock = self.org

        class Handler(WSGIRequestHandler):
            """Tells the time of the org and writes no log."""

            disable_nagle_algorithm = True

            def date_time_string(self, timestamp: float | None = None) -> str:
                return format_datetime(clock.clock.now().astimezone(UTC), usegmt=True)

            def log(self, type: str, message: str, *args: Any) -> None:
                """Write nothing: the log of requests is kept by the org."""

        self._server = make_server(
            "127.0.0.1", port, Application(self.org), threaded=True, request_handler=Handler
        )
        self.org.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Return the address, without a slash at the end."""
        return self.org.url

    def start(self) -> "SalesforceEmulator":
        """Serve in a thread of its own."""
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()
        return self

    def serve(self) -> None:
        """Serve until the process ends."""
        self._server.serve_forever()

    def stop(self) -> None:
        """Stop serving."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def check(self) -> None:
        """Raise AssertionError when something happened that must not have."""
        complaints = self.complaints()
        assert not complaints, "\n".join(complaints)

    def __enter__(self) -> "SalesforceEmulator":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if kind is None:
            self.check()

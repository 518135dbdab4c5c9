"""One gateway for one data folder: a second one would pull the rug from under the first."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunningError(Exception):
    """A gateway runs for this data folder already; stop it, or set another [paths] data."""


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Hold the folder for this process; the kernel lets go of it even after SIGKILL. Raises AlreadyRunningError."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "lock").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise AlreadyRunningError(
                f"a gateway (pid {holder}) runs for {data_dir} already: stop it, or set another [paths] data"
            ) from None
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield

"""A manager interface that lets anybody in and then sends a file as fast as it is read: a program of its own.

`python -m tests.benchmarks.ami_server FILE` writes its port and serves one connection after the other until killed.
"""

import re
import socket
import sys
from pathlib import Path

GREETING = b"Asterisk Call Manager/11.0.0\r\n"
_END = b"\r\n\r\n"
_ACTION_ID = re.compile(rb"ActionID: ([^\r\n]*)", re.IGNORECASE)


def serve(file: Path) -> None:
    """Serve until killed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        sys.stdout.write(f"{server.getsockname()[1]}\n")
        sys.stdout.flush()
        while True:
            connection, _ = server.accept()
            with connection:
                try:
                    _let_in(connection)
                    with file.open("rb") as content:
                        connection.sendfile(content)
                    while connection.recv(1 << 16):
                        pass  # it closes when it has read enough
                except ConnectionError:
                    continue


def _let_in(connection: socket.socket) -> None:
    """Answer actions until one is a login."""
    connection.sendall(GREETING)
    held = b""
    while True:
        while _END not in held:
            data = connection.recv(1 << 16)
            if not data:
                raise ConnectionResetError
            held += data
        action, _, held = held.partition(_END)
        found = _ACTION_ID.search(action)
        action_id = b"ActionID: " + found[1] + b"\r\n" if found else b""
        login = action.lower().startswith(b"action: login")
        said = b"Message: Authentication accepted" if login else b"Challenge: 840415273"
        connection.sendall(b"Response: Success\r\n" + action_id + said + _END)
        if login:
            return


if __name__ == "__main__":
    serve(Path(sys.argv[1]))

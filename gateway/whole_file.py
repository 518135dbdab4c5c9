"""Writes a file so that whoever reads it finds the old content or the new one, and never a part."""

import os
from pathlib import Path


def replace_whole(path: Path, content: str, mode: int = 0o600) -> None:
    """Put `content` in the place of the file's; by default only this user reads it. Raises OSError."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(content)
    new.chmod(mode)
    new.replace(path)

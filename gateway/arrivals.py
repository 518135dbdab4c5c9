"""The link by which a crew reports that it is there (T4): good for this one dispatch, and for nothing else."""

import hashlib
import hmac
from datetime import datetime


def code_of(key: str, ticket: str, dispatched_at: datetime) -> str:
    """Return what makes the link of one dispatch: 32 characters that nobody guesses."""
    said = f"arrive/{ticket}/{dispatched_at.isoformat()}"
    return hmac.new(key.encode(), said.encode(), hashlib.sha256).hexdigest()[:32]


def link_of(console: str, key: str, ticket: str, dispatched_at: datetime) -> str:
    """Return the link; `console` is the address at which people reach their pages."""
    return f"{console.rstrip('/')}/arrive/{ticket}/{code_of(key, ticket, dispatched_at)}"

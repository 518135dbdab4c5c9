"""Commands as a person types them."""

from collections.abc import Callable

Typed = Callable[..., tuple[int, str, str]]
"""What types a command: (database, *words) → (exit code, what it printed, what it complained of)."""

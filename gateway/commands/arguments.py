"""What may stand on the command line of several commands."""

import argparse


def name(text: str) -> str:
    """Return a name that fits on one line; raises ArgumentTypeError for any other."""
    if text.isprintable() and text.strip():
        return text.strip()
    raise argparse.ArgumentTypeError("a name has at least one letter, and no line breaks")

"""Benchmarks: what Fourring does per second, beside what others do, measured in one run. They judge nothing."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent

# the tests' own PBX, SIP phones, PostgreSQL and browser are plain modules of their folders
sys.path += [str(TESTS), str(TESTS / "e2e"), str(TESTS / "integration")]

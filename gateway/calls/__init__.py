"""Call tracking: pure functions from typed PBX events to facts. No I/O, no clock."""

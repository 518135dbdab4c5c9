"""The regulation as pure policy: imports nothing of ours, does no I/O and reads no clock."""

"""The manager interface: bytes, frames, typed events, the connection, the journal. Knows nothing of calls."""

"""The running service: the only place that wires things together."""

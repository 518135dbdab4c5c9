"""The operators' console and the API: pages, live push, JSON; what they show is decided elsewhere."""

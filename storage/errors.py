"""What storage says when it cannot do its work: one line each, that says what to do."""


class StorageError(Exception):
    """The database cannot be used as it is; the message says what a person has to do."""


class StorageUnavailableError(StorageError):
    """The database cannot be used at the moment (refused, lost, locked, full): try again."""

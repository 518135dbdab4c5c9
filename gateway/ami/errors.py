"""What can go wrong between us and the manager interface; each message says what to do about it."""


class AMIError(Exception):
    """Something about the manager interface did not work: the message says what, and what to do."""


class UnsafeValueError(AMIError, ValueError):
    """A header cannot be sent as it stands: take line breaks and NUL out of it, or make it shorter."""


class NotConnectedError(AMIError):
    """There is no connection to Asterisk at the moment: try again once it is back."""


class ConnectionLostError(AMIError):
    """The connection ended, and an action in flight may or may not have been carried out: look first."""


class ActionTimeoutError(AMIError):
    """Asterisk did not answer an action in time, and may still carry it out: look first."""


class ActionRefusedError(AMIError):
    """Asterisk answered an action with an error; `answer` is its own message."""

    def __init__(self, action: str, answer: str) -> None:
        super().__init__(f"Asterisk refused {action}: {answer or 'no reason given'}")
        self.answer = answer


class GreetingError(AMIError):
    """What answers at this address is not a manager interface: check [ami] host, port and tls."""


class LoginRefusedError(AMIError):
    """Asterisk refused the user or the secret: make manager.conf and the gateway's settings agree."""


class CertificateFileError(AMIError):
    """The file of the certificate authority cannot be used: check [ami] tls_ca_file."""


class JournalError(AMIError):
    """A path is not a journal that can be read: give a folder of segments, or one segment."""

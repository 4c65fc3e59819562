"""Errors that a user can mend."""


class DomainError(Exception):
    """A rule of the product said no.

    The message is one plain sentence that says what to do; pages and commands show it as written.
    """


class SettingsError(DomainError):
    """A setting is unknown or has a value that cannot work; the message names it."""

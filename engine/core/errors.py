"""Errors that a user can mend: one sentence that says what was wrong, the value, and what to do."""

from __future__ import annotations


class ToileError(Exception):
    """Something the user must change; the command line prints its message and exits with status 2."""


class BadInput(ToileError):
    """A value, text or option that cannot be used."""


class Infeasible(ToileError):
    """Requests that are each possible, but not together, or not for this body."""


class DamagedFile(ToileError):
    """A file that is missing, truncated, or not what its name says."""


class CannotWrite(ToileError):
    """A folder or file that cannot be written: permissions, or no space left."""


class Unsupported(ToileError):
    """Something understood that this version cannot make."""

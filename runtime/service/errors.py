"""What can be wrong with a request from outside, as one tree. Each says whose fault it is, what was expected and what
was found.

`OPC UA` and `HTTP` translate by class, so that the same mistake gets the same answer at every door.
"""

from __future__ import annotations


class RequestError(Exception):
    """The caller's request cannot be carried out; the text says why and what to do."""


class UnknownVariable(RequestError):
    """No exposed variable of this name. Variables that exist but are not exposed are unknown as well."""


class NotWritable(RequestError):
    """The configuration does not let anybody write this variable."""


class AccessDenied(RequestError):
    """The caller may not do this."""


class WrongType(RequestError):
    """The value is of another type than the variable."""


class OutOfRange(RequestError):
    """The value is of the right type, but the variable cannot hold it."""


class WrongState(RequestError):
    """The PLC is not in a state in which this can be done."""


class Unavailable(RequestError):
    """The engine does not answer at the moment."""


class UnknownTrace(RequestError):
    """The PLC has no trace of this name."""


class BadTrace(RequestError):
    """A trace cannot be so."""

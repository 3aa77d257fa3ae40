"""What a test can get wrong, in one tree. Values that do not fit are WrongType and OutOfRange of `service.errors`."""

from __future__ import annotations


class MisusedInTest(Exception):
    """Something that the test asks for does not exist or cannot be; the text says what would."""


class UnknownVariable(MisusedInTest, LookupError):
    """The program has no variable of this name."""


class UnknownPoint(MisusedInTest, LookupError):
    """The project file has no such point or device."""


class NotOneValue(MisusedInTest, TypeError):
    """The variable cannot be drawn or compared: it has parts, or is a text."""


class BadCondition(MisusedInTest, ValueError):
    """The text is no condition."""


class BadReference(MisusedInTest, ValueError):
    """The file is not the reference of this trace."""


class TraceDiffers(AssertionError):
    """A trace is not what its reference says. The text names the first difference and the picture of all."""

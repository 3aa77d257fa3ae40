"""`rung password`: a password from the keyboard or a pipe, its hash for plc.toml."""

from __future__ import annotations

import argparse
import sys
from getpass import getpass

from runtime.service import passwords

OK, USAGE = 0, 2
_LEAST_CHARACTERS = 8


def run(_arguments: argparse.Namespace) -> int:
    password = getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if len(password) < _LEAST_CHARACTERS:
        return _refuse(f"a password has at least {_LEAST_CHARACTERS} characters")
    try:
        sys.stdout.write(f"{passwords.make(password)}\n")
    except UnicodeEncodeError:
        return _refuse("the password is not UTF-8 text, which is what OPC UA clients send")
    return OK


def _refuse(why: str) -> int:
    sys.stderr.write(f"rung: {why}\n")
    return USAGE

"""No file says where it was made or where its dependencies come from: a clone works at any path, behind any mirror.

Markdown is exempt, since a page may show an example path and link to a specification.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repository.tree import ROOT, files, text

SAMPLES = Path(__file__).relative_to(ROOT)
"""This file shows, further down, what it forbids."""

# A folder of one particular machine, but not the tail of a relative path such as `line/work`.
MACHINE_PATH = re.compile(r"(?<![\w.~)}\]/-])/(?:home|root|tmp|Users|work)\b(?:/[\w.-]+)*")

URL_HOST = re.compile(r"\bhttps?://(?:[^\s/@'\"]*@)?(?P<host>\[[0-9a-fA-F:]+\]|[\w.-]+)")

# Hosts that no program here ever asks for anything: this machine, names reserved for examples, and names of XML name
# spaces and licences, which only look like addresses.
HARMLESS_HOST = re.compile(
    r"""
      localhost | 127(\.\d+){3} | 0\.0\.0\.0 | \[::1?\]
    | (.+\.)? (example | example\.(com|net|org) | invalid | test)
    | opcfoundation\.org | www\.plcopen\.org | www\.3s-software\.com | www\.w3\.org | www\.apache\.org
    """,
    re.VERBOSE,
)

# The same places named without a scheme.
REGISTRY = re.compile(r"\b(?:pypi|pythonhosted|npmjs|anaconda|docker|ghcr|githubusercontent)\.(?:org|com|io)\b")


def addresses(line: str) -> Iterator[str]:
    """What in a line belongs to one machine or one network."""
    yield from MACHINE_PATH.findall(line)
    yield from REGISTRY.findall(line)
    for match in URL_HOST.finditer(line):
        if not HARMLESS_HOST.fullmatch(match["host"]):
            yield match[0]


def test_no_file_names_a_machine_path_or_a_download_host():
    found = [
        f"{path}:{number}: {address}"
        for path in files()
        if path.suffix != ".md" and path != SAMPLES
        for number, line in enumerate(text(path).splitlines(), start=1)
        for address in addresses(line)
    ]
    assert not found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("source = '/tmp/plc/main.st'", ["/tmp/plc/main.st"]),
        ("--find-links=https://wheels.plant.lan/simple", ["https://wheels.plant.lan"]),
        ("index = files.pythonhosted.org", ["pythonhosted.org"]),
        ("GET http://user:word@host.lan/", ["http://user:word@host.lan"]),
        ("url = 'http://127.0.0.1:8080/plc' or 'http://[::1]:8080' or 'https://plant.example'", []),
        ('f"http://{host}:{port}/work"', []),
        ("xmlns='http://www.plcopen.org/xml/tc6_0201' at build/tmp/x and ../work", []),
    ],
)
def test_the_search_for_addresses(line: str, found: list[str]):
    assert list(addresses(line)) == found

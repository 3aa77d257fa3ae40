"""Bundles: what may be uploaded at all, before the compiler sees it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.service.http import upload
from runtime.service.http.errors import BadBundle, TooLarge
from runtime.service.http.upload import bundle

PROJECT = {"plc.toml": "[plc]"}


def test_a_bundle_is_its_files_as_bytes_in_order() -> None:
    made = bundle({"main.st": "x := 'ä';\r\n", "blocks/pump.st": "", **PROJECT})
    objects = bundle({"Pump.TcPOU": "<TcPlcObject/>", "old/tank.EXP": "", **PROJECT})
    assert [path for path, _ in objects.files] == ["Pump.TcPOU", "old/tank.EXP", "plc.toml"]
    assert made.files == (("blocks/pump.st", b""), ("main.st", "x := 'ä';\r\n".encode()), ("plc.toml", b"[plc]"))


@pytest.mark.parametrize(
    "path",
    [
        "../main.st",
        "blocks/../main.st",
        "/main.st",
        "//main.st",
        "blocks//main.st",
        "./main.st",
        "blocks/./main.st",
        ".hidden.st",
        "blocks/.git/main.st",
        "",
        ".",
        "..",
        "main.st/",
        "main.py",
        "main",
        "main.st.so",
        "main.ST",
        "other.toml",
        "blocks/plc.toml",
        "C:main.st",
        "blocks\\main.st",
        "main\0.st",
        "main\n.st",
        "main\u202e.st",
        "\ud800.st",
        "a" * 200 + ".st",
        "ä" * 100 + ".st",
        "/".join("abcdefghi") + "/main.st",
    ],
)
def test_a_path_that_is_no_path_of_a_source_is_refused(path: str) -> None:
    with pytest.raises(BadBundle) as caught:
        bundle({**PROJECT, path: ""})
    str(caught.value).encode()


@pytest.mark.parametrize(
    "path", ["main.st", "blocks/pump.st", "Pumpe 1/Füllstand.st", "a-b_c.d.st", "ab/" * 8 + "x.st"]
)
def test_ordinary_paths_are_fine(path: str) -> None:
    assert path in dict(bundle({**PROJECT, path: ""}).files)


@given(st.text(max_size=30) | st.from_regex(r"\A[a./\\]{0,8}\.st\Z"))
def test_no_accepted_path_leads_out_of_the_folder(path: str) -> None:
    try:
        made = bundle({**PROJECT, path: ""})
    except BadBundle:
        return
    root = Path("/somewhere/project")
    for name, _ in made.files:
        assert (root / name).resolve().is_relative_to(root)
        assert PurePosixPath(name).suffix in (".st", ".toml")
        assert not any(part.startswith(".") for part in PurePosixPath(name).parts)


def test_a_name_is_a_file_or_a_folder() -> None:
    with pytest.raises(BadBundle, match=r"'a\.st' is a file and a folder"):
        bundle({**PROJECT, "a.st": "", "a.st/b.st": ""})


def test_without_a_project_file_it_is_no_bundle() -> None:
    with pytest.raises(BadBundle, match=r"plc\.toml"):
        bundle({"main.st": ""})


def test_half_a_character_is_no_text() -> None:
    with pytest.raises(BadBundle, match="line 3"):
        bundle({**PROJECT, "main.st": "a\nb\n\udcff"})


def test_the_number_of_files_is_limited() -> None:
    many = {f"f{number}.st": "" for number in range(upload.MAX_FILES - 1)}
    assert len(bundle({**PROJECT, **many}).files) == upload.MAX_FILES
    with pytest.raises(TooLarge, match="501 files"):
        bundle({**PROJECT, **many, "one_more.st": ""})


def test_the_total_size_is_limited_in_bytes_not_characters() -> None:
    room = upload.MAX_TOTAL_BYTES - len("[plc]")
    bundle({**PROJECT, "main.st": "x" * room})
    for text in ("x" * (room + 1), "ä" * (room // 2 + 1)):
        with pytest.raises(TooLarge):
            bundle({**PROJECT, "main.st": text})


@given(st.dictionaries(st.sampled_from(["a.st", "b.st", "ab.st", "c/a.st"]), st.text(st.characters(codec="utf-8"))))
def test_the_digest_tells_bundles_apart_and_nothing_else(files: dict[str, str]) -> None:
    made = bundle({**PROJECT, **files})
    assert made.digest == bundle({**dict(reversed(files.items())), **PROJECT}).digest
    for path, text in files.items():
        assert made.digest != bundle({**PROJECT, **files, path: text + " "}).digest
        assert made.digest != bundle({**PROJECT, **{p: t for p, t in files.items() if p != path}}).digest

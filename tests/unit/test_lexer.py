"""The lexer: every character belongs to exactly one token, and each kind of token is found whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iec61131.source import SourceFile
from iec61131.syntax.lexer import SOURCE_CHARACTERS_MAX, lex
from iec61131.syntax.tokens import KEYWORDS, TRIVIA, Kind

# Pieces that mean something to the lexer, so that random texts reach more than the first branch.
FRAGMENTS = st.sampled_from(
    [
        *("(*", "*)", "/*", "*/", "//", "'", '"', "$", "{", "}", "#", "%", "..", ".", ":=", "=>", "**", "\n", "\r\n"),
        *("16#", "INT#", "T#", "D#", "1", "1.5", "1e", "-", "_", "x", "é", "%IX0.0", "%I*", "IF", "END_IF", "‘", "“"),
        *("\ufeff", "\x00", "\u200b", "\ud800", "٣", "==", "++;", "\t", " ", ";", "µs", "5ms", "@"),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(FRAGMENTS, max_size=40).map("".join))


def kinds_and_texts(text):
    tokens, findings = lex(SourceFile("test.st", text))
    assert findings == []
    return [(token.kind, token.text) for token in tokens if token.kind not in {*TRIVIA, Kind.END_OF_FILE}]


@given(TEXTS)
def test_tokens_tile_any_text(text):
    file = SourceFile("test.st", text)
    tokens, findings = lex(file)
    assert "".join(token.text for token in tokens) == text
    end = 0
    for token in tokens:
        assert token.start == end
        assert token.end > token.start or token.kind is Kind.END_OF_FILE
        end = token.end
    assert end == len(text)
    assert tokens[-1].kind is Kind.END_OF_FILE
    for finding in findings:
        for span in (finding.span, *(note.span for note in finding.notes)):
            assert 0 <= span.start <= span.end <= len(text)


@given(TEXTS)
def test_findings_come_in_source_order(text):
    findings = lex(SourceFile("test.st", text))[1]
    assert [f.span.start for f in findings] == sorted(f.span.start for f in findings)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Level", Kind.IDENTIFIER),
        ("_x1", Kind.IDENTIFIER),
        ("17", Kind.INTEGER),
        ("1_000", Kind.INTEGER),
        ("16#FF_00", Kind.INTEGER),
        ("2#1010", Kind.INTEGER),
        ("INT#-5", Kind.INTEGER),
        ("word#16#ff", Kind.INTEGER),
        ("16#1E5", Kind.INTEGER),
        ("1.5", Kind.REAL),
        ("1.5E-3", Kind.REAL),
        ("1e6", Kind.REAL),
        ("LREAL#-2.5e+3", Kind.REAL),
        ("T#1h_30m", Kind.DURATION),
        ("t#-1.5s", Kind.DURATION),
        ("LTIME#10us", Kind.DURATION),
        ("D#2020-01-31", Kind.DATE),
        ("TOD#12:30:00.5", Kind.DATE),
        ("DT#2020-01-31-12:30:00", Kind.DATE),
        ("'it$'s'", Kind.STRING),
        ("''", Kind.STRING),
        ('"wide $"x$""', Kind.STRING),
        ("STRING#'abc'", Kind.STRING),
        ("Colour#Red", Kind.TYPED_NAME),
        ("BOOL#TRUE", Kind.TYPED_NAME),
        ("%IX0.0", Kind.ADDRESS),
        ("%QW3", Kind.ADDRESS),
        ("%I*", Kind.ADDRESS),
        ("%MD1.2.3", Kind.ADDRESS),
        ("&", Kind.AND),
        ("<>", Kind.NOT_EQUAL),
        ("**", Kind.POWER),
    ],
)
def test_one_token(text, kind):
    assert kinds_and_texts(text) == [(kind, text)]


@pytest.mark.parametrize("word", sorted(KEYWORDS))
def test_keywords_in_any_case(word):
    for spelling in (word, word.lower(), word.capitalize()):
        assert kinds_and_texts(spelling) == [(KEYWORDS[word], spelling)]


@pytest.mark.parametrize("word", ["Step", "Task", "Action", "ON", "At", "WITH", "Interval", "R", "S", "retain"])
def test_words_that_are_keywords_in_few_places_are_names(word):
    assert kinds_and_texts(word) == [(Kind.IDENTIFIER, word)]


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("1..5", ["1", "..", "5"]),
        ("T#1s..T#2s", ["T#1s", "..", "T#2s"]),
        ("a.3", ["a", ".", "3"]),
        ("w.%X3", ["w", ".", "%X3"]),
        ("x:=-2", ["x", ":=", "-", "2"]),
        ("a<=b>=c<>d", ["a", "<=", "b", ">=", "c", "<>", "d"]),
        ("f(q=>r)", ["f", "(", "q", "=>", "r", ")"]),
        ("a**b*c", ["a", "**", "b", "*", "c"]),
        ("INT (0..5)", ["INT", "(", "0", "..", "5", ")"]),
    ],
)
def test_where_tokens_end(text, texts):
    assert [text for _, text in kinds_and_texts(text)] == texts


@pytest.mark.parametrize(
    "comment",
    [
        *("(* a *)", "(* a (* b *) c *)", "(**)", "(***)", "(* // *)", "(* ' *)", "(* a\nb *)"),
        *("/* a */", "/* /* */ */", "// a", "// (* a"),
    ],
)
def test_comments(comment):
    tokens, findings = lex(SourceFile("test.st", f"x{comment}\ny"))
    assert findings == []
    assert (Kind.COMMENT, comment) in [(token.kind, token.text) for token in tokens]
    assert [token.text for token in tokens if token.kind is Kind.IDENTIFIER] == ["x", "y"]


def test_comment_in_a_string_is_text():
    assert kinds_and_texts("'(* a' x") == [(Kind.STRING, "'(* a'"), (Kind.IDENTIFIER, "x")]


def test_pragmas_are_kept():
    tokens, findings = lex(SourceFile("test.st", "{attribute 'hide'} x"))
    assert findings == []
    assert (tokens[0].kind, tokens[0].text) == (Kind.PRAGMA, "{attribute 'hide'}")


def test_unclosed_nested_comment_points_at_both_beginnings():
    text = "x (* one (* two *) (* three\n"
    (finding,) = lex(SourceFile("test.st", text))[1]
    assert finding.code.id == "RUNG0103"
    assert finding.span.start == len(text.rstrip())
    assert [note.span.start for note in finding.notes] == [text.index("(* one"), text.index("(* three")]


def test_unclosed_string_ends_with_its_line():
    text = "a := 'abc\nb := 1;"
    tokens, (finding,) = lex(SourceFile("test.st", text))
    assert finding.code.id == "RUNG0104"
    assert finding.span.start == text.index("\n")
    assert [note.span.start for note in finding.notes] == [text.index("'")]
    assert "b" in [token.text for token in tokens]


def test_a_byte_order_mark_is_nothing():
    assert kinds_and_texts("\ufeffx") == [(Kind.IDENTIFIER, "x")]


def test_a_run_of_strange_characters_is_one_finding():
    (finding,) = lex(SourceFile("test.st", "x @@@ y"))[1]
    assert (finding.code.id, finding.span.text) == ("RUNG0101", "@@@")


def test_an_invisible_character_is_named():
    (finding,) = lex(SourceFile("test.st", "x\u00a0y"))[1]
    assert "U+00A0 NO-BREAK SPACE" in finding.message


def test_the_largest_source_is_read_and_a_larger_one_is_not():
    largest = " " * (SOURCE_CHARACTERS_MAX - 1) + "x"
    assert kinds_and_texts(largest) == [(Kind.IDENTIFIER, "x")]
    tokens, (finding,) = lex(SourceFile("test.st", largest + "y"))
    assert finding.code.id == "RUNG0191"
    assert [token.kind for token in tokens] == [Kind.STRANGE, Kind.END_OF_FILE]
    assert tokens[0].end == len(largest) + 1


def test_findings_are_bounded():
    tokens, findings = lex(SourceFile("test.st", "@ " * 5000))
    assert len(findings) == 201
    assert findings[-1].code.id == "RUNG0192"
    assert tokens[-1].kind is Kind.END_OF_FILE

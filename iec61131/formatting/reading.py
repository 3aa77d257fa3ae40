"""Where a sentence ends. Everything here takes the index of an atom of code and gives the index behind the end.

A sentence that misses its semicolon ends where a block keyword shows that it must have ended, or at a line end between
two values, which no operator joins; text that is not understood keeps the lines that its author gave it.
"""

from __future__ import annotations

from iec61131.diagnostics.catalogue.syntax import EXPECTED, UNCLOSED_BRACKET
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.formatting.atoms import CLOSING, OPENING, VALUE_ENDS, VALUE_STARTS, Atom
from iec61131.formatting.blocks import CLOSERS, HARD_STARTS, Block, Header
from iec61131.formatting.words import CONNECTING, INHERITANCE, MODIFIERS, OPERATORS_OF_ASSIGNMENT, QUALIFIERS
from iec61131.source import SourceFile, Span
from iec61131.syntax.tokens import POUS, Kind


class Reader:
    def __init__(self, file: SourceFile, atoms: list[Atom], findings: list[Diagnostic]) -> None:
        self._file = file
        self._atoms = atoms
        self._findings = findings

    def span(self, atom: Atom) -> Span:
        return Span(self._file, atom.start, atom.end)

    # ------------------------------------------------------------------------------------------------------ moving

    def code(self, index: int) -> int:
        """The first atom from `index` on that is no note."""
        while self._atoms[index].is_note:
            index += 1
        return index

    def next_code(self, index: int) -> int:
        """The atom of code behind `index`; the end of the file stays where it is."""
        return self.code(min(index + 1, len(self._atoms) - 1))

    # --------------------------------------------------------------------------------------------------- sentences

    def sentence(self, first: int) -> int:
        """Up to and with the semicolon."""
        return self._until(first, frozenset({Kind.SEMICOLON}))

    def declaration(self, first: int) -> tuple[int, Atom | None]:
        """As `sentence`, but only up to a STRUCT or UNION, which is given as well."""
        end = self._until(first, _DECLARATION_ENDS, or_union=True)
        last = self._atoms[end - 1]
        if last.kind is not Kind.STRUCT and last.key != "UNION":
            return end, None
        overlap = self.code(end)
        if self._atoms[overlap].key == "OVERLAP" and self._atoms[self.next_code(overlap)].kind is Kind.IDENTIFIER:
            end = overlap + 1
        return end, last

    def line(self, first: int) -> int:
        """Up to the end of the line, or to a word that ends the block."""
        index = first + 1
        while not self._atoms[index].newlines and self._atoms[index].kind not in HARD_STARTS:
            index += 1
        while self._atoms[index - 1].is_note:
            index -= 1
        return index

    def label(self, first: int) -> int | None:
        """Up to and with the colon, if what starts here is a label of a CASE."""
        depth = 0
        index = first
        while True:
            atom = self._atoms[index]
            if atom.kind in OPENING:
                depth += 1
            elif atom.kind in CLOSING:
                depth -= 1
            elif atom.kind is Kind.COLON and not depth:
                is_split_assignment = self._atoms[self.next_code(index)].kind is Kind.EQUAL
                return None if is_split_assignment else index + 1
            elif (atom.kind in _NOT_IN_LABEL and not depth) or atom.kind in HARD_STARTS or atom.key in CLOSERS:
                return None
            index += 1

    def is_statement_from(self, word: int) -> bool:
        """Whether the word is the first of an assignment or a call."""
        return self._atoms[self.next_code(word)].kind in _BEHIND_FIRST_NAME

    def is_priority(self, index: int) -> bool:
        """Whether `(PRIORITY` stands here."""
        is_bracket = self._atoms[index].kind is Kind.LEFT_PARENTHESIS
        return is_bracket and self._atoms[self.next_code(index)].key == "PRIORITY"

    def _until(self, first: int, ends: frozenset[Kind], or_union: bool = False) -> int:
        """Up to and with a kind in `ends` outside of brackets."""
        atoms = self._atoms
        brackets: list[Atom] = []
        index, last = first, first
        has_newline = False
        while True:
            atom = atoms[index]
            kind = atom.kind
            has_newline = has_newline or atom.newlines > 0
            if atom.is_note:
                index += 1
                continue
            if index > first and (kind in HARD_STARTS or atom.key in CLOSERS):
                break
            if kind in OPENING:
                brackets.append(atom)
            elif kind in CLOSING:
                self._close_bracket(brackets, atom)
            elif kind is Kind.SEMICOLON and brackets:
                break
            elif (not brackets and kind in ends) or (not brackets and or_union and self._is_union(atoms[last], index)):
                return index + 1
            if index > first and has_newline and not brackets and self._parts(atoms[last], index):
                return last + 1
            last, index, has_newline = index, index + 1, False
        for bracket in brackets:
            place = Span(self._file, atoms[last].end, atoms[last].end)
            closer = OPENING[bracket.kind].value
            finding = UNCLOSED_BRACKET.at(place, closer=closer, opener=bracket.text)
            self._findings.append(finding.also(self.span(bracket), "the bracket opens here"))
        return last + 1 if not brackets or atoms[index].kind is not Kind.SEMICOLON else index + 1

    def _is_union(self, last: Atom, index: int) -> bool:
        is_word = self._atoms[index].key == "UNION" and last.kind is Kind.COLON
        return is_word and self._atoms[self.next_code(index)].kind is not Kind.SEMICOLON

    def _close_bracket(self, brackets: list[Atom], atom: Atom) -> None:
        if brackets and OPENING[brackets[-1].kind] is atom.kind:
            brackets.pop()
        else:
            found, remedy = f"'{atom.text}'", "remove it, or write the bracket that it closes"
            self._findings.append(EXPECTED.at(self.span(atom), expected="';'", found=found, remedy=remedy))

    def _parts(self, last: Atom, index: int) -> bool:
        """Whether two values stand on two lines, so that the first ends one sentence and the second begins another."""
        atom = self._atoms[index]
        if last.kind not in VALUE_ENDS or atom.kind not in VALUE_STARTS:
            return False
        is_operator = self._atoms[self.next_code(index)].kind is Kind.EQUAL and atom.key in OPERATORS_OF_ASSIGNMENT
        return not is_operator and last.key not in CONNECTING and atom.key not in CONNECTING

    # ----------------------------------------------------------------------------------------------------- headers

    def header(self, word: int, block: Block) -> int:
        """Where the sentence ends that opens `block`."""
        match block.header:
            case Header.WORD:
                return word + 1
            case Header.QUALIFIERS:
                return self._qualifiers(word)
            case Header.NAME:
                return self._pou(word)
            case Header.COLON:
                name = self._dotted(self.next_code(word))
                colon = self.next_code(name)
                return (colon if self._atoms[colon].kind is Kind.COLON else name) + 1
            case Header.KEYWORD:
                assert block.until is not None
                return self._until(word, frozenset({block.until, Kind.SEMICOLON}))
            case Header.PLACE:
                name = self.next_code(word)
                on = self.next_code(name)
                return (self.next_code(on) if self._atoms[on].key == "ON" else name) + 1
            case Header.TRANSITION:
                return self._until(word, frozenset({Kind.SEMICOLON, Kind.COLON}))
            case Header.TITLE:
                title = self.next_code(word)
                return (self.next_code(title) if self._atoms[title].kind in POUS else title) + 1

    def divider(self, word: int) -> int:
        """Where the sentence ends that divides a block."""
        atom = self._atoms[word]
        if atom.kind is Kind.ELSIF:
            return self._until(word, frozenset({Kind.THEN, Kind.SEMICOLON}))
        if atom.kind is Kind.UNTIL:
            return self._until(word, frozenset({Kind.SEMICOLON}))
        follows = self.next_code(word)
        if atom.kind is Kind.IDENTIFIER and self._atoms[follows].kind is Kind.LEFT_PARENTHESIS:
            return self._behind_group(follows)
        return word + 1

    def _qualifiers(self, word: int) -> int:
        """VAR RETAIN CONSTANT, unless the word names a variable."""
        last = word
        while True:
            index = self.next_code(last)
            follows = self._atoms[self.next_code(index)].kind
            if self._atoms[index].key not in QUALIFIERS or follows in (Kind.COLON, Kind.COMMA):
                return last + 1
            last = index

    def _pou(self, word: int) -> int:
        """Name, bases and type of a POU; a semicolon behind them on the same line."""
        last = word
        index = self.next_code(last)
        while self._atoms[index].key in MODIFIERS and self._atoms[self.next_code(index)].kind is Kind.IDENTIFIER:
            if self._atoms[self.next_code(index)].key in INHERITANCE:
                break
            last, index = index, self.next_code(index)
        if self._atoms[index].kind is not Kind.IDENTIFIER:
            return last + 1
        last = self._dotted(index)
        while True:
            index = self.next_code(last)
            atom = self._atoms[index]
            if atom.key in INHERITANCE:
                last = self._names(self.next_code(index))
            elif atom.key in MODIFIERS and not atom.newlines:
                last = index
            elif atom.kind is Kind.LESS:
                last = self._generic(index)
            elif atom.kind is Kind.COLON:
                last = self._type(self.next_code(index))
                index = self.next_code(last)
                break
            else:
                break
        atom = self._atoms[index]
        return (index if atom.kind is Kind.SEMICOLON and not atom.newlines and index == last + 1 else last) + 1

    def _dotted(self, index: int) -> int:
        """The last atom of `a.b.c`."""
        while self._atoms[self.next_code(index)].kind is Kind.DOT:
            index = self.next_code(self.next_code(index))
        return index

    def _names(self, index: int) -> int:
        """The last atom of `a.b, c`."""
        last = self._dotted(index)
        while self._atoms[self.next_code(last)].kind is Kind.COMMA:
            last = self._dotted(self.next_code(self.next_code(last)))
        return last

    def _generic(self, index: int) -> int:
        """The last atom of `<T : ANY_NUM>`."""
        while (
            self._atoms[index].kind not in (Kind.GREATER, Kind.SEMICOLON) and self._atoms[index].kind not in HARD_STARTS
        ):
            index += 1
        return index if self._atoms[index].kind is Kind.GREATER else index - 1

    def _type(self, index: int) -> int:
        """The last atom of a type."""
        atoms = self._atoms
        while True:
            follows = self.next_code(index)
            if atoms[index].kind is Kind.ARRAY:
                if atoms[follows].kind is not Kind.LEFT_BRACKET:
                    return index
                behind = self._behind_group(follows)
                of = self.code(behind)
                if atoms[of].kind is not Kind.OF:
                    return behind - 1
                index = self.next_code(of)
            elif atoms[follows].kind is Kind.TO:
                index = self.next_code(follows)
            elif atoms[index].key == "REF_TO" and atoms[follows].kind is not Kind.END_OF_FILE:
                index = follows
            else:
                break
        last = self._dotted(index)
        follows = self.next_code(last)
        is_length = atoms[last].key in ("STRING", "WSTRING")
        if atoms[follows].kind in OPENING and (is_length or not atoms[follows].newlines):
            return self._behind_group(follows) - 1
        return last

    def _behind_group(self, opener: int) -> int:
        """Behind the bracket that closes the one at `opener`."""
        depth = 0
        index = opener
        while True:
            atom = self._atoms[index]
            depth += (atom.kind in OPENING) - (atom.kind in CLOSING)
            index += 1
            if not depth:
                return index
            if atom.kind is Kind.SEMICOLON or self._atoms[index].kind in HARD_STARTS:
                return index


_DECLARATION_ENDS = frozenset({Kind.SEMICOLON, Kind.STRUCT})
_NOT_IN_LABEL = frozenset({Kind.SEMICOLON, Kind.ASSIGN, Kind.ARROW})
_BEHIND_FIRST_NAME = frozenset({Kind.ASSIGN, Kind.DOT, Kind.LEFT_PARENTHESIS, Kind.LEFT_BRACKET, Kind.CARET})

"""Atoms to sentences: where each one ends, and how deep it stands. Also what is wrong with the blocks.

The grammar of expressions and types is of no concern here. It is enough to know the words that open, divide and close
blocks (blocks.py), and that other sentences end with a semicolon; so text is put into form whose inside is not
understood. `_sentence` is the branching, one method per sort of sentence follows.
"""

from __future__ import annotations

from msgspec import Struct

from iec61131.diagnostics.catalogue.syntax import MISSING_END, NESTING_TOO_DEEP, STRAY_KEYWORD
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.formatting.atoms import VALUE_STARTS, Atom
from iec61131.formatting.blocks import (
    ACCESSORS,
    BARE_BLOCKS,
    BLOCKS_BY_KIND,
    BLOCKS_BY_WORD,
    CLOSERS,
    DIVIDERS,
    FILE,
    INSTRUCTIONS,
    STRUCT,
    UNION,
    WITHIN_DECLARATION,
    Block,
    Header,
    Inside,
)
from iec61131.formatting.reading import Reader
from iec61131.formatting.sentences import Sentence, Shape
from iec61131.formatting.words import MODIFIERS
from iec61131.source import SourceFile
from iec61131.syntax.cursor import NESTING_MAX
from iec61131.syntax.tokens import Kind

# The longest arm of a CASE that stays on the line of its label, in characters of code.
_ARM_CHARACTERS_MAX = 90


class _Frame(Struct, eq=False):
    """An open block. `base` is the level of its opener, `level` that of its contents."""

    block: Block
    opener: Atom | None
    base: int
    level: int
    in_arm: bool = False  # of a CASE: behind a label
    by_lines: bool = False  # an instruction list, whose sentences end with the line

    @property
    def contents(self) -> int:
        return self.level + self.in_arm


class Outline:
    """`sentences` and `findings` are the outcome of `read`."""

    def __init__(self, file: SourceFile, atoms: list[Atom]) -> None:
        self.atoms = atoms
        self.sentences: list[Sentence] = []
        self.findings: list[Diagnostic] = []
        self._reader = Reader(file, atoms, self.findings)
        self._index = 0
        self._frames = [_Frame(FILE, None, 0, 0)]
        self._lone_notes: list[list[Atom]] = []
        self._is_at_start = True  # of a block, where no blank line stands
        self._is_behind_declaration = False

    def read(self) -> None:
        while True:
            self._collect_lone_notes()
            if self.atoms[self._index].kind is Kind.END_OF_FILE:
                break
            self._sentence()
        self._place_lone_notes(0, None)
        for frame in self._frames[1:]:
            self._missing_end(frame, self.atoms[-1])

    # ------------------------------------------------------------------------------------------------- notes alone

    def _collect_lone_notes(self) -> None:
        """Past notes that share their lines with no code. Others belong to the sentence that they stand before."""
        atoms = self.atoms
        while atoms[self._index].is_note:
            end = self._index + 1
            while atoms[end].is_note and not atoms[end].newlines:
                end += 1
            if not atoms[end].newlines and atoms[end].kind is not Kind.END_OF_FILE:
                return
            self._lone_notes.append(atoms[self._index : end])
            self._index = end

    def _place_lone_notes(self, level: int, divider: Atom | None) -> None:
        """Notes stand like what follows. Before a word that ends or divides a block (`divider`) they may belong to what
        came before: that is so where the author put them further in than that word, or where they are all there is.
        """
        inside = self._frames[-1].contents
        is_alone_in_block = self._is_at_start and len(self._frames) > 1
        for notes in self._lone_notes:
            belongs_before = divider is not None and (is_alone_in_block or notes[0].column > divider.column)
            self._add(Sentence(Shape.NOTES, inside if belongs_before else level, notes=notes), notes[0])
        self._lone_notes = []

    def _add(self, sentence: Sentence, first: Atom, is_divider: bool = False) -> None:
        wants_blank = first.newlines > 1 or self._is_behind_declaration
        sentence.blank_before = wants_blank and not self._is_at_start and not is_divider
        self._is_at_start = sentence.opens
        self._is_behind_declaration = False
        self.sentences.append(sentence)

    # --------------------------------------------------------------------------------------------------- sentences

    def _sentence(self) -> None:
        """One sentence from the index on, which is at code or at notes right before it."""
        reader, frame = self._reader, self._frames[-1]
        first = reader.code(self._index)
        atom = self.atoms[first]
        is_closer = atom.key in CLOSERS
        if is_closer:
            self._close(first)
        elif atom.key in DIVIDERS:
            self._divide(first)
        elif frame.by_lines:
            self._plain(Shape.INSTRUCTION, reader.line(first))
        elif (opener := self._opener(first)) is not None:
            self._open(*opener)
        elif frame.block.inside is Inside.VARIABLES:
            self._declaration(first)
        elif frame.block.inside is Inside.PARTS:
            self._plain(Shape.PART, reader.sentence(first))
        elif frame.block.inside is Inside.ARMS and (end := reader.label(first)) is not None:
            self._label(end)
        elif self._is_instruction(first):
            frame.by_lines = True
            self._plain(Shape.INSTRUCTION, reader.line(first))
        elif self._is_jump_label(first):
            self._plain(Shape.LABEL, reader.next_code(first) + 1)
        else:
            self._plain(Shape.STATEMENT, reader.sentence(first))

    def _take(
        self, shape: Shape, level: int, end: int, *, opens: bool = False, divider: Atom | None = None
    ) -> Sentence:
        """The atoms up to `end` and the notes behind them as a sentence, which is added."""
        atoms = self.atoms
        self._place_lone_notes(level, divider)
        first = atoms[self._index]
        while atoms[end - 1].kind is Kind.SEMICOLON and atoms[end].kind is Kind.SEMICOLON and not atoms[end].newlines:
            end += 1
        sentence = Sentence(shape, level, atoms[self._index : end], opens=opens)
        while atoms[end].is_note and not atoms[end].newlines:
            sentence.notes.append(atoms[end])
            end += 1
        self._index = end
        self._add(sentence, first, divider is not None and shape is not Shape.LABEL)
        return sentence

    def _plain(self, shape: Shape, end: int) -> None:
        self._take(shape, self._frames[-1].contents, end)

    def _declaration(self, first: int) -> None:
        """Up to the semicolon, or up to a STRUCT or UNION, which opens a block within it."""
        level = self._frames[-1].contents
        end, word = self._reader.declaration(first)
        if word is None:
            self._take(Shape.DECLARATION, level, end)
            return
        self._take(Shape.DECLARATION, level, end, opens=True)
        self._push(_Frame(STRUCT if word.kind is Kind.STRUCT else UNION, word, level, level + 1))

    def _label(self, end: int) -> None:
        """A label, with the only statement of its arm if that is short and stands on the same line."""
        frame = self._frames[-1]
        arm_end = self._arm_on_line(end)
        divider = self.atoms[self._index] if frame.in_arm else None
        self._take(Shape.LABEL, frame.level, arm_end or end, opens=arm_end is None, divider=divider)
        frame.in_arm = True

    def _arm_on_line(self, start: int) -> int | None:
        """Where the one statement of an arm ends that stands behind its label."""
        reader, atoms = self._reader, self.atoms
        first = reader.code(start)
        if first != start or atoms[first].newlines or atoms[first].kind is Kind.SEMICOLON:
            return None
        if atoms[first].key in CLOSERS or atoms[first].key in DIVIDERS or self._opener(first) is not None:
            return None
        end = reader.sentence(first)
        if atoms[end - 1].kind is not Kind.SEMICOLON or any(atom.newlines for atom in atoms[start:end]):
            return None
        if sum(len(atom.text) + 1 for atom in atoms[self._index : end]) > _ARM_CHARACTERS_MAX:
            return None
        follows = reader.code(end)
        is_on_new_line = any(atom.newlines for atom in atoms[end : follows + 1])
        is_end_of_arm = atoms[follows].key in ("ELSE", "END_CASE") or reader.label(follows) is not None
        return end if is_on_new_line and is_end_of_arm else None

    def _is_jump_label(self, first: int) -> bool:
        reader, atoms = self._reader, self.atoms
        colon = reader.next_code(first)
        is_colon = atoms[first].kind is Kind.IDENTIFIER and atoms[colon].kind is Kind.COLON
        return is_colon and atoms[reader.next_code(colon)].kind is not Kind.EQUAL

    def _is_instruction(self, first: int) -> bool:
        follows = self.atoms[self._reader.next_code(first)]
        is_operand = follows.kind in VALUE_STARTS and not follows.newlines
        return self.atoms[first].key in INSTRUCTIONS and is_operand

    # ------------------------------------------------------------------------------------------------------ blocks

    def _opener(self, first: int) -> tuple[int, Block] | None:
        """The index of the word that opens a block here, behind modifiers that may stand before it, and its block."""
        reader, atoms, frame = self._reader, self.atoms, self._frames[-1]
        word = first
        while atoms[word].key in MODIFIERS and atoms[reader.next_code(word)].kind is Kind.IDENTIFIER:
            word = reader.next_code(word)
        if atoms[word].key in MODIFIERS:  # PUBLIC FUNCTION_BLOCK
            word = reader.next_code(word)
        atom = atoms[word]
        block = BLOCKS_BY_KIND.get(atom.kind)
        if block is not None:
            is_instance = frame.block.inside is Inside.PARTS and atom.kind is Kind.PROGRAM
            return None if is_instance or (word != first and block.header is not Header.NAME) else (word, block)
        if atom.kind is not Kind.IDENTIFIER or frame.block.inside is Inside.VARIABLES:
            return None
        if atom.key in BARE_BLOCKS:
            return word, BARE_BLOCKS[atom.key]
        is_property = frame.block.closer in ("END_PROPERTY", "END_GET", "END_SET")
        if atom.key in ACCESSORS and is_property and not reader.is_statement_from(word):
            return word, ACCESSORS[atom.key]
        block = BLOCKS_BY_WORD.get(atom.key)
        follows = reader.next_code(word)
        has_priority = block is not None and block.header is Header.TRANSITION and reader.is_priority(follows)
        return (word, block) if block and (atoms[follows].kind is Kind.IDENTIFIER or has_priority) else None

    def _open(self, word: int, block: Block) -> None:
        if block.may_stay_open and self._frames[-1].block.may_stay_open:
            self._frames.pop()  # a GET without END_GET ends where SET begins
        frame = self._frames[-1]
        is_declared_in_pou = frame.block.inside is Inside.POU and block.header is Header.NAME
        level = frame.contents + is_declared_in_pou
        self._is_behind_declaration = self._is_behind_declaration or block.is_declaration
        shape = _SHAPES.get(block.header, Shape.STATEMENT)
        self._take(shape, level, self._reader.header(word, block), opens=True)
        self._push(_Frame(block, self.atoms[word], level, level + block.indent))

    def _push(self, frame: _Frame) -> None:
        assert frame.opener is not None, "a block of the text"
        if len(self._frames) == NESTING_MAX:  # its indentation alone would grow without bound
            self.findings.append(NESTING_TOO_DEEP.at(self._reader.span(frame.opener), limit=NESTING_MAX))
        self._frames.append(frame)

    def _close(self, first: int) -> None:
        word = self.atoms[first]
        frame = self._frame_closed_by(word)
        if frame is None:
            self.findings.append(STRAY_KEYWORD.at(self._reader.span(word), found=word.key, remedy=_REMEDY))
            self._plain(Shape.WORDS, first + 1)
            return
        end = first + 1
        follows = self._reader.code(end)
        shape = Shape.WORDS
        if self.atoms[follows].kind is Kind.SEMICOLON:
            end = follows + 1
        elif word.key in WITHIN_DECLARATION and self.atoms[follows].kind is Kind.ASSIGN:
            end, shape = self._reader.sentence(first), Shape.DECLARATION
        while self._frames[-1] is not frame:
            inner = self._frames.pop()
            if not inner.block.may_stay_open:
                self._missing_end(inner, word)
        sentence = self._take(shape, frame.base, end, divider=self.atoms[self._index])
        self._frames.pop()
        sentence.ends_declaration = len(self._frames) == 1
        self._is_behind_declaration = frame.block.is_declaration

    def _frame_closed_by(self, word: Atom) -> _Frame | None:
        for frame in reversed(self._frames):
            if frame.block.closer == word.key:
                return frame
        return None

    def _divide(self, first: int) -> None:
        word, frame = self.atoms[first], self._frames[-1]
        if frame.block.closer not in DIVIDERS[word.key]:
            self.findings.append(STRAY_KEYWORD.at(self._reader.span(word), found=word.key, remedy=_REMEDY))
        end = self._reader.divider(first)
        self._take(Shape.STATEMENT, frame.base, end, opens=word.kind is not Kind.UNTIL, divider=self.atoms[self._index])
        frame.in_arm = False

    def _missing_end(self, frame: _Frame, found: Atom) -> None:
        opener = frame.opener
        assert opener is not None, "only the file has no opener, and it is not closed"
        where = self._reader.span(found)
        shown = found.kind.value if found.kind is Kind.END_OF_FILE else f"'{found.text}'"
        finding = MISSING_END.at(where, opener=f"this {opener.key}", closer=frame.block.closer, found=shown)
        self.findings.append(finding.also(self._reader.span(opener), f"this {opener.key} is not closed"))


_REMEDY = "remove it, or write its beginning before it"
_SHAPES = {
    Header.NAME: Shape.HEADER,
    Header.COLON: Shape.STEP,
    Header.PLACE: Shape.PART,
    Header.QUALIFIERS: Shape.WORDS,
    Header.WORD: Shape.WORDS,
    Header.TRANSITION: Shape.TRANSITION,
}

"""What an editor asks about a program while it is being written. Text and offsets in, plain data out.

    program.py          the files of a program as they are now, understood; what a fragment of text means at a place
    positions.py        offsets to lines and UTF-16 columns, and back
    cursor.py           the tokens around a place: what is being typed there
    declared.py         declarations by the place of their name, with the comments about them
    describe.py         a meaning in words: its declaration, its comment, its value
    standard.py         the same for standard functions

    hover.py  completion.py  signatures.py  navigation.py  renaming.py  outline.py      one question each

Knows neither files nor the protocol of editors. A place is an offset into the text as people see it
(`SourceFile.shown`).
What a name means is asked of `semantics`, which noted it while it resolved the program (`semantics.uses`); nothing is
looked up by spelling here. All of it works on broken text, with what the parser could make of it.
"""

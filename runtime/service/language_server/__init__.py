"""`rung lsp`: the language service for editors, over the Language Server Protocol.

    projects.py         open documents and the files on disk beside them, as programs
    translation.py      plain data to the types of the protocol
    server.py           the protocol's requests; the only user of pygls

The server speaks on standard input and output, for one editor, and ends with it. It writes no file.
"""

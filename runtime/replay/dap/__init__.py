"""The debugger as editors talk to it: the Debug Adapter Protocol, on standard input and output.

    wire.py        messages and their lengths, all of it bounded
    requests.py    what a request may say
    server.py      who reads, who works
    adapter.py     the requests, each done by the session

The protocol is small enough that no library is needed for it; what is known of one for Python drives Python programs.
"""

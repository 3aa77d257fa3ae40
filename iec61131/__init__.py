"""Text in, program or diagnostics out: the IEC 61131-3 compiler. Pure: no files, clocks, threads or sockets."""

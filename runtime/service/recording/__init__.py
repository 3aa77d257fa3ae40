"""The flight recorder: what goes into each tick of a PLC, on the disk, from which `runtime.replay` repeats it.

| file | about |
|---|---|
| recorder | the thread that records while a PLC runs |
| scans | a stretch of ticks as columns, packed and unpacked |
| described | the program that ran |
| folder | the files on the disk and their limit |
| frames | what is in a file, and how a torn end is told |
| options | `rung replay` |
"""

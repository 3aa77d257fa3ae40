"""The flight recorder: what goes into each tick of a PLC, on the disk, from which `runtime.replay` repeats it.

| file | about |
|---|---|
| recorder | the thread that records while a PLC runs |
| scans | a stretch of ticks as columns |
| packing | to bytes, and back |
| counts | values of REAL as the counts that they were |
| steps | scales that only the values tell |
| prediction | columns as what was not to be expected |
| described | the program that ran |
| folder | the files on the disk and their limit |
| frames | what is in a file, and how a torn end is told |
| options | `rung replay` |
"""

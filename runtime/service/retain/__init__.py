"""Retained variables on the disk: what survives the end of the processes, a kill and a power cut.

| file | about |
|---|---|
| keeper | the thread that stores while a PLC runs |
| status | how it gets on |
| image | between the program's memory and the values |
| stored | what is kept: a description of the variables, and their values |
| generations | two files, of which one is always whole |
| disk | the few operations that this rests on |
| recalling | what a PLC begins with |
| carrying | from what is stored to the variables of another program |
| conversions | of single values |
| clocks | timers that go on |
| command, showing, options | `rung retain` |
"""

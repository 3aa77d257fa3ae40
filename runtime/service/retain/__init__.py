"""Retained variables on the disk: what survives the end of the processes, a kill and a power cut.

stored       what is kept: a description of the variables, and their values
generations  two files, of which one is always whole          disk  the few operations that this rests on
image        between the program's memory and the values
carrying     from what is stored to the variables of another program       conversions  of single values
keeper       the thread that stores while a PLC runs                       status       how it gets on
command      `rung retain`                                                 showing      its lines
"""

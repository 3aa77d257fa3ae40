"""What people do to a running PLC from the command line: `rung read`, `write`, `force`, `unforce`, `reset`, `fault`.

options    what can be typed
command    from what was typed to what is printed, over a `Door`
door       what both ways to a PLC can do
local      a PLC of this machine, through its shared memory
remote     a PLC of a service, by HTTP
"""

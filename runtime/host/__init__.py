"""`rung serve`: many named PLCs behind one HTTP door.

Read `service` first, which begins and ends it all. `plcs` is the set of PLCs that the door's routes act on; `plc` is
one of them, with what people want of it; `supervised` is one that runs, its supervisor in a thread of its own.
`foreground` is `rung run`, which has no door.
"""

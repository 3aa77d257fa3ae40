"""Everything at once, for as long as asked: a real service with PLCs, devices and clients, and all that can happen.

`make soak` (`python -m tests.soak`) runs it. Read in this order:

    designs        the PLCs and the forms of their programs
    world          what all share, and the run from start to end
    orders         what is ordered of a PLC, one thing at a time, by its operator
    disturbances   what happens to everybody meanwhile: kills, faults of devices, strangers, readers
    watchers       who looks all the time
    invariants/    what must hold; each class says it in its first lines, and a test shows that it can fail
    ending         what must hold when all is over

An operator alone changes what is known of its PLC (`model`): while an order is under way nobody else expects anything
of that PLC, and what was read across an order is not judged. Whoever does something first says so to those invariants
that have to know (`explain`), then does it: nothing that follows is unexplained then.
"""

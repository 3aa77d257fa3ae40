"""The scan: what happens in one, in which order, and in which state. Time is an argument."""

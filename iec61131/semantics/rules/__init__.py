"""Rules that a program has to keep besides being typed: one file each, named for the rule."""

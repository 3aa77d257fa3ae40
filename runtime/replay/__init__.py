"""A recorded run once more: exactly, faster, backwards, with a changed program."""

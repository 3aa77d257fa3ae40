"""Drawn programs: what they mean, shown on both executors.

build.py              PLCopen XML from a few lines of Python
ladders.py            ladders of any form, and the value that each coil has to get
test_..               what a drawing has to do
"""

"""Tests in the language: files with TEST_SUITEs, run against the PLC of their project in virtual time.

    loading.py      from a file to the tests in it, each with the PLC that it needs
    world.py        what is around a test: the PLC, its clock, its limits
    running.py      one test, from SETUP to TEARDOWN, and how it ended
    told.py         how that is told to people
    junit.py        and to CI servers
    command.py      `rung test`

pytest runs the same tests (`runtime.testing.pytest_plugin`).
"""

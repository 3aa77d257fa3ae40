"""Runs programs and test cases from elsewhere on both executors: `make conformance CASES=DIR`. See docs/testing.md.

The cases are other people's work under their own licences and stand outside the repository; this package knows only the
form in which they are written down. Read in this order:

    __main__.py      the command line, from a folder to a report
    jobs.py          what there is to run
    cases.py         a case: sources, what runs, steps; reading `cases/*.jsonl`
    units.py         a source unit without expectations, and the other files of its corpus that it needs
    inputs.py        which forms of source text there are: one reader each
    kinds.py         what to do with each kind of case: one function each
    entry.py         the PROGRAM around a FUNCTION or FUNCTION_BLOCK that is to be run
    under_test.py    what a driver looks inside of
    session.py       a program on both executors in step, driven by steps
    comparison.py    whether a value is what a case expects
    printf.py        output of programs that print, without a compiler that knows how to
    pair.py          two programs that must do the same
    random_run.py    a block under random inputs, compiled against interpreted
    random_values.py random values for any variable
    verdict.py       what comes of a case
    workers.py       cases in processes of their own, bounded in time and memory
    waivers.py       cases that are not expected to pass, with the reason
    report.py        lines for people
"""

"""Codes RUNG07xx: tests in the language itself.

| range | about |
|---|---|
| RUNG070x | the parts of a TEST_SUITE |
| RUNG071x | what stands in for parts of the program |
| RUNG072x | what a test that has run is told with |

Wrong and right examples of the first two are files with tests, beside `suite_example.PROGRAM`; those of the third show
the line that is to blame.
"""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code

_RIGHT = "TEST_SUITE 'pump'\n    TEST 'starts'\n        ASSERT_FALSE(Main.Pump);\n    END_TEST\nEND_TEST_SUITE"

# ------------------------------------------------------------------------------------------------------------ the suite

NO_NAME = Code(
    "RUNG0701",
    "test without a name",
    "behind {word} a name in quotes is missing",
    "write what is tested: {word} 'stops when empty'",
    "A suite and a test are told by their names, which are texts in quotes: in reports, behind `-k`, to CI servers.",
    "TEST_SUITE pump\nEND_TEST_SUITE",
    _RIGHT,
)
NAME_TWICE = Code(
    "RUNG0702",
    "two tests of one name",
    "the name '{name}' is used twice",
    "give each test of a suite, and each suite of a file, a name of its own",
    "Whoever reads that a test has failed must know which one. Capital and small letters are the same here.",
    "TEST_SUITE 'pump'\n    TEST 'starts'\n    END_TEST\n    TEST 'Starts'\n    END_TEST\nEND_TEST_SUITE",
    _RIGHT,
)
SECTION_IN_SUITE = Code(
    "RUNG0703",
    "section that has no place here",
    "{whose} has no {section}",
    "declare variables of its own in VAR .. END_VAR; a MOCK has the interface of what it stands in for",
    "Nobody calls a test with arguments, so it has variables for itself alone. A MOCK takes over inputs, outputs and "
    "variables from what it stands in for, which is why the program that calls it need not change.",
    "TEST_SUITE 'pump'\n    VAR_INPUT\n        a : BOOL;\n    END_VAR\nEND_TEST_SUITE",
    "TEST_SUITE 'pump'\n    VAR\n        a : BOOL;\n    END_VAR\nEND_TEST_SUITE",
)
SUITE_IN_PROGRAM = Code(
    "RUNG0704",
    "tests in a program",
    "the TEST_SUITE '{name}' stands in a source of the program",
    "put it into a file of its own that is called test_{stem}.st or {stem}_test.st",
    "Tests are no part of what runs on a PLC. They stand in files of their own, whose names begin with `test_` or end "
    "with `_test`; a folder in `sources` of plc.toml leaves those out.",
    "(* main.st *)\nTEST_SUITE 'pump'\nEND_TEST_SUITE",
    "(* test_main.st *)\nTEST_SUITE 'pump'\nEND_TEST_SUITE",
)
ONLY_IN_TESTS = Code(
    "RUNG0705",
    "function of tests outside of them",
    "'{name}' is a function of tests",
    "call it in a TEST, SETUP, TEARDOWN or METHOD of a TEST_SUITE",
    "Assertions, and the functions that let time go by, mean something only while a test runs. A program that runs on "
    "a PLC has nobody to tell, and what it is built of does not know what is tested.",
    "FUNCTION_BLOCK Fake\nASSERT_TRUE(TRUE);\nEND_FUNCTION_BLOCK\n" + _RIGHT,
    _RIGHT,
)
NO_FAULT = Code(
    "RUNG0706",
    "expected fault that there is not",
    "EXPECT_FAULT takes the code of a fault, and {found} is none that a test can meet",
    "write one of these, in quotes: {known}",
    "What is expected stands in the test as reports of faults show it, such as 'RUNG0901' for a division by zero. A "
    "watchdog (RUNG0909) measures the machine, which no test in virtual time does, and safe mode (RUNG0910) is the "
    "supervisor's.",
    "TEST_SUITE 'pump'\n    TEST 'starts'\n        EXPECT_FAULT('RUNG0909');\n    END_TEST\nEND_TEST_SUITE",
    "TEST_SUITE 'pump'\n    TEST 'divides'\n        EXPECT_FAULT('RUNG0901');\n        Main.Divisor := 0;\n"
    "        RUN_CYCLES(1);\n    END_TEST\nEND_TEST_SUITE",
)

# ---------------------------------------------------------------------------------------------------------------- mocks

UNKNOWN_TARGET = Code(
    "RUNG0710",
    "nothing to stand in for",
    "the program has no {what} called '{name}'",
    "name a FUNCTION or FUNCTION_BLOCK of the project, or an instance declared in a PROGRAM or in VAR_GLOBAL",
    "A MOCK stands in for a FUNCTION or FUNCTION_BLOCK that the sources of the project declare, or, with WITH, for an "
    "instance that a PROGRAM or a list of global variables has. What the library brings, and instances inside of other "
    "blocks, stay what they are: a block has the same instances wherever it is used.",
    "TEST_SUITE 'pump'\n    MOCK FUNCTION Levl\n        Levl := 1.0;\n    END_MOCK\nEND_TEST_SUITE",
    "TEST_SUITE 'pump'\n    MOCK FUNCTION Level\n        Level := 1.0;\n    END_MOCK\nEND_TEST_SUITE",
)
OTHER_KIND = Code(
    "RUNG0711",
    "stand-in of another kind",
    "'{name}' is a {found}, and no {wanted}",
    "{remedy}",
    "A FUNCTION stands in for a FUNCTION, a FUNCTION_BLOCK for a FUNCTION_BLOCK. A FUNCTION has no instance whose type "
    "WITH could replace.",
    "TEST_SUITE 'pump'\n    MOCK FUNCTION_BLOCK Level\n    END_MOCK\nEND_TEST_SUITE",
    "TEST_SUITE 'pump'\n    MOCK FUNCTION Level\n        Level := 1.0;\n    END_MOCK\nEND_TEST_SUITE",
)
OTHER_INTERFACE = Code(
    "RUNG0712",
    "stand-in with another interface",
    "'{replacement}' cannot stand in for '{name}': {missing}",
    "declare the same VAR_INPUT, VAR_OUTPUT and VAR_IN_OUT with the same types; more of them are allowed",
    "Whoever calls the block that is replaced goes on to do so, with the same inputs and outputs.",
    "FUNCTION_BLOCK Fake\nEND_FUNCTION_BLOCK\nTEST_SUITE 'pump'\n    MOCK Sensor WITH Fake;\nEND_TEST_SUITE",
    "FUNCTION_BLOCK Fake\nVAR_OUTPUT\n    Value : REAL;\nEND_VAR\nEND_FUNCTION_BLOCK\n"
    "TEST_SUITE 'pump'\n    MOCK Sensor WITH Fake;\nEND_TEST_SUITE",
)
MOCKED_TWICE = Code(
    "RUNG0713",
    "two stand-ins for one thing",
    "something stands in for '{name}' already in this suite",
    "keep one of them; another suite may have another",
    "What stands in for something does so in all tests of its suite, from their beginning.",
    "TEST_SUITE 'pump'\n    MOCK FUNCTION Level\n        Level := 1.0;\n    END_MOCK\n"
    "    MOCK FUNCTION Level\n        Level := 2.0;\n    END_MOCK\nEND_TEST_SUITE",
    "TEST_SUITE 'pump'\n    MOCK FUNCTION Level\n        Level := 1.0;\n    END_MOCK\nEND_TEST_SUITE",
)

# ------------------------------------------------------------------------------------------------------------- verdicts

FAILED = Code(
    "RUNG0720",
    "test failed",
    "{what}",
    "",
    "An assertion did not hold. It ends its test, with the place, the values that were compared, and the message that "
    "the assertion gives; TEARDOWN runs all the same.",
    "ASSERT_EQUAL(3, Main.Count);  (* 2 *)",
    "ASSERT_EQUAL(2, Main.Count);",
)
OUT_OF_TIME = Code(
    "RUNG0721",
    "test took too long",
    "the test was ended: {what}",
    "let less time go by, or allow more with --limit and --timeout; a loop that waits needs ADVANCE_TIME inside",
    "No test runs for ever. There is a limit for the time that goes by in the test, one for the time on the clock of "
    "this machine, and the loop limit of the project, which counts anew behind each ADVANCE_TIME.",
    "ADVANCE_TIME(LTIME#1000d);",
    "ADVANCE_TIME(T#1h);",
)
NO_INPUT = Code(
    "RUNG0722",
    "nothing to lose",
    "{what}",
    "{remedy}",
    "LOSE_INPUT, DOUBT_INPUT, FREEZE_INPUT and RESTORE_INPUT take a variable that a point of plc.toml fills: by its "
    "path, by an address, or as a part of it. LOSE_DEVICE and RESTORE_DEVICE take the name of a device there that has "
    "inputs. Nothing else has a device that could fail.",
    "LOSE_INPUT(Main.Setpoint);  (* no point goes to it *)",
    "LOSE_INPUT(Main.Level);",
)

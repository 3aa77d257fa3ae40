"""Codes RUNG04xx: configuration, resource, task and addresses.

In reading order: addresses (040x), configuration and resources (041x), tasks (042x), programs (043x). For the examples
see `declarations.py`.
"""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code, Severity

# ----------------------------------------------------------------------------------------------------------- addresses

ADDRESS_RANGE = Code(
    "RUNG0401",
    "address that does not exist",
    "there is no address {address}",
    "write it like %IX0.0 to %IX0.7 for bits, %IB0, %IW0, %ID0 or %IL0 for larger values, below 1048576 bytes",
    "An address names an area (I inputs, Q outputs, M markers), a size (X bit, B byte, W word, D double word, "
    "L long word) and a number that counts values of that size: %IW1 is bytes 2 and 3. A bit has a byte number "
    "and a bit number from 0 to 7.",
    "PROGRAM Main\nVAR start AT %IX0.8 : BOOL; END_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR start AT %IX1.0 : BOOL; END_VAR\nEND_PROGRAM",
)
ADDRESS_SIZE = Code(
    "RUNG0402",
    "address of another size than the variable",
    "{address} has not the size of {type}",
    "write an address like {right}",
    "X stands for one bit (BOOL), B for 1 byte (BYTE, SINT, USINT), W for 2 (WORD, INT, UINT), D for 4 (DWORD, DINT, "
    "UDINT, REAL), L for 8 (LWORD, LINT, ULINT, LREAL, TIME). The number behind it counts values of that size, so it "
    "changes with the letter.",
    "PROGRAM Main\nVAR level AT %IW3 : REAL; END_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR level AT %ID3 : REAL; END_VAR\nEND_PROGRAM",
)
ADDRESS_TYPE = Code(
    "RUNG0403",
    "type that cannot lie at an address",
    "{type} cannot lie at this address: {reason}",
    "give the parts addresses of their own",
    "An array or STRUCT at an address lies over the bytes from there on. Its parts must be numbers, and the "
    "address must suit the largest of them.",
    "PROGRAM Main\nVAR valves AT %QX0.0 : ARRAY[0..7] OF BOOL; END_VAR\nvalves[0] := TRUE;\nEND_PROGRAM",
    "PROGRAM Main\nVAR valves AT %QB0 : BYTE; END_VAR\nvalves.0 := TRUE;\nEND_PROGRAM",
)
RETAINED_INPUT = Code(
    "RUNG0404",
    "retained input",
    "{address} is an input, so there is nothing to retain",
    "declare it in a section without RETAIN",
    "Inputs are read from the devices at the start of every scan. What was retained would be overwritten at once.",
    "VAR_GLOBAL RETAIN level AT %IW0 : INT; END_VAR",
    "VAR_GLOBAL level AT %IW0 : INT; END_VAR\nVAR_GLOBAL RETAIN lastLevel : INT; END_VAR",
)
ADDRESS_TWICE = Code(
    "RUNG0405",
    "address used twice",
    "'{name}' has the same address {address} as '{other}'",
    "use one variable for both, or correct the address",
    "Two variables at one address are one value under two names. For outputs that means that the one assigned "
    "last wins.",
    "PROGRAM Main\nVAR\n    pump AT %QX0.0 : BOOL;\n    valve AT %QX0.0 : BOOL;\nEND_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR\n    pump AT %QX0.0 : BOOL;\n    valve AT %QX0.1 : BOOL;\nEND_VAR\nEND_PROGRAM",
    Severity.WARNING,
)
OVERLAPPING_OUTPUTS = Code(
    "RUNG0406",
    "overlapping outputs",
    "'{name}' at {address} overlaps '{other}' at {other_address}",
    "correct one of the addresses; numbers count values of the size of the letter, so %QW1 is %QB2 and %QB3",
    "The two variables share bytes of the output area: writing one changes the other. In the inputs and markers such "
    "views are common and useful, in the outputs they are mostly a slip in the numbering.",
    "PROGRAM Main\nVAR\n    speed AT %QW0 : INT;\n    lamp AT %QX1.0 : BOOL;\nEND_VAR\nEND_PROGRAM",
    "PROGRAM Main\nVAR\n    speed AT %QW0 : INT;\n    lamp AT %QX2.0 : BOOL;\nEND_VAR\nEND_PROGRAM",
    Severity.WARNING,
)
CHANNEL_TWICE = Code(
    "RUNG0407",
    "channel with two variables",
    "'{name}' has the address {address}, which another variable has",
    "declare it once, in VAR_GLOBAL, and use that variable in both places",
    "An address with several levels, such as %IW0.1.4, names a channel of a device. Its variable has a place of its "
    "own, which a point of the project file binds by the path of the variable; a second one would be another value.",
    "VAR_GLOBAL\n    level AT %IW0.1.4 : INT;\n    height AT %IW0.1.4 : INT;\nEND_VAR",
    "VAR_GLOBAL\n    level AT %IW0.1.4 : INT;\n    height AT %IW0.1.5 : INT;\nEND_VAR",
)
CHANNEL_UNDECLARED = Code(
    "RUNG0408",
    "channel without a variable",
    "no variable is declared at {address}",
    "declare one, such as level AT {address}, in VAR_GLOBAL or VAR of a PROGRAM",
    "An address with several levels, such as %IW0.1.4, names a channel of a device. It may be used where a variable is "
    "declared at it, whose name the project file needs to bind it.",
    "VAR_GLOBAL level : INT; END_VAR\nPROGRAM Main\nlevel := %IW0.1.4;\nEND_PROGRAM",
    "VAR_GLOBAL raw AT %IW0.1.4 : INT; level : INT; END_VAR\nPROGRAM Main\nlevel := %IW0.1.4;\nEND_PROGRAM",
)

# ------------------------------------------------------------------------------------------ configuration and resources

SECOND_CONFIGURATION = Code(
    "RUNG0410",
    "second configuration",
    "'{name}' is a second CONFIGURATION",
    "keep one, and compile the other as a program of its own",
    "A program has one CONFIGURATION: its tasks and the programs they run.",
    "PROGRAM Main\nEND_PROGRAM\n"
    "CONFIGURATION Plant\n    TASK t (INTERVAL := T#10ms);\n    PROGRAM p WITH t : Main;\nEND_CONFIGURATION\n"
    "CONFIGURATION Test\n    TASK t (INTERVAL := T#20ms);\n    PROGRAM p WITH t : Main;\nEND_CONFIGURATION",
    "PROGRAM Main\nEND_PROGRAM\n"
    "CONFIGURATION Plant\n    TASK t (INTERVAL := T#10ms);\n    PROGRAM p WITH t : Main;\nEND_CONFIGURATION",
)


def _resources(before: str, header: str) -> str:
    """An example of two resources, the second with this header."""
    task, end = "\n        TASK t (INTERVAL := T#10ms);\n        PROGRAM {0} WITH t : Main;", "\n    END_RESOURCE\n"
    first, second = (task.format(name) + end for name in "pq")
    declared = f"CONFIGURATION Plant\n{before}    RESOURCE Press ON PLC{first}    {header}{second}END_CONFIGURATION"
    return f"PROGRAM Main\nEND_PROGRAM\n{declared}"


_BELT = _resources("", "RESOURCE Belt ON PLC")
DUPLICATE_RESOURCE = Code(
    "RUNG0411",
    "resource declared twice",
    "there are two resources called '{name}'",
    "give one of them another name",
    "Each RESOURCE is a scan of its own, and known to people by its name.",
    _resources("", "RESOURCE Press ON PLC"),
    _BELT,
)
UNNAMED_RESOURCE = Code(
    "RUNG0417",
    "one of several resources has no name",
    "this RESOURCE has no name, and there are others",
    "write RESOURCE Name ON PLC .. END_RESOURCE around its tasks and programs",
    "Each RESOURCE is a scan of its own, and known to people by its name. Tasks and programs that stand in a "
    "CONFIGURATION outside of any RESOURCE make up one without a name, which must be the only one.",
    _resources("    TASK s (INTERVAL := T#1s);\n    PROGRAM r WITH s : Main;\n", "RESOURCE Belt ON PLC"),
    _BELT,
)

# --------------------------------------------------------------------------------------------------------------- tasks


def _with_task(task: str, instance: str = "PROGRAM p WITH fast : Main;") -> str:
    """An example around one task and one program instance."""
    return f"PROGRAM Main\nEND_PROGRAM\nCONFIGURATION Plant\n    {task}\n    {instance}\nEND_CONFIGURATION"


DUPLICATE_TASK = Code(
    "RUNG0420",
    "task declared twice",
    "there are two tasks called '{name}'",
    "give one of them another name",
    "PROGRAM .. WITH names a task; with two of one name it would be left to chance which one is meant.",
    _with_task("TASK fast (INTERVAL := T#10ms);\n    TASK fast (INTERVAL := T#1s);"),
    _with_task("TASK fast (INTERVAL := T#10ms);\n    TASK slow (INTERVAL := T#1s);"),
)
UNKNOWN_TASK = Code(
    "RUNG0421",
    "unknown task",
    "there is no task called '{name}'",
    "declare it: TASK {name} (INTERVAL := T#10ms, PRIORITY := 1);",
    "PROGRAM .. WITH names a task of the same RESOURCE.",
    _with_task("TASK fast (INTERVAL := T#10ms);", "PROGRAM p WITH fats : Main;"),
    _with_task("TASK fast (INTERVAL := T#10ms);", "PROGRAM p WITH fast : Main;"),
)
UNKNOWN_TASK_SETTING = Code(
    "RUNG0422",
    "unknown setting of a task",
    "a task has no setting '{name}'",
    "it has {known}",
    "INTERVAL is the time from one activation to the next, PRIORITY the order of tasks that are due at the "
    "same time: 0 is the most urgent.",
    _with_task("TASK fast (INTERVALL := T#10ms);"),
    _with_task("TASK fast (INTERVAL := T#10ms);"),
)
TASK_SETTING_TWICE = Code(
    "RUNG0423",
    "setting of a task given twice",
    "{name} is given twice",
    "remove one of the two",
    "Each setting of a task has one value.",
    _with_task("TASK fast (INTERVAL := T#10ms, INTERVAL := T#20ms);"),
    _with_task("TASK fast (INTERVAL := T#10ms);"),
)
MISSING_INTERVAL = Code(
    "RUNG0424",
    "task without an interval",
    "the task '{name}' has no INTERVAL",
    "write how often it runs: TASK {name} (INTERVAL := T#10ms);",
    "A task runs once in its interval, or at the rising edges of the variable behind SINGLE.",
    _with_task("TASK fast (PRIORITY := 1);"),
    _with_task("TASK fast (INTERVAL := T#10ms, PRIORITY := 1);"),
)
TASK_INTERVAL = Code(
    "RUNG0425",
    "impossible interval",
    "an interval is not negative",
    "write a duration such as T#10ms, or T#0s for a task that begins anew as soon as it may",
    "The interval is the time from one activation of the task to the next. A task with none, T#0s, is freewheeling.",
    _with_task("TASK fast (INTERVAL := T#-10ms);"),
    _with_task("TASK fast (INTERVAL := T#10ms);"),
)
TASK_PRIORITY = Code(
    "RUNG0426",
    "impossible priority",
    "{value} is no priority",
    "write a whole number from 0 (the most urgent) to {limit}",
    "When several tasks are due at the same time, the one with the smallest number runs first.",
    _with_task("TASK fast (INTERVAL := T#10ms, PRIORITY := -1);"),
    _with_task("TASK fast (INTERVAL := T#10ms, PRIORITY := 0);"),
)
EVENT_TYPE = Code(
    "RUNG0427",
    "event that is no BOOL",
    "SINGLE takes a BOOL, and this is {given}",
    "name a global BOOL, one of a program's instance, or an address such as %IX0.0",
    "A task with SINGLE runs once for every rising edge of a variable.",
    "VAR_GLOBAL alarms : WORD; END_VAR\n" + _with_task("TASK fast (SINGLE := alarms, PRIORITY := 1);"),
    "VAR_GLOBAL alarm : BOOL; END_VAR\n" + _with_task("TASK fast (SINGLE := alarm, PRIORITY := 1);"),
)

# ------------------------------------------------------------------------------------------------------------ programs

UNKNOWN_PROGRAM = Code(
    "RUNG0430",
    "unknown program",
    "there is no PROGRAM called '{name}' for '{task}' to run",
    "declare it, or add the file that does",
    "A task runs instances of PROGRAMs. Function blocks and functions are called from programs.",
    _with_task("TASK fast (INTERVAL := T#10ms);", "PROGRAM p WITH fast : Mein;"),
    _with_task("TASK fast (INTERVAL := T#10ms);", "PROGRAM p WITH fast : Main;"),
)
PROGRAM_WITHOUT_TASK = Code(
    "RUNG0431",
    "program instance without a task",
    "'{name}' has no task; it runs every {milliseconds} ms, after all others",
    "name its task: PROGRAM {name} WITH task : ..",
    "An instance without WITH runs with the lowest priority. This version gives it an interval of its own.",
    _with_task("TASK fast (INTERVAL := T#10ms);", "PROGRAM p WITH fast : Main;\n    PROGRAM q : Main;"),
    _with_task("TASK fast (INTERVAL := T#10ms);", "PROGRAM p WITH fast : Main;\n    PROGRAM q WITH fast : Main;"),
    Severity.WARNING,
)
PROGRAM_NEVER_RUNS = Code(
    "RUNG0432",
    "program that never runs",
    "no task runs the program '{name}'",
    "add PROGRAM .. WITH .. : {name} to the configuration, or remove the program",
    "A PROGRAM runs when a task runs an instance of it. This one has none, so it has no effect.",
    "PROGRAM Spare\nEND_PROGRAM\n" + _with_task("TASK fast (INTERVAL := T#10ms);"),
    "PROGRAM Spare\nEND_PROGRAM\n"
    + _with_task("TASK fast (INTERVAL := T#10ms);", "PROGRAM p WITH fast : Main;\n    PROGRAM q WITH fast : Spare;"),
    Severity.WARNING,
)
PROGRAM_IN_OUT = Code(
    "RUNG0433",
    "VAR_IN_OUT of a program that a task runs",
    "a task has nothing to hand over for '{name}'",
    "use a global variable, or VAR_INPUT and VAR_OUTPUT; or call the program from another one only",
    "A VAR_IN_OUT refers to a variable of the caller. A program that is called by others may have one; a task has no "
    "variables. Program instances can be given inputs and outputs in the configuration.",
    "PROGRAM Main\nVAR_IN_OUT level : INT; END_VAR\nlevel := level + 1;\nEND_PROGRAM",
    "VAR_GLOBAL level : INT; END_VAR\n"
    "PROGRAM Main\n"
    "VAR_EXTERNAL level : INT; END_VAR\n"
    "level := level + 1;\n"
    "END_PROGRAM",
)
CALL_IN_PROGRAM_ARGUMENT = Code(
    "RUNG0434",
    "call in the configuration",
    "'{name}' cannot be called in the configuration",
    "hand over the variables, and call it inside the program",
    "The inputs of a program instance are variables and constants, and what operators and standard functions "
    "make of them.",
    "FUNCTION Half : INT\nVAR_INPUT x : INT; END_VAR\nHalf := x / 2;\nEND_FUNCTION\n"
    "VAR_GLOBAL g : INT; END_VAR\nPROGRAM Main\nVAR_INPUT level : INT; END_VAR\nEND_PROGRAM\n"
    "CONFIGURATION Plant\n    TASK fast (INTERVAL := T#10ms);\n    PROGRAM p WITH fast : Main (level := Half(g));\n"
    "END_CONFIGURATION",
    "VAR_GLOBAL g : INT; END_VAR\nPROGRAM Main\nVAR_INPUT level : INT; END_VAR\nEND_PROGRAM\n"
    "CONFIGURATION Plant\n    TASK fast (INTERVAL := T#10ms);\n    PROGRAM p WITH fast : Main (level := g / 2);\n"
    "END_CONFIGURATION",
)


def _block_task(blocks: str, body: str = "timer.IN := TRUE;") -> str:
    """An example: what the configuration says of the blocks in a program, and the body of this program."""
    return (
        f"PROGRAM Main\nVAR timer : TON; n : INT; END_VAR\n{body}\nEND_PROGRAM\n"
        "CONFIGURATION Plant\n    TASK fast (INTERVAL := T#10ms);\n    TASK slow (INTERVAL := T#100ms);\n"
        f"    PROGRAM p WITH slow : Main ({blocks});\nEND_CONFIGURATION"
    )


TASK_OF_NO_BLOCK = Code(
    "RUNG0435",
    "task for something that is no block",
    "'{name}' is no instance of a FUNCTION_BLOCK",
    "name a block in the program, by its path from there",
    "Behind the type of a program instance, tasks may be given to single blocks in it: `timer WITH fast`. Other "
    "variables do not run.",
    _block_task("n WITH fast"),
    _block_task("timer WITH fast"),
)
BLOCK_WITH_TWO_TASKS = Code(
    "RUNG0436",
    "block with two tasks",
    "'{name}' has a task already",
    "remove one of the two",
    "A block runs with one task.",
    _block_task("timer WITH fast, timer WITH slow"),
    _block_task("timer WITH fast"),
)
CALL_OF_BLOCK_WITH_TASK = Code(
    "RUNG0437",
    "call of a block that a task runs",
    "'{name}' is called here, and the configuration gives it a task of its own",
    "set its inputs and read its outputs, without the call: {name}.x := 1; or remove the task",
    "A block with a task of its own runs there and nowhere else. The program that holds it writes its inputs and reads "
    "its outputs.",
    _block_task("timer WITH fast", "timer(IN := TRUE);"),
    _block_task("timer WITH fast", "timer.IN := TRUE;"),
)

# ---------------------------------------------------------------------------------------------------------- VAR_CONFIG

_PUMP = (
    "FUNCTION_BLOCK Pump\nVAR\n    start AT %I* : BOOL;\n    runs : INT;\nEND_VAR\nEND_FUNCTION_BLOCK\n"
    "PROGRAM Main\nVAR pump : Pump; END_VAR\npump();\nEND_PROGRAM\n"
)


def _configured(line: str) -> str:
    """An example: a block with an input whose place is open, and what VAR_CONFIG says."""
    return f"{_PUMP}VAR_CONFIG\n    {line}\nEND_VAR"


CONFIGURED_PATH = Code(
    "RUNG0412",
    "path that leads to no variable",
    "'{name}' leads to no variable",
    "name a program instance or global variable, and what lies in it; there is: {known}",
    "VAR_CONFIG and VAR_ACCESS name each variable by its path from the outside: the instance of the PROGRAM, the "
    "instances in it, with constant indices, the variable. The name of the RESOURCE may stand in front.",
    _configured("Main.pmp.start AT %IX0.0 : BOOL;"),
    _configured("Main.pump.start AT %IX0.0 : BOOL;"),
)
CONFIGURED_PLACE = Code(
    "RUNG0413",
    "address for a variable that is not open for it",
    "'{name}' gets {address} here, and is declared with {found}",
    "declare it with AT %{area}*, or correct the path",
    "VAR_CONFIG completes addresses that are left open, within their area: inputs with %I, outputs with %Q.",
    _configured("Main.pump.start AT %QX0.0 : BOOL;"),
    _configured("Main.pump.start AT %IX0.0 : BOOL;"),
)
CONFIGURED_TYPE = Code(
    "RUNG0414",
    "type that differs from the declaration",
    "'{name}' is declared as {declared}, and this is {given}",
    "write the type of the declaration",
    "VAR_CONFIG and VAR_ACCESS repeat the type of a variable, and cannot change it. An address has any type of its "
    "size.",
    _configured("Main.pump.start AT %IX0.0 : BYTE;"),
    _configured("Main.pump.start AT %IX0.0 : BOOL;"),
)
CONFIGURED_TWICE = Code(
    "RUNG0415",
    "variable configured twice",
    "'{name}' is configured twice",
    "remove one of the two",
    "A variable has one address and one initial value.",
    _configured("Main.pump.start AT %IX0.0 : BOOL;\n    Main.pump.start AT %IX0.1 : BOOL;"),
    _configured("Main.pump.start AT %IX0.0 : BOOL;"),
)

# ---------------------------------------------------------------------------------------------------------- VAR_ACCESS


def _access(line: str) -> str:
    """An example: a program with a global variable, and what VAR_ACCESS says."""
    return f"VAR_GLOBAL gLevel : INT; END_VAR\nPROGRAM Main\nEND_PROGRAM\nVAR_ACCESS\n    {line}\nEND_VAR"


ACCESS_NAME_TAKEN = Code(
    "RUNG0416",
    "name of an access path that is taken",
    "'{name}' has a meaning already",
    "choose another name for the access path",
    "Clients see an access path under its name, beside global variables and instances of programs: no two of them can "
    "have one name.",
    _access("gLevel : gLevel : INT READ_ONLY;"),
    _access("level : gLevel : INT READ_ONLY;"),
)

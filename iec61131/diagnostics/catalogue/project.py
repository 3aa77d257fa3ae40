"""Codes RUNG05xx: the project file plc.toml.

| range | about |
|---|---|
| RUNG050x | the file itself |
| RUNG051x | keys and values |
| RUNG052x | sources |
| RUNG053x | tasks and engine |
| RUNG054x | connections, devices, points |
| RUNG055x | points and the program's variables |
| RUNG056x | OPC UA and what is exposed |

Wrong and right examples are pieces of a project file; a test completes each to a whole project and sees that the
wrong one has the finding and the right one none.
"""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code, Severity

# ------------------------------------------------------------------------------------------------------------- the file

NO_PROJECT_FILE = Code(
    "RUNG0501",
    "no project file",
    "there is no {name} in {folder}",
    "create it beside the sources; its least content is [plc] with name and sources",
    "A PLC is a folder with its sources and one file that says what it is made of. The folder that was named has no "
    "such file.",
    "# an empty folder",
    '[plc]\nname = "tank"\nsources = ["main.st"]',
)
UNREADABLE = Code(
    "RUNG0502",
    "file cannot be read",
    "'{name}' cannot be read: {cause}",
    "make it an ordinary file that this user may read",
    "The file exists, but the operating system did not hand out its content, or it is a folder, a device or a pipe.",
    'sources = ["main.st"]  # and main.st belongs to somebody else',
    'sources = ["main.st"]  # after chmod a+r main.st',
)
NOT_UTF8 = Code(
    "RUNG0503",
    "file is not UTF-8",
    "'{name}' is not UTF-8 text: {cause}",
    "save it as UTF-8, without a byte order mark",
    "Project file and sources are UTF-8. Editors of older engineering tools save UTF-16 or the code page of the "
    "country, in which letters "
    "such as ä or µ have other bytes; the place shown is the first that is not UTF-8. TwinCAT objects may also be "
    "UTF-16 with a byte order mark, and exports of CODESYS 2.3 are read in the code page of Windows.",
    "# saved as ISO 8859-1: Füllstand",
    "# saved as UTF-8: Füllstand",
)
BYTE_ORDER_MARK = Code(
    "RUNG0504",
    "project file begins with a byte order mark",
    "'{name}' begins with a byte order mark, three invisible bytes that TOML does not allow",
    'save it as UTF-8 without a byte order mark (in many editors: "UTF-8", not "UTF-8 with BOM")',
    "Some editors put the bytes EF BB BF before the text. In a source they are skipped, in the project file they "
    "are no TOML.",
    "# saved as UTF-8 with BOM",
    "# saved as UTF-8",
)
TOML_SYNTAX = Code(
    "RUNG0505",
    "project file is not TOML",
    "{cause}",
    "{remedy}",
    "The text does not follow the form of TOML. Reading stops at the first such place, so other findings may come "
    "when it is mended.",
    "[plc]\nname = tank",
    '[plc]\nname = "tank"\nsources = ["main.st"]',
)
DUPLICATE_KEY = Code(
    "RUNG0506",
    "key or table written twice",
    "'{name}' is written twice",
    "{remedy}",
    "TOML gives each key one value and opens each table once. Lists of tables, such as points, have double "
    "brackets: [[device.tank.point]].",
    '[plc]\nname = "tank"\nname = "vessel"',
    '[plc]\nname = "tank"\nsources = ["main.st"]',
)
TOO_LARGE = Code(
    "RUNG0507",
    "more than this version reads",
    "more than {limit} {what}",
    "the limit is far above what a plant needs; look for generated or damaged text",
    "Everything that comes from outside has a stated limit, so that no file can take the memory or the time of a "
    "running plant.",
    "[engine]\ncpu = " + "1" * 401,
    "[engine]\ncpu = 1",
)

# ------------------------------------------------------------------------------------------------------ keys and values

UNKNOWN_KEY = Code(
    "RUNG0510",
    "unknown key",
    "{where} has no key '{name}'",
    "its keys are {known}",
    "A key that nobody reads is a setting that does not count, so each must be known.",
    '[plc]\nname = "tank"\nsources = ["main.st"]\non_fualt = "restart"',
    '[plc]\nname = "tank"\nsources = ["main.st"]\non_fault = "restart"',
)
MISSING_KEY = Code(
    "RUNG0511",
    "key is missing",
    "{where} needs the key '{name}': {help}",
    "add {example}",
    "The key has no default, because none would be right.",
    '[plc]\nname = "tank"',
    '[plc]\nname = "tank"\nsources = ["main.st"]',
)
WRONG_TYPE = Code(
    "RUNG0512",
    "value of another kind",
    "'{name}' takes {expected}, not {found}",
    "write {example}",
    "Numbers and truth values stand without quotes, text and durations stand in quotes.",
    '[engine]\npriority = "80"',
    "[engine]\npriority = 80",
)
OUT_OF_RANGE = Code(
    "RUNG0513",
    "value out of range",
    "'{name}' is {found}; it takes {range}",
    "choose a value in that range",
    "The value has the right form, but nothing works with it.",
    "[engine]\npriority = 100",
    "[engine]\npriority = 99",
)
UNKNOWN_CHOICE = Code(
    "RUNG0514",
    "unknown choice",
    "'{name}' cannot be '{found}'",
    "it is one of {known}",
    "The key takes one of a few words, in small letters and in quotes as they are listed.",
    '[plc]\nname = "tank"\nsources = ["main.st"]\non_fault = "ignore"',
    '[plc]\nname = "tank"\nsources = ["main.st"]\non_fault = "restart"',
)
BAD_NAME = Code(
    "RUNG0515",
    "not a name",
    "'{found}' cannot be {what}",
    "use {form}",
    "Names become parts of paths, files and messages. Those of tasks are names of the language as well.",
    '[plc]\nname = "tank 1/west"\nsources = ["main.st"]',
    '[plc]\nname = "tank-1-west"\nsources = ["main.st"]',
)
DUPLICATE_NAME = Code(
    "RUNG0516",
    "name used twice",
    "there is another {what} '{name}'",
    "give one of them another name; capitals and small letters do not count",
    "Messages, metrics and displays name things by these names, and names that differ only in capitals are taken "
    "for one another.",
    '[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 4\ntype = "REAL"\nto = "Main.Level"\n\n'
    '[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 6\ntype = "REAL"\nto = "Main.Flow"',
    '[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 4\ntype = "REAL"\nto = "Main.Level"\n\n'
    '[[device.tank.point]]\nname = "flow"\narea = "input"\naddress = 6\ntype = "REAL"\nto = "Main.Flow"',
)
BAD_DURATION = Code(
    "RUNG0517",
    "not a duration",
    "'{found}' is no duration: {cause}",
    'write a number with a unit, such as "500ms", "1.5s" or "1m30s"; units are d h m s ms us ns',
    "A duration is text: one or more numbers, each with its unit, the larger units first. The form of the language, "
    '"T#1m30s", is read as well.',
    '[task.main]\nprogram = "Main"\ninterval = "10"',
    '[task.main]\nprogram = "Main"\ninterval = "10ms"',
)
KEY_WITHOUT_EFFECT = Code(
    "RUNG0518",
    "key without effect",
    "'{name}' has no effect here: {cause}",
    "{remedy}",
    "The key belongs to another kind of point or to another setting. A setting that does not count is worse than none.",
    '[[device.tank.point]]\nname = "pump"\narea = "coil"\naddress = 0\nfrom = "Main.Pump"\nmax_age = "1s"',
    '[[device.tank.point]]\nname = "pump"\narea = "coil"\naddress = 0\nfrom = "Main.Pump"\nrefresh = "1s"',
)

# -------------------------------------------------------------------------------------------------------------- sources

NO_SOURCES = Code(
    "RUNG0520",
    "no source found",
    "'{pattern}' names no source: {cause}",
    "{remedy}",
    "An entry of `sources` is a file, a folder with all sources below it, or a pattern with * such as "
    "`blocks/*.st`. Each must lead to at least one file.",
    '[plc]\nname = "tank"\nsources = ["mian.st"]',
    '[plc]\nname = "tank"\nsources = ["main.st"]',
)
SOURCE_OUTSIDE = Code(
    "RUNG0521",
    "source outside the project folder",
    "'{pattern}' leads out of the project folder",
    "put the file, or a copy of it, into the project folder and name it relative to that",
    "A project is complete in its folder, so that it can be uploaded, versioned and moved. Absolute paths, `..` and "
    "links that lead outside are refused.",
    '[plc]\nname = "tank"\nsources = ["../shared/blocks.st"]',
    '[plc]\nname = "tank"\nsources = ["main.st"]',
)
SOURCE_KIND = Code(
    "RUNG0522",
    "source of another kind",
    "'{name}' is a file of another kind",
    "name files of these kinds: {known}",
    "This version compiles Structured Text: as it is, in TwinCAT objects, and in exports of CODESYS 2.3. PLCopen XML "
    "and the formats of other engineering tools are not read.",
    '[plc]\nname = "tank"\nsources = ["main.xml"]',
    '[plc]\nname = "tank"\nsources = ["main.st"]',
)

# ----------------------------------------------------------------------------------------------------- tasks and engine

TASKS_IN_SOURCES = Code(
    "RUNG0530",
    "tasks in the sources and in the project file",
    "the sources declare a CONFIGURATION with tasks, so [task.{name}] would not count",
    "remove the [task] tables, or the CONFIGURATION",
    "Tasks are declared in one place. A CONFIGURATION can say more than the project file, so it wins, and a table "
    "that does not count is an error.",
    '[task.other]\nprogram = "Main"\n'
    'interval = "20ms"  # and main.st: CONFIGURATION ... TASK main (INTERVAL := T#10ms)',
    '[task.main]\nprogram = "Main"\ninterval = "10ms"  # and no CONFIGURATION',
)
UNKNOWN_SOURCE_TASK = Code(
    "RUNG0534",
    "watchdog of an unknown task",
    "the sources declare no task {name}",
    "name a TASK of the CONFIGURATION, or say what runs in it: program and interval",
    "A table [task.NAME] without a program gives a watchdog to a task that the sources declare. There is none of that "
    "name.",
    '[task.fast]\nwatchdog = { time = "1ms" }  # and main.st: CONFIGURATION ... TASK main (INTERVAL := T#10ms)',
    '[task.main]\nwatchdog = { time = "1ms" }',
)
PROGRAM_IN_TWO_TASKS = Code(
    "RUNG0531",
    "program in two tasks",
    "'{program}' runs in [task.{other}] already",
    "run it in one task, or declare two instances of it in a CONFIGURATION",
    "A task here runs the one instance of a PROGRAM that has the program's own name. Two instances need names, "
    "which only a CONFIGURATION gives.",
    '[task.fast]\nprogram = "Main"\ninterval = "10ms"\n\n[task.slow]\nprogram = "Main"\ninterval = "100ms"',
    '[task.main]\nprogram = "Main"\ninterval = "10ms"',
)
INTERVALS_APART = Code(
    "RUNG0532",
    "intervals without a common tick",
    "the greatest common divisor of the intervals is {tick}, and the scan ticks no faster than {least}",
    "choose intervals that are multiples of one another, such as 10ms and 100ms",
    "The scan ticks at the greatest common divisor of all intervals. Intervals that share only a tiny one would let "
    "it tick without pause.",
    '[task.fast]\nprogram = "Main"\ninterval = "10ms"\n\n[task.slow]\nprogram = "Other"\ninterval = "99.999ms"',
    '[task.fast]\nprogram = "Main"\ninterval = "10ms"\n\n[task.slow]\nprogram = "Other"\ninterval = "100ms"',
)
OUTPUTS_TIMEOUT_SHORT = Code(
    "RUNG0533",
    "outputs_timeout shorter than two ticks",
    "outputs_timeout is {found}, and the engine gives a sign of life every {tick}",
    "use at least {least}, or leave it out",
    "The I/O process drives safe outputs when the engine has been silent for `outputs_timeout`. One tick that comes "
    "late must not be enough for that.",
    '[engine]\noutputs_timeout = "15ms"\n\n[task.main]\nprogram = "Main"\ninterval = "10ms"',
    '[engine]\noutputs_timeout = "100ms"\n\n[task.main]\nprogram = "Main"\ninterval = "10ms"',
)

# -------------------------------------------------------------------------------------- connections, devices and points

UNKNOWN_DRIVER = Code(
    "RUNG0540",
    "unknown driver",
    "there is no driver '{name}'",
    "the drivers are {known}",
    "The driver is neither part of rung nor added by an installed package.",
    '[connection.line1]\ndriver = "modbsu"\nhost = "127.0.0.1"',
    '[connection.line1]\ndriver = "modbus"\nhost = "127.0.0.1"',
)
UNKNOWN_CONNECTION = Code(
    "RUNG0541",
    "unknown connection",
    "there is no [connection.{name}]",
    "the connections are {known}",
    "A device is reached through a connection of this file.",
    '[connection.line1]\ndriver = "modbus"\nhost = "127.0.0.1"\n\n[device.tank]\nconnection = "line2"',
    '[connection.line1]\ndriver = "modbus"\nhost = "127.0.0.1"\n\n[device.tank]\nconnection = "line1"',
)
NO_DIRECTION = Code(
    "RUNG0542",
    "point without a variable",
    "this point has neither `to` nor `from`",
    'add to = "Main.X" to read it from the device, or from = "Main.X" to write it to the device',
    "A point connects a value of a device with a variable: `to` the variable, or `from` it.",
    '[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 4\ntype = "REAL"',
    '[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 4\ntype = "REAL"\nto = "Main.Level"',
)
TWO_DIRECTIONS = Code(
    "RUNG0543",
    "point in both directions",
    "this point has both `to` and `from`",
    "remove one of them; to write a value and read it back, use two points and two variables",
    "A point carries its value in one direction.",
    '[[device.tank.point]]\nname = "pump"\narea = "coil"\naddress = 0\nfrom = "Main.Pump"\nto = "Main.Running"',
    '[[device.tank.point]]\nname = "pump"\narea = "coil"\naddress = 0\nfrom = "Main.Pump"\n\n'
    '[[device.tank.point]]\nname = "running"\narea = "discrete"\naddress = 2\nto = "Main.Running"',
)
DRIVER_REFUSES = Code(
    "RUNG0544",
    "the device cannot do this",
    "{cause}",
    "{remedy}",
    "Each key is well formed, but the driver knows that no device can do what they ask for together: an address "
    "past the end of its area, a type "
    "that an area cannot hold, an output in an area that can only be read.",
    '[[device.tank.point]]\nname = "pump"\narea = "discrete"\naddress = 0\nfrom = "Main.Pump"',
    '[[device.tank.point]]\nname = "pump"\narea = "coil"\naddress = 0\nfrom = "Main.Pump"',
)
DEVICE_ADDRESS_TWICE = Code(
    "RUNG0545",
    "device address written by two points",
    "'{name}' writes what '{other}' writes",
    "let one point write it; combine the values in the program",
    "Two outputs with one address in the device would overwrite each other, and which comes last is chance.",
    '[[device.tank.point]]\nname = "pump"\narea = "coil"\naddress = 0\nfrom = "Main.Pump"\n\n'
    '[[device.tank.point]]\nname = "alarm"\narea = "coil"\naddress = 0\nfrom = "Main.Alarm"',
    '[[device.tank.point]]\nname = "pump"\narea = "coil"\naddress = 0\nfrom = "Main.Pump"\n\n'
    '[[device.tank.point]]\nname = "alarm"\narea = "coil"\naddress = 1\nfrom = "Main.Alarm"',
)
MAX_AGE_SHORT = Code(
    "RUNG0546",
    "max_age shorter than the poll period",
    "max_age is {found}, and the device is polled every {poll}",
    "use at least {poll}, better three times that, or leave it out",
    "Between two polls every value grows as old as the poll period, so this point would be lost again and again.",
    '[device.tank]\nconnection = "line1"\npoll = "100ms"\n\n'
    '[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 4\ntype = "REAL"\nto = "Main.Level"\n'
    'max_age = "50ms"',
    '[device.tank]\nconnection = "line1"\npoll = "100ms"\n\n'
    '[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 4\ntype = "REAL"\nto = "Main.Level"\n'
    'max_age = "500ms"',
)

BROKEN_DRIVER = Code(
    "RUNG0547",
    "driver cannot be used",
    "the driver '{name}' cannot be used: {cause}",
    "install the package that brings it anew, in a version made for this rung",
    "The driver is added by an installed package, which cannot be loaded or is no driver.",
    '[connection.line1]\ndriver = "profinet"  # its package is damaged',
    '[connection.line1]\ndriver = "modbus"\nhost = "127.0.0.1"',
)

# ----------------------------------------------------------------------------------- points and the program's variables

BAD_ADDRESS = Code(
    "RUNG0550",
    "not an address",
    "'{found}' is no address",
    "write area, size and number, such as %IX0.0, %IW4, %QD2 or %MB7",
    "A direct address names the area (I, Q, M), the size (X, B, W, D, L) and the number counted in that size; X "
    "takes byte and bit.",
    '[[device.tank.point]]\nname = "start"\narea = "discrete"\naddress = 0\nto = "%IX0.8"',
    '[[device.tank.point]]\nname = "start"\narea = "discrete"\naddress = 0\nto = "%IX0.7"',
)
UNKNOWN_VARIABLE = Code(
    "RUNG0551",
    "unknown variable",
    "the program has no variable '{path}': {cause}",
    "name it from its root, such as Main.Level, gSpeed or Main.Timer.Q",
    "The path begins with a global variable or a program instance and goes on with members and elements.",
    '[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 4\ntype = "REAL"\nto = "Main.Levle"',
    '[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 4\ntype = "REAL"\nto = "Main.Level"',
)
NOT_ONE_VALUE = Code(
    "RUNG0552",
    "variable is not one value",
    "'{path}' is {type}, and a point carries one value",
    "{remedy}",
    "A point is bound to a variable of an elementary type, an enumeration or a subrange. A text has no place in the "
    "registers of a device: make numbers of it in the program, or exchange it through OPC UA or HTTP.",
    '[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 4\ntype = "REAL"\nto = "Main.Levels"',
    '[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 4\ntype = "REAL"\nto = "Main.Levels[1]"',
)
NOT_AN_INPUT = Code(
    "RUNG0553",
    "variable cannot be an input",
    "'{path}' cannot take a value from a device: {cause}",
    "{remedy}",
    "An input is stored into its variable before each scan. Constants keep their value, and the output area belongs "
    "to the program.",
    '[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 4\ntype = "REAL"\n'
    'to = "Main.Limit"  # VAR CONSTANT',
    '[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 4\ntype = "REAL"\nto = "Main.Level"',
)
POINT_TYPE = Code(
    "RUNG0554",
    "types of point and variable do not go together",
    "{cause}",
    "{remedy}",
    "A value must arrive as it was sent. Where the other side cannot hold every value, or would round it, the "
    "conversion has to be asked for by `scale` or `offset`; "
    "a value that does not fit at run time makes an input bad and keeps an output from being written.",
    '[[device.tank.point]]\nname = "inflow"\narea = "input"\naddress = 0\ntype = "DINT"\nto = "Main.Count"  # INT',
    '[[device.tank.point]]\nname = "inflow"\narea = "input"\naddress = 0\ntype = "INT"\nto = "Main.Count"  # INT',
)
VARIABLE_TWICE = Code(
    "RUNG0555",
    "variable written by two points",
    "'{path}' shares memory with '{other}', which another point writes",
    "give each input a variable of its own",
    "Two inputs that are stored into the same memory would overwrite each other before each scan. Addresses of "
    "different sizes overlap: %IW1 is bytes 2 and 3.",
    '[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 4\ntype = "REAL"\nto = "Main.Level"\n\n'
    '[[device.tank.point]]\nname = "flow"\narea = "input"\naddress = 6\ntype = "REAL"\nto = "Main.Level"',
    '[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 4\ntype = "REAL"\nto = "Main.Level"\n\n'
    '[[device.tank.point]]\nname = "flow"\narea = "input"\naddress = 6\ntype = "REAL"\nto = "Main.Flow"',
)
VALUE_UNFIT = Code(
    "RUNG0556",
    "value does not fit the variable",
    "'{key}' does not fit: {cause}",
    "write a value that the variable can hold",
    "The values of `on_loss` and `safe` are values of the variable, in its unit and after scaling.",
    '[[device.tank.point]]\nname = "count"\narea = "input"\naddress = 4\ntype = "INT"\nto = "Main.Count"\n'
    "on_loss = { value = 40000 }  # INT",
    '[[device.tank.point]]\nname = "count"\narea = "input"\naddress = 4\ntype = "INT"\nto = "Main.Count"\n'
    "on_loss = { value = -1 }",
)
SAFE_UNWRITABLE = Code(
    "RUNG0557",
    "safe value that cannot be written",
    "the safe value of '{name}' cannot be written: {cause}",
    "{remedy}",
    "When the program is not in charge, the device gets the safe value, converted as every other output. One that does "
    "not fit on the wire would not be written, and the device would go on with what it had last. Without `safe` it is "
    "zero, which a point with an offset need not be able to carry.",
    '[[device.tank.point]]\nname = "valve"\narea = "holding"\naddress = 0\ntype = "UINT"\nscale = 0.001\n'
    'offset = 4  # mA\nfrom = "Main.Level"',
    '[[device.tank.point]]\nname = "valve"\narea = "holding"\naddress = 0\ntype = "UINT"\nscale = 0.001\n'
    'offset = 4  # mA\nfrom = "Main.Level"\nsafe = 4.0',
)
NO_INPUT_ASKED = Code(
    "RUNG0558",
    "quality of a variable without an input",
    "the program asks for the quality or age of {path}, and no point fills it: it is always good",
    "let a point of plc.toml go to it, or ask for the variable that one goes to",
    "QUALITY, QUALITY_REASON and AGE tell what a device said. A variable that no input fills has the program's own "
    "value, which is good and of age zero; who asks for it has probably named another variable than the project does.",
    "# the program has QUALITY(Level), and no point goes to Main.Level",
    '[[device.tank.point]]\nname = "level"\narea = "input"\naddress = 4\ntype = "REAL"\nto = "Main.Level"',
    Severity.WARNING,
)

# ------------------------------------------------------------------------------------------- OPC UA and what is exposed

BAD_ENDPOINT = Code(
    "RUNG0560",
    "not an endpoint",
    "'{found}' is no OPC UA endpoint: {cause}",
    'write opc.tcp://host:port, such as "opc.tcp://127.0.0.1:4840"',
    "An endpoint is the address that OPC UA clients connect to.",
    '[opcua]\nendpoint = "http://127.0.0.1:4840"',
    '[opcua]\nendpoint = "opc.tcp://127.0.0.1:4840"',
)
OPEN_ENDPOINT = Code(
    "RUNG0561",
    "endpoint open to the network without users",
    "'{host}' can be reached from other machines, and {cause}",
    "{remedy}",
    "On the machine itself anybody may read what is exposed. An endpoint that others reach has to say who may: at "
    "least one user, and no anonymous clients. "
    "Messages are not encrypted by this version; across a network that is not yours alone, lead them through a VPN.",
    '[opcua]\nendpoint = "opc.tcp://0.0.0.0:4840"',
    '[opcua]\nendpoint = "opc.tcp://0.0.0.0:4840"\nanonymous = "none"\n\n[opcua.user.anna]\nrole = "operator"\n'
    'password_hash = "scrypt$16384$8$1$c2FsdHNhbHRzYWx0c2FsdA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="',
)
BAD_PASSWORD_HASH = Code(
    "RUNG0562",
    "not a password hash",
    "'password_hash' is no hash of a password",
    "put in what `rung password` prints; the password itself does not belong into the file",
    "The file holds a salted hash, from which nobody can read the password: scrypt$n$r$p$salt$hash, salt and hash "
    "in base64.",
    '[opcua.user.anna]\nrole = "operator"\npassword_hash = "secret"',
    '[opcua.user.anna]\nrole = "operator"\n'
    'password_hash = "scrypt$16384$8$1$c2FsdHNhbHRzYWx0c2FsdA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="',
)
EXPOSES_NOTHING = Code(
    "RUNG0563",
    "pattern that matches nothing",
    "'{pattern}' matches no variable{cause}",
    "{remedy}",
    "A pattern is the path of a variable, or a part of it with * for any characters. One that matches nothing is a "
    "typing error or a left-over.",
    '[opcua]\nexpose = ["Main.Levle"]',
    '[opcua]\nexpose = ["Main.Level"]',
)
NOT_EXPOSED = Code(
    "RUNG0564",
    "writable variable is not exposed",
    "'{pattern}' matches no variable that is exposed",
    "add it to expose as well, or remove it from writable",
    "Clients see only what `expose` names; `writable` says which of these they may write.",
    '[opcua]\nexpose = ["Main.Level"]\nwritable = ["Main.Setpoint"]',
    '[opcua]\nexpose = ["Main.Level", "Main.Setpoint"]\nwritable = ["Main.Setpoint"]',
)
NEVER_WRITABLE = Code(
    "RUNG0565",
    "variable cannot be written by clients",
    "'{path}' cannot be written by clients: {cause}",
    "{remedy}",
    "A constant has one value for ever, and a variable that a device writes would have lost a client's value by the "
    "next scan. Patterns with * pass over both.",
    '[opcua]\nexpose = ["Main.*"]\nwritable = ["Main.Limit"]  # VAR CONSTANT',
    '[opcua]\nexpose = ["Main.*"]\nwritable = ["Main.Setpoint"]',
)

# --------------------------------------------------------------------------------------------------------------- traces

TRACE_VARIABLE = Code(
    "RUNG0570",
    "variable cannot be traced",
    "{cause}",
    "name single values, such as Main.Level, Main.Levels[2] or Main.Motor.Speed",
    "A trace samples numbers, BOOLs and enumerations: variables, members, elements and bits. Texts and whole "
    "structures, arrays and instances have no one value to draw.",
    '[trace.commissioning]\nvariables = ["Main.Levle"]',
    '[trace.commissioning]\nvariables = ["Main.Level"]',
)
TRACE_TRIGGER = Code(
    "RUNG0571",
    "trigger that cannot fire",
    "{cause}",
    "write a condition, such as Main.Level > 2.0 or Main.Pump, or its edge: rising Main.Pump",
    "A trigger compares one variable with a value of its own type. `rising` and `falling` fire when the condition "
    "begins or ends to hold; the condition alone in the first scan in which it holds.",
    '[trace.commissioning]\nvariables = ["Main.Level"]\ntrigger = "Main.Level > high"',
    '[trace.commissioning]\nvariables = ["Main.Level"]\ntrigger = "Main.Level > 2.0"',
)
TRACE_WINDOW = Code(
    "RUNG0572",
    "samples that cannot be kept",
    "{cause}",
    "choose fewer samples, or fewer variables; `pre` is a part of `samples`",
    "What a trigger catches is kept in memory of a fixed size: the more variables, the fewer samples. `pre` of them "
    "are from before the trigger, as a number or a part, so they need one.",
    '[trace.commissioning]\nvariables = ["Main.Level"]\npre = "20%"',
    '[trace.commissioning]\nvariables = ["Main.Level"]\ntrigger = "rising Main.Pump"\npre = "20%"',
)

# ------------------------------------------------------------------------------------------------------------ resources

UNKNOWN_RESOURCE = Code(
    "RUNG0580",
    "unknown resource",
    "the sources have no RESOURCE '{name}' beside others",
    "the RESOURCEs are: {known}",
    "`[resource.NAME]` has settings for one RESOURCE of a CONFIGURATION that has several.",
    "[resource.Pres]\ncpu = 1",
    "[resource.Press]\ncpu = 1",
)
RESOURCE_OF_CONNECTION = Code(
    "RUNG0581",
    "connection that does not belong to one resource",
    "{cause}",
    "{remedy}",
    "Each RESOURCE has an I/O process of its own, and each connection belongs to one: to the one that "
    "`[resource.NAME]` names it in, else to the one whose programs its points name. Variables of the CONFIGURATION "
    "reach the other resources from there, between two scans.",
    '[resource.Press]\nconnections = ["rack"]\n\n[resource.Belt]\nconnections = ["rack"]',
    '[resource.Press]\nconnections = ["rack"]',
)
RESOURCE_UNCHOSEN = Code(
    "RUNG0582",
    "one of several resources is to be named",
    "the sources have several RESOURCEs, each of which is a PLC of its own: {known}",
    "name one with --resource",
    "`rung run`, `rung check` and `rung deploy` do what they do for every RESOURCE of a CONFIGURATION. Other commands "
    "look at one program.",
    "rung debug line",
    "rung debug line --resource Press",
)

"""Every diagnostic code of the project in one table, `CODES`, put together from one file per area.

| range | area | file |
|---|---|---|
| RUNG01xx | characters, tokens, grammar | syntax.py |
| RUNG02xx | declarations, names, scopes, types | declarations.py |
| RUNG027x, RUNG028x | methods, properties, inheritance, interfaces | classes.py |
| RUNG029x | namespaces | namespaces.py |
| RUNG03xx | expressions, conversions, calls, statements | expressions.py, calls.py |
| RUNG04xx | configuration, resource, task, addresses | configuration.py |
| RUNG044x, RUNG045x | sequential function charts | charts.py |
| RUNG05xx | the project file plc.toml | project.py |
| RUNG060x | files of engineering tools | input_forms.py |
| RUNG061x | PLCopen XML | plcopen.py |
| RUNG062x, RUNG064x | drawings | graphical.py |
| RUNG063x | ladder as text | ladder.py |
| RUNG07xx | tests in the language | suites.py |
| RUNG09xx | faults of a running program | faults.py |

Adding a code is adding a row in its file: the pages of `rung explain`, the documentation and the tests read the table.
"""

from __future__ import annotations

from iec61131.diagnostics.catalogue import (
    calls,
    charts,
    classes,
    configuration,
    declarations,
    expressions,
    faults,
    graphical,
    input_forms,
    ladder,
    namespaces,
    plcopen,
    project,
    suites,
    syntax,
)
from iec61131.diagnostics.diagnostic import Code

CODES: dict[str, Code] = {
    code.id: code
    for area in (
        syntax,
        declarations,
        classes,
        namespaces,
        expressions,
        calls,
        configuration,
        charts,
        project,
        input_forms,
        plcopen,
        graphical,
        ladder,
        suites,
        faults,
    )
    for code in vars(area).values()
    if isinstance(code, Code)
}

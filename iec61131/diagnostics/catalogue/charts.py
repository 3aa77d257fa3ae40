"""Codes RUNG044x and RUNG045x: sequential function charts. For the examples see `declarations.py`."""

from __future__ import annotations

from iec61131.diagnostics.diagnostic import Code, Severity


def _chart(inside: str, variables: str = "go, done : BOOL;") -> str:
    return f"PROGRAM Main\nVAR {variables} END_VAR\n{inside}\nEND_PROGRAM"


def _transition(source: str, target: str, condition: str = "go") -> str:
    return f"TRANSITION FROM {source} TO {target} := {condition}; END_TRANSITION\n"


_A, _B, _C = "INITIAL_STEP a: END_STEP\n", "STEP b: END_STEP\n", "STEP c: END_STEP\n"
_ROUND = _transition("a", "b") + _transition("b", "a", "done")
_RIGHT = _chart(_A + _B + _ROUND)
_PARALLEL = _A + _B + _C + _transition("a", "(b, c)")

CHART_IN_FUNCTION = Code(
    "RUNG0440",
    "chart in a FUNCTION",
    "the body of a {kind} cannot be a chart",
    "make it a FUNCTION_BLOCK",
    "A chart goes on from call to call: which steps are active has to be kept in an instance. A FUNCTION keeps "
    "nothing.",
    "FUNCTION f\nVAR_INPUT go : BOOL; END_VAR\n" + _A + _B + _transition("a", "b") + "END_FUNCTION",
    "FUNCTION_BLOCK F\nVAR_INPUT go : BOOL; END_VAR\n" + _A + _B + _transition("a", "b") + "END_FUNCTION_BLOCK",
)
NO_INITIAL_STEP = Code(
    "RUNG0441",
    "chart without an initial step",
    "this chart has no initial step",
    "write INITIAL_STEP instead of STEP for the step it begins with",
    "At a cold start the initial step is active, and no other. Without one nothing would ever happen.",
    _chart("STEP a: END_STEP\n" + _B + _ROUND),
    _RIGHT,
)
SEVERAL_INITIAL_STEPS = Code(
    "RUNG0442",
    "several initial steps",
    "'{name}' is a second initial step",
    "write STEP for all but one; a simultaneous branch behind the initial step activates several",
    "A chart begins with one step.",
    _chart(_A + "INITIAL_STEP b: END_STEP\n" + _ROUND),
    _RIGHT,
)
DUPLICATE_STEP = Code(
    "RUNG0443",
    "step declared twice",
    "there are two steps '{name}' in this chart",
    "give one of them another name",
    "Transitions name steps, so each needs a name of its own.",
    _chart(_A + _B + "STEP B: END_STEP\n" + _ROUND),
    _RIGHT,
)
UNKNOWN_STEP = Code(
    "RUNG0444",
    "transition to or from an unknown step",
    "this chart has no step '{name}'",
    "correct the name, or declare the step",
    "A transition leads from steps of its chart to steps of its chart.",
    _chart(_A + _B + _transition("a", "b") + _transition("c", "a")),
    _RIGHT,
)
STEP_NAMED_TWICE = Code(
    "RUNG0445",
    "step named twice by one transition",
    "'{name}' is named twice on this side of the transition",
    "name each step once",
    "The brackets hold the steps that are active together before the transition, or become so behind it.",
    _chart(_A + _B + _transition("a", "(b, b)") + _transition("b", "a", "done")),
    _RIGHT,
)
DUPLICATE_TRANSITION = Code(
    "RUNG0446",
    "transition declared twice",
    "there are two transitions '{name}' in this chart",
    "give one of them another name, or none",
    "The name of a transition serves to speak about it.",
    _chart(
        _A
        + _B
        + "TRANSITION t FROM a TO b := go; END_TRANSITION\n"
        + "TRANSITION t FROM b TO a := done; END_TRANSITION\n"
    ),
    _RIGHT,
)
UNREACHABLE_STEP = Code(
    "RUNG0447",
    "step that is never reached",
    "no way leads from the initial step to '{name}'",
    "add a transition that leads to it, or remove the step",
    "A step is entered through transitions alone, so its actions never run.",
    _chart(_A + _B + _C + _ROUND + _transition("c", "a")),
    _RIGHT,
    Severity.WARNING,
)
UNKNOWN_ACTION = Code(
    "RUNG0448",
    "action without a body",
    "there is no ACTION and no variable '{name}'",
    "declare ACTION {name}: .. END_ACTION, or a BOOL variable of this name",
    "What a step does is the body of an ACTION of its POU, or a BOOL variable that is set.",
    _chart(_A + "STEP b: fill(N); END_STEP\n" + _ROUND),
    _chart(_A + "STEP b: fill(N); END_STEP\n" + _ROUND + "ACTION fill:\ndone := go;\nEND_ACTION"),
)
ACTION_TYPE = Code(
    "RUNG0449",
    "action that is no BOOL",
    "'{name}' is of type {type}: what a step sets is a BOOL",
    "use a BOOL variable, or write the statements as an ACTION",
    "A variable that is an action is TRUE while the action is active. An indicator is a BOOL too.",
    _chart(_A + "STEP b: level(N); END_STEP\n" + _ROUND, "go, done : BOOL; level : INT;"),
    _chart(_A + "STEP b: valve(N); END_STEP\n" + _ROUND, "go, done, valve : BOOL;"),
)
STEP_WRITTEN = Code(
    "RUNG0450",
    "step that a program writes",
    "the transitions alone decide about the step '{name}'",
    "add a transition with the condition",
    "{name}.X and {name}.T can be read anywhere in the POU. Who writes them would bypass the chart.".replace(
        "{name}", "step"
    ),
    _chart(_A + "STEP b: quit(N); END_STEP\n" + _ROUND + "ACTION quit:\nb.X := FALSE;\nEND_ACTION"),
    _chart(_A + "STEP b: quit(N); END_STEP\n" + _ROUND + "ACTION quit:\ndone := b.X;\nEND_ACTION"),
)
NEVER_CLEARED = Code(
    "RUNG0451",
    "transition that is never cleared",
    "{steps} are never active together",
    "let the branches begin together, at one transition to all of them, or end them by transitions of their own",
    "A transition with several steps before it waits until all of them are active. Steps of alternative branches never "
    "are; only branches that began together can end together.",
    _chart(_A + _B + _C + _transition("a", "b") + _transition("a", "c", "done") + _transition("(b, c)", "a")),
    _chart(_PARALLEL + _transition("(b, c)", "a", "done")),
)
ENTERED_TWICE = Code(
    "RUNG0452",
    "step that may be entered while it is active",
    "'{name}' may be entered while it is active",
    "end simultaneous branches by one transition from all their last steps",
    "Where simultaneous branches end one by one, the first one enters the step behind them, and the others go on: the "
    "chart runs in several places at once, more with each round. Where the conditions rule that out, the warning can "
    "be ignored.",
    _chart(_PARALLEL + _transition("b", "a", "done") + _transition("c", "a", "done")),
    _chart(_PARALLEL + _transition("(b, c)", "a", "done")),
    Severity.WARNING,
)

"""Untyped trees to the typed model: the stages of the semantics in their order.

    items.py            collect the declarations, find their order
    type_specs.py       types           initial_values.py   constants of declarations
    variables.py        variables       interfaces.py       what a POU declares
    bodies.py           statements.py, expressions.py, places.py, calls.py, standard_functions.py
    configuration.py    tasks, program instances
    rules/              what a typed program has to keep besides

Every stage goes on after a finding, so that one run finds all of them; what has failed is present as failed, and
whoever meets it stays silent. There is a model only when there is no error.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from iec61131.diagnostics.catalogue.suites import SUITE_IN_PROGRAM
from iec61131.diagnostics.diagnostic import Diagnostic
from iec61131.semantics import accesses, counting, limits, references, resources
from iec61131.semantics.alike import FileChanges
from iec61131.semantics.bodies import Body, all_calls, resolve_body
from iec61131.semantics.classes import Classes, implementation, members_of
from iec61131.semantics.configuration import Configurations
from iec61131.semantics.configured_variables import ConfiguredVariables
from iec61131.semantics.dynamic_memory import DELETE, DynamicMemory
from iec61131.semantics.exposure import expose, stack_bytes
from iec61131.semantics.findings import Findings
from iec61131.semantics.here import Choice, Here, Shared
from iec61131.semantics.interfaces import Interface
from iec61131.semantics.items import GlobalItem, Items
from iec61131.semantics.library import Library
from iec61131.semantics.model import Dispatch, Model, Pou, Storage, Variable
from iec61131.semantics.namespaces import Namespaces
from iec61131.semantics.options import CompileOptions
from iec61131.semantics.redeclaring import Redeclaring, are_mentioned, sizes_are_asked
from iec61131.semantics.rules import address_overlap, memory_size, program_names, recursion, sections
from iec61131.semantics.scopes import FAILED, Failed, Globals, PouScope, PouSymbol, Running, TypeSymbol
from iec61131.semantics.starting import Starting
from iec61131.semantics.type_specs import TypeSpecs
from iec61131.semantics.types import BlockType, InterfaceType, Type
from iec61131.semantics.uses import Uses
from iec61131.semantics.variables import Declarer
from iec61131.semantics.variants import is_open, with_bounds
from iec61131.source import SourceFile, Span
from iec61131.stdlib import QUERY_INTERFACE, codesys_inputs, converter_source
from iec61131.syntax import tree
from iec61131.syntax.parser import parse
from iec61131.syntax.tree import Modifier, PouKind, VarKind


def resolve(units: Iterable[tree.Unit], options: CompileOptions | None = None) -> tuple[Model | None, list[Diagnostic]]:
    """The model of a program, or None when it has errors; and all findings in source order."""
    return _Program(list(units), options or CompileOptions()).resolve()


class Understood(Struct, frozen=True):
    """What is known about a program after `resolve`, sound or not, beyond its model: for whoever shows it to people.

    `pous` are all with a body, those of the library that the program needs among them.
    """

    model: Model | None
    findings: list[Diagnostic]
    shared: Shared
    globals: Globals
    pous: tuple[PouSymbol, ...]
    uses: Uses


def understand(units: Iterable[tree.Unit], options: CompileOptions | None = None) -> Understood:
    """As `resolve`, and note what every name means."""
    program = _Program(list(units), options or CompileOptions(), Uses())
    model, findings = program.resolve()
    return program.understood(model, findings)


class Standing:
    """A program that stays known, so that it need not be understood anew when only bodies change.

    `model` and `findings` as `resolve` gives them.
    """

    def __init__(self, units: Iterable[tree.Unit], options: CompileOptions) -> None:
        self._program = _Program(list(units), options)
        self.model, self.findings = self._program.resolve()

    def follow(self, changes: Sequence[FileChanges]) -> bool:
        """Take in what has changed. False when that takes more than a look at the changed files: they have findings,
        or something that the whole program depends on is new. Then this is of no use any more.
        """
        if self.model is None or not self._program.resolve_again(changes):
            return False
        self.model, self.findings = self._program.conclude()
        return self.model is not None


class _Program:
    def __init__(self, units: list[tree.Unit], options: CompileOptions, uses: Uses | None = None) -> None:
        self._units = units
        self._options = options
        self._findings = Findings(options.dialect)
        self._shared = Shared(self._findings, uses=uses)
        self._library = Globals()
        self._globals = Globals(outer=self._library)
        self._items = Items(self._findings, self._globals)
        self._files = self._shared.files = [unit.file for unit in units]
        self._interfaces: dict[PouSymbol, Interface] = {}
        self._namespaces = Namespaces(self._findings, self._globals)
        self._classes = Classes(self._shared)
        self._starting = self._shared.starting = Starting(self._shared, self._globals)
        self._dynamic_memory = self._shared.dynamic_memory = DynamicMemory(self._shared, self._starting)
        self._variants: list[PouSymbol] = []  # whose bodies are still to be resolved
        self._shared.declare_variant = self._declare_variant
        self._running: list[Running] = []
        self._configured: list[tree.VarBlock] = []  # the sections VAR_CONFIG
        self._accesses: list[tree.VarBlock] = []  # the sections VAR_ACCESS
        self._with_body: list[PouSymbol] = []
        self._shared.converter = self._converter
        self._converters: dict[str, PouSymbol] = {}
        self._bodiless: list[PouSymbol] = []  # those of them that have no statements yet
        self._in_functions = Findings("rung")  # of which there can be none

    def resolve(self) -> tuple[Model | None, list[Diagnostic]]:
        configurations = self._collect()
        self._collect_library()
        if self._shared.uses is not None:
            self._note_declarations()
        self._classes.relate()
        self._relate_kinds()
        ordered = self._items.in_order()
        types = self._declare(ordered)
        self._shared.finish_types()
        symbols = [item for item in ordered if isinstance(item, PouSymbol)]
        for symbol in symbols:
            if not is_open(symbol):
                self._interfaces[symbol].declare_rest()
        members = [member for symbol in symbols for member in symbol.members()]
        promised = [member for symbol in self._classes.interfaces for member in members_of(symbol)]
        for symbol in members:
            assert symbol.owner is not None
            if not is_open(symbol):
                self._interfaces[symbol.owner].members[symbol].declare_rest()
        for symbol in promised:
            if not is_open(symbol):
                Interface(self._shared, symbol).declare_rest()
        self._classes.check()
        symbols = [symbol for symbol in (*symbols, *members) if not is_open(symbol)]
        self._with_body = symbols
        view = configurations[0][1] if configurations else self._globals
        tasks = self._tasks = Configurations(self._shared, view, self._options)
        tasks.resolve([configuration for configuration, _ in configurations], self._files)
        self._types = types
        self._declared = {symbol: symbol.pou.variables for symbol in symbols}
        self._bodies = {symbol: resolve_body(self._shared, symbol, self._starting) for symbol in symbols}
        self._configured_variables = configured = ConfiguredVariables(self._shared, view)
        declared = [configuration for configuration, _ in configurations]
        configured.resolve(self._configured, declared)
        tasks.resolve_events(declared)
        self._access_paths = accesses.resolve(self._shared, view, self._accesses, declared)
        self._start_pou = self._start(symbols, self._shared.instances, configured)
        return self.conclude()

    def conclude(self) -> tuple[Model | None, list[Diagnostic]]:
        """What is known only when every body is."""
        tasks, instances, configured = self._tasks, self._shared.instances, self._configured_variables
        while self._variants or self._bodiless or self._declare_chosen(list(self._bodies.values())):
            apart = not self._variants
            symbol = self._bodiless.pop() if apart else self._variants.pop(0)
            self._bodies[symbol] = resolve_body(self._apart() if apart else self._shared, symbol, self._starting)
        bodies = list(self._bodies.values())
        self._find_targets(bodies)
        calls = {body.symbol.pou: all_calls(body.calls, body.dispatches) for body in bodies}
        tasks.blocks.check_calls(body.symbol.pou for body in bodies)
        tasks.finish({callee for pou, callees in calls.items() for callee in callees if callee is not pou})
        made = {**self._starting.pous, **self._dynamic_memory.ending.pous}
        calls |= {pou: all_calls(here.calls, here.dispatches) for pou, here in made.items()}
        calls |= configured.calls | tasks.blocks.calls
        direct = {body.symbol.pou: body.direct for body in bodies}
        called_first = recursion.check(self._findings, calls, direct, self._shared.dispatches.values())
        exposed = expose(called_first)
        counting.settle(called_first, exposed)
        stack = stack_bytes(called_first, calls)
        all_tasks = configured.around(tasks.tasks)
        located = [*configured.located, *tasks.blocks.located]
        memory = self._memory(called_first, instances, located)
        unsound = self._in_functions.in_source_order(self._files)
        assert not unsound, [f"{finding.span}: {finding.message}" for finding in unsound]
        self._check(memory, instances, located)
        model = Model(
            self._options.name,
            tuple(self._files),
            self._types,
            tuple(called_first),
            memory,
            all_tasks,
            exposed,
            stack,
            self._start_pou,
            self._dynamic_memory.is_used,
            self._access_paths,
            self._shared_globals(),
            self._keeps_shared,
        )
        found = self._findings.in_source_order(self._files)
        return (None if self._findings.has_errors else model), found

    def resolve_again(self, changes: Sequence[FileChanges]) -> bool:
        """Give the POUs of some files their new bodies and own variables. What all others see of them is the same;
        false when something else may not be.
        """
        changed = {change.before.file: change for change in changes}
        texts = [unit.file.text for change in changes for unit in (change.before, change.after)]
        if self._findings.are_about(changed) or self._begins_in(changed) or any(map(_MADE_BY_BODIES.search, texts)):
            return False
        before = self._findings.number, len(self._shared.instances), len(self._shared.dispatches)
        symbols = [symbol for symbol in self._bodies if symbol.pou.span.file in changed]
        gone: dict[Pou, frozenset[str]] = {}
        for symbol in symbols:
            change = changed[symbol.pou.span.file]
            if symbol not in self._declared or symbol.running:
                return False  # a variant, or values with places
            if symbol.declaration.span in change.own:
                gone[symbol.pou] = change.own[symbol.declaration.span]
            self._renew(symbol, change)
        for change in changes:
            self._tasks.move(change.moved)
        self._units = [changed[unit.file].after if unit.file in changed else unit for unit in self._units]
        if not self._declare_again(changes, symbols, gone):
            return False
        self._files[:] = [changed[file].after.file if file in changed else file for file in self._files]
        bodies = {symbol: resolve_body(self._shared, symbol, self._starting) for symbol in symbols}
        after = self._findings.number, len(self._shared.instances), len(self._shared.dispatches)
        if before != after or self._variants or self._bodiless:
            return False
        made = {symbol.pou for symbol in self._bodies if symbol not in self._declared}
        for symbol, body in bodies.items():
            old = self._bodies[symbol]
            if old.dispatches.keys() != body.dispatches.keys() or made & (old.calls.keys() ^ body.calls.keys()):
                return False  # something may be there for nobody any more
        self._bodies |= bodies
        return True

    def _begins_in(self, files: Container[SourceFile]) -> bool:
        """Whether something there is done rather than known when an instance begins or ends: these statements have
        places of their own.
        """
        start = self._start_pou.body if self._start_pou is not None else ()
        made = (*self._starting.pous, *self._dynamic_memory.ending.pous)
        places = [*(pou.span for pou in made), *(statement.span for statement in start)]
        places += [wish.span for wish in self._shared.running_fields.values()]  # they are in the bodies of others, too
        return any(span.file in files for span in places)

    def _renew(self, symbol: PouSymbol, change: FileChanges) -> None:
        """The state before the body, with the places of the new version."""
        new = change.declarations[symbol.declaration.span]
        name = replace(symbol.declaration.name, span=change.moved[symbol.declaration.name.span])
        if symbol.declaration.span in change.own and isinstance(new, tree.PouDeclaration | tree.MethodDeclaration):
            symbol.declaration = replace(symbol.declaration, variables=new.variables)
        symbol.declaration = replace(symbol.declaration, name=name, body=new.body, span=new.span)
        symbol.scope.reported.clear()
        symbol.pou.variables = self._declared[symbol]
        symbol.pou.span = change.moved.get(symbol.pou.span, symbol.pou.span)
        for variable in symbol.pou.variables:
            variable.span = change.moved.get(variable.span, variable.span)
            if variable.storage is Storage.STACK:  # where references led to it
                variable.storage = Storage.FRAME

    def _declare_again(
        self, changes: Sequence[FileChanges], symbols: Sequence[PouSymbol], gone: dict[Pou, frozenset[str]]
    ) -> bool:
        """The POUs whose own variables are declared otherwise; `gone` has those that are not there any more."""
        if any(self._may_leave_library(change) for change in changes if change.own):
            return False
        again = dict.fromkeys(symbol.owner or symbol for symbol in symbols if symbol.pou in gone)
        if not again:
            return True
        has_block = any(symbol.pou.instance is not None for symbol in again)
        if are_mentioned({key for keys in gone.values() for key in keys}, self._files) or (
            has_block and sizes_are_asked(self._files)
        ):
            return False
        redeclaring = Redeclaring(self._shared, self._starting, self._types)
        for symbol in again:
            everything = [symbol, *symbol.members()]
            if not set(everything) <= set(symbols):
                return False
            keys = {one.pou: gone.get(one.pou, frozenset[str]()) for one in everything}
            interface = redeclaring.declare(symbol, keys, self._bodies)
            if interface is None:
                return False
            self._interfaces[symbol] = interface
            self._declared |= {one: one.pou.variables for one in everything}
        return True

    def _may_leave_library(self, change: FileChanges) -> bool:
        """Whether a type of the library is named by nobody any more: then the program does not have it."""
        less = _types_named(change.before) - _types_named(change.after)
        less = {key for key in less if self._library.find_type(key) is not None}
        return bool(less) and not less <= set().union(*map(_types_named, self._units))

    def understood(self, model: Model | None, findings: list[Diagnostic]) -> Understood:
        uses = self._shared.uses
        assert uses is not None
        return Understood(model, findings, self._shared, self._globals, tuple(self._with_body), uses)

    def _note_declarations(self) -> None:
        """What has a name before anything is resolved. Variables, fields and enumerators follow."""
        for item in self._items.all:
            if isinstance(item, TypeSymbol | PouSymbol):
                self._shared.note(item.declaration.name.span, item)
        for symbol in (*self._classes.blocks, *self._classes.interfaces):
            self._shared.note(symbol.declaration.name.span, symbol)
            actions = symbol.actions if isinstance(symbol, PouSymbol) else {}
            for member in (*symbol.properties.values(), *symbol.methods.values(), *actions.values()):
                self._shared.note(member.declaration.name.span, member)

    # ------------------------------------------------------------------------------------------------------ collecting

    def _collect(self) -> list[tuple[tree.ConfigurationDeclaration, Globals]]:
        """Every declaration of every file becomes a symbol; the configurations are kept for later."""
        for unit in self._units:
            self._namespaces.note(unit.declarations)
        configurations: list[tuple[tree.ConfigurationDeclaration, Globals]] = []
        for unit in self._units:
            work = [(declaration, self._namespaces.of_file(unit.usings)) for declaration in reversed(unit.declarations)]
            while work:
                declaration, view = work.pop()
                for finding in limits.of_declaration(declaration):
                    self._findings.add(finding)
                if isinstance(declaration, tree.NamespaceDeclaration):
                    inside = self._namespaces.inside(view, declaration)
                    work += [(each, inside) for each in reversed(declaration.declarations)]
                elif isinstance(declaration, tree.ConfigurationDeclaration):
                    configurations.append((declaration, view))
                else:
                    self._collect_one(declaration, view)
        for configuration, view in configurations:
            for block in resources.blocks_of(configuration, self._options.resource):
                self._globals_of(block, view)
        all_resources = [resource for configuration, _ in configurations for resource in configuration.resources]
        self._keeps_shared = not all_resources or resources.is_called(all_resources[0], self._options.resource)
        self._private = resources.private_keys(configuration for configuration, _ in configurations)
        self._items.find_clashes()
        self._namespaces.find_clashes()
        return configurations

    def _collect_one(self, declaration: tree.Declaration, view: Globals) -> None:
        """One declaration that stands in `view`."""
        match declaration:
            case tree.InterfaceDeclaration():
                self._namespaces.note_access(view, (declaration.name,), declaration.access)
                self._items.add_interface(self._classes.add_interface(declaration, view))
            case tree.TypeDeclaration():
                self._namespaces.note_access(view, (declaration.name,), declaration.access)
                self._items.add_type(TypeSymbol(declaration, view))
            case tree.PouDeclaration():
                self._namespaces.note_access(view, (declaration.name,), declaration.access)
                self._items.add_pou(self._pou_symbol(declaration, self._namespaces.of_pou(view, declaration)))
            case tree.GlobalDeclaration() if declaration.block.kind is not VarKind.GLOBAL:
                self._globals_of(declaration.block, view)
            case tree.GlobalDeclaration():
                names = [name for variable in declaration.block.variables for name in variable.names]
                self._namespaces.note_access(view, names, declaration.block.access)
                self._globals_of(declaration.block, view, declaration.list_name, declaration.qualified_only)
                if declaration.list_name is not None:
                    keys = self._globals.lists[view.prefix + declaration.list_name.key]
                    self._shared.note_list(declaration.list_name, keys)
            case tree.TestSuite():
                stem = re.sub(r".*[/\\]|\.\w*$", "", declaration.span.file.name)
                self._findings.add(SUITE_IN_PROGRAM.at(declaration.name.span, name=declaration.name.text, stem=stem))
            case tree.NamespaceDeclaration() | tree.ConfigurationDeclaration():
                raise AssertionError("these two hold declarations")

    def _start(
        self, symbols: Iterable[PouSymbol], instances: list[Variable], configured: ConfiguredVariables
    ) -> Pou | None:
        variables = [v for v in self._global_variables() if isinstance(v, Variable)]
        return self._starting.whole([*variables, *instances], self._running, symbols, configured)

    def _relate_kinds(self) -> None:
        """What an instance seen as a block may be of; the names that methods and properties have at all."""
        for symbol in self._classes.blocks:
            for block in symbol.lineage():
                if block.pou.instance is not None and Modifier.ABSTRACT not in symbol.modifiers:
                    self._shared.derived.setdefault(block.pou.instance, []).append(symbol)
            self._shared.member_keys.update((*symbol.methods, *symbol.actions, *symbol.properties))
        for interface in self._classes.interfaces:
            self._shared.member_keys.update((*interface.methods, *interface.properties))

    def _declare_variant(self, symbol: PouSymbol, has_body: bool) -> None:
        """A variant of a POU with ARRAY[*], which a body has just called."""
        interface = Interface(self._shared, symbol)
        interface.take_members()
        interface.declare_rest()
        if has_body:
            self._variants.append(symbol)

    def _declare_chosen(self, bodies: list[Body]) -> bool:
        """The variants that instances may choose; whether there are bodies to resolve now."""
        for choice, dispatch in self._shared.dispatches.items():
            for block in self._may_be(choice.seen_as) if choice.bounds else ():
                found = _implementation(block, choice)
                if found is not None and with_bounds(self._shared, found, dict(choice.bounds)) is None:
                    self._findings.add(limits.finding(limits.VARIANTS, self._first_call(bodies, dispatch)))
        return bool(self._variants)

    def _may_be(self, seen_as: BlockType | InterfaceType) -> list[PouSymbol]:
        """The blocks that an instance known as `seen_as` may be of."""
        found = [symbol for symbol in self._classes.blocks if Modifier.ABSTRACT not in symbol.modifiers]
        types = [(symbol, symbol.pou.instance) for symbol in found]
        return [symbol for symbol, block in types if block is not None and block.tag and block.is_a(seen_as)]

    def _find_targets(self, bodies: list[Body]) -> None:
        """Who can be meant by each call that the instance decides."""
        for choice, dispatch in self._shared.dispatches.items():
            for symbol in self._may_be(choice.seen_as):
                block = symbol.pou.instance
                assert block is not None
                if choice.key == DELETE:
                    dispatch.targets[block.tag] = self._dynamic_memory.ending.delete_of(block)
                    continue
                found = _implementation(symbol, choice)
                if found is not None and is_open(found):
                    found = with_bounds(self._shared, found, dict(choice.bounds)) if choice.bounds else None
                if found is not None and self._classes.is_as_promised(found, choice):
                    dispatch.targets[block.tag] = found.pou
                elif found is not None and not choice.key:
                    self._classes.refuse_body(found, choice, self._first_call(bodies, dispatch))

    def _first_call(self, bodies: list[Body], dispatch: Dispatch) -> Span:
        noted = [*(body.dispatches for body in bodies), *(here.dispatches for here in self._starting.pous.values())]
        return next(calls[dispatch] for calls in noted if dispatch in calls)

    def _globals_of(
        self, block: tree.VarBlock, view: Globals, of_list: tree.Name | None = None, qualified_only: bool = False
    ) -> None:
        if block.kind is VarKind.CONFIG:
            self._configured.append(block)
        elif block.kind is VarKind.ACCESS:
            self._accesses.append(block)
        else:
            self._items.add_globals(block, view, of_list, qualified_only)
        for finding in sections.check(block, None, is_strict=self._findings.is_strict):
            self._findings.add(finding)

    def _pou_symbol(self, declaration: tree.PouDeclaration, globals_: Globals) -> PouSymbol:
        name, kind = declaration.name, declaration.kind
        pou = Pou(globals_.title + name.text, kind, name.span)
        scope = PouScope(globals_, needs_external=self._findings.is_strict and globals_ is not self._library)
        symbol = PouSymbol(declaration, pou, scope)
        if kind is not PouKind.FUNCTION:
            pou.instance = BlockType(pou.name)
            if globals_ is self._library and not self._findings.is_strict:
                pou.instance.further_names = codesys_inputs(name.key)
            self._shared.block_symbols[pou.instance] = symbol
            self._classes.add(symbol)
        return symbol

    def _collect_library(self) -> None:
        if any("IQUERYINTERFACE" in file.text.upper() for file in self._files):
            self._collect_query_interface()
        library = Library(self._globals, self._items, self._files, lambda each: self._pou_symbol(each, self._library))
        declared = [declaration for unit in self._units for declaration in unit.declarations]
        types = (key for declaration in declared for key in references.types_of(declaration))
        library.collect(types, with_vendors=not self._findings.is_strict)

    def _collect_query_interface(self) -> None:
        unit, _ = parse(QUERY_INTERFACE)
        (declaration,) = unit.declarations
        assert isinstance(declaration, tree.InterfaceDeclaration)
        self._files.append(QUERY_INTERFACE)
        symbol = self._classes.add_interface(declaration, self._library)
        self._globals.interfaces["__SYSTEM.IQUERYINTERFACE"] = symbol

    def _converter(self, name: str) -> PouSymbol:
        """One of the functions behind the conversions, taken in where it is first called. A FUNCTION of the program
        hides only the name that it shares, so these have a table of their own.
        """
        symbol = self._converters.get(name)
        if symbol is None:
            symbol = self._converters[name] = self._library_symbol(converter_source(name))
            Interface(self._apart(), symbol).declare_rest()
            self._bodiless.append(symbol)
        return symbol

    def _apart(self) -> Shared:
        """Where these functions are resolved: they have no dialect, and no finding."""
        apart = replace(self._shared, findings=self._in_functions)
        apart.starting = self._starting
        return apart

    def _library_symbol(self, source: SourceFile) -> PouSymbol:
        unit, found = parse(source)
        assert not found, found
        self._files.append(source)
        (declaration,) = unit.declarations
        assert isinstance(declaration, tree.PouDeclaration)
        return self._pou_symbol(declaration, self._library)

    # ------------------------------------------------------------------------------------------------------- declaring

    def _declare(self, ordered: list[TypeSymbol | PouSymbol | GlobalItem]) -> tuple[Type, ...]:
        """Types, instances and global variables, each after what it needs. Returns the named types in this order."""
        types: dict[Type, None] = {}
        for item in ordered:
            match item:
                case TypeSymbol():
                    spec = TypeSpecs(Here(self._shared, PouScope(item.globals))).declared_type(item)
                    if spec is not None:
                        item.type, item.initial = spec.type, spec.initial
                        types[spec.type] = None
                case GlobalItem():
                    inside = Here(self._shared, PouScope(item.globals, siblings=item.siblings))
                    self._declare_globals(item, Declarer(inside, None))
                case PouSymbol():
                    interface = self._interfaces[item] = Interface(self._shared, item)
                    if item.pou.instance is not None:
                        interface.declare_members()
                        types[item.pou.instance] = None
        return tuple(types)

    def _declare_globals(self, item: GlobalItem, declarer: Declarer) -> None:
        names = [name for name in item.declaration.names for symbol in item.symbols if symbol.span == name.span]
        variables = declarer.declare(item.block, item.declaration, "", names)
        self._running += declarer.running
        for number, symbol in enumerate(item.symbols):
            symbol.variable = variables[number] if variables is not None else FAILED
            if isinstance(symbol.variable, Variable):
                symbol.variable.name = symbol.name  # with its namespace, and the name of its list where that is needed

    # ---------------------------------------------------------------------------------------------------------- memory

    def _memory(
        self, pous: Iterable[Pou], instances: list[Variable], configured: list[Variable]
    ) -> tuple[Variable, ...]:
        """Every variable that has an absolute place, those with an address last."""
        variables = [v for v in self._global_variables() if v is not None and not isinstance(v, Failed)]
        variables += [*instances, *configured]
        variables += [v for pou in pous for v in pou.variables if v.storage is Storage.MEMORY]
        located = [v for v in variables if v.address is not None]
        return (*(v for v in variables if v.address is None), *located, *self._shared.direct.values())

    def _global_variables(self) -> list[Variable | Failed | None]:
        tables = (self._globals.variables, self._library.variables)
        return [symbol.variable for table in tables for symbol in table.values()]

    def _shared_globals(self) -> frozenset[Variable]:
        """What a chosen resource has in common with the others: its own globals and constants are not."""
        if self._options.resource is None:
            return frozenset()
        symbols = [symbol for key, symbol in self._globals.variables.items() if key not in self._private]
        found = [symbol.variable for symbol in symbols if isinstance(symbol.variable, Variable)]
        return frozenset(variable for variable in found if not variable.constant)

    def _check(self, memory: tuple[Variable, ...], instances: list[Variable], configured: list[Variable]) -> None:
        located = [v for v in memory if v.address is not None]
        outputs = [v for v in configured if v.name.startswith("%Q")]  # several may take one input
        declared = [v for v in located if not v.name.startswith("%") or v in outputs]
        globals_ = [s.variable for s in self._globals.variables.values() if isinstance(s.variable, Variable)]
        for finding in (
            *address_overlap.check(declared),
            *program_names.check(instances, globals_),
            *memory_size.check(memory),
        ):
            self._findings.add(finding)


_MADE_BY_BODIES = re.compile(
    r"(?<!AT)(?<!AT )%|%[IQM]\*|__NEW|__DELETE|\bQUALITY(?:_REASON)?\s*\(|\bQUALITY_(?:REASON_)?CODE\b"
    r"|\b(?:LOSE|DOUBT|FREEZE|RESTORE)_(?:INPUT|DEVICE)\s*\(",
    re.IGNORECASE,
)
"""In a text where bodies make more than statements: direct addresses, memory for objects, types of the library."""


def _types_named(unit: tree.Unit) -> set[str]:
    return {key for declaration in unit.declarations for key in references.types_of(declaration)}


def _implementation(symbol: PouSymbol, choice: Choice) -> PouSymbol | None:
    return implementation(symbol, choice.key) if choice.key else symbol

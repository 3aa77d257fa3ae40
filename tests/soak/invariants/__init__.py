"""What must hold, whatever happens. `All` has one of each."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from tests.soak.invariants.answers import AnswersAreDocumented, ServiceAnswers, WrongOrderIsRefused
from tests.soak.invariants.base import Invariant
from tests.soak.invariants.counting import EveryEdgeIsAnswered, EveryScanCounts, RetainedNeverGoesBack
from tests.soak.invariants.fields import (
    InputIsGoodAgain,
    LostInputIsBad,
    OutputsAreDrivenOrSafe,
    OutputsAreSafe,
)
from tests.soak.invariants.leaks import DescriptorsStay, MemoryStays, ProcessesAreKnown
from tests.soak.invariants.remains import LogIsClean, NothingIsLeft, RecordingRepeats, RetainedCanBeRead
from tests.soak.invariants.variables import ChangeCarries, ClientsSeeThePlc, ForcedStaysForced, WrittenIsRead
from tests.soak.invariants.work import ComesBack, RefusalChangesNothing


class All(Struct):
    retained: RetainedNeverGoesBack = field(default_factory=RetainedNeverGoesBack)
    scans: EveryScanCounts = field(default_factory=EveryScanCounts)
    edges: EveryEdgeIsAnswered = field(default_factory=EveryEdgeIsAnswered)
    driven: OutputsAreDrivenOrSafe = field(default_factory=OutputsAreDrivenOrSafe)
    safe: OutputsAreSafe = field(default_factory=OutputsAreSafe)
    lost: LostInputIsBad = field(default_factory=LostInputIsBad)
    again: InputIsGoodAgain = field(default_factory=InputIsGoodAgain)
    forced: ForcedStaysForced = field(default_factory=ForcedStaysForced)
    written: WrittenIsRead = field(default_factory=WrittenIsRead)
    carries: ChangeCarries = field(default_factory=ChangeCarries)
    clients: ClientsSeeThePlc = field(default_factory=ClientsSeeThePlc)
    back: ComesBack = field(default_factory=ComesBack)
    unchanged: RefusalChangesNothing = field(default_factory=RefusalChangesNothing)
    documented: AnswersAreDocumented = field(default_factory=AnswersAreDocumented)
    refused: WrongOrderIsRefused = field(default_factory=WrongOrderIsRefused)
    answers: ServiceAnswers = field(default_factory=ServiceAnswers)
    processes: ProcessesAreKnown = field(default_factory=ProcessesAreKnown)
    descriptors: DescriptorsStay = field(default_factory=DescriptorsStay)
    memory: MemoryStays = field(default_factory=MemoryStays)
    recordings: RecordingRepeats = field(default_factory=RecordingRepeats)
    stored: RetainedCanBeRead = field(default_factory=RetainedCanBeRead)
    log: LogIsClean = field(default_factory=LogIsClean)
    nothing: NothingIsLeft = field(default_factory=NothingIsLeft)

    def __iter__(self) -> Iterator[Invariant]:
        return (getattr(self, name) for name in self.__struct_fields__)

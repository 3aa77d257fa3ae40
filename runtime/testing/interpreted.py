"""The tasks of a program as the interpreter runs them, for the kernel to call where machine code would be.

Slow, and the same byte for byte; it knows which statements it runs.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from iec61131 import compiler
from iec61131.compiler import CompileOptions
from iec61131.interpreter import Fault, InputRow, Interpreter
from iec61131.program import HEADER, SIGNAL_COLUMNS, CompiledProgram
from iec61131.semantics.layout import MemoryLayout
from iec61131.semantics.model import Model, Statement
from iec61131.source import SourceFile, Span

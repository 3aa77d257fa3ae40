"""Samples of several variables at the same times. Plain data."""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray


class Signals(Struct, frozen=True):
    """`time_s` (n,); in `values` an array (n,) for each name. Between two samples a signal keeps its value."""

    time_s: NDArray[np.float64]
    values: dict[str, NDArray[Any]]

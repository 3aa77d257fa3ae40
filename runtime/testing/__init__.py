"""A PLC in virtual time, for tests of control programs without hardware and without waiting.

```python
from runtime.testing import load

plc = load("programs/traffic_light")
plc["Crossing.Request"] = True
plc.advance("20s")
assert plc["Crossing.Served"] == 1
```

It is the same kernel, the same machine code and the same memory as in production; only nobody sleeps between two ticks.
The model of a plant takes part with `load(folder, around(model))`. Under pytest the fixture `load_plc` does what `load`
does, and looks after the PLC (`pytest_plugin`). Of a project with several RESOURCEs `load_configuration`
makes one PLC each.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.testing.plants import around
    from runtime.testing.virtual_configuration import VirtualConfiguration, load_configuration
    from runtime.testing.virtual_plc import LoadPlc, VirtualPlc, load

__all__ = ["LoadPlc", "VirtualConfiguration", "VirtualPlc", "around", "load", "load_configuration"]

_HOME = {
    "LoadPlc": "virtual_plc",
    "VirtualConfiguration": "virtual_configuration",
    "VirtualPlc": "virtual_plc",
    "around": "plants",
    "load": "virtual_plc",
    "load_configuration": "virtual_configuration",
}


def __getattr__(name: str) -> object:
    """pytest imports the plugin in this folder in every run, which need not wait for the compiler."""
    if name not in _HOME:
        raise AttributeError(name)
    return getattr(import_module(f"runtime.testing.{_HOME[name]}"), name)

"""A PLC in virtual time, for tests of control programs without hardware and without waiting.

```python
from runtime.testing import load

plc = load("programs/traffic_light")
plc.set("Crossing.Request", True)
plc.advance("20s")
assert plc.get("Crossing.Served") == 1
```

It is the same kernel, the same machine code and the same memory as in production; only nobody sleeps between two ticks.
The model of a plant takes part with `load(folder, around(model))`.
"""

from __future__ import annotations

from runtime.testing.around import around
from runtime.testing.virtual_plc import VirtualPlc, load

__all__ = ["VirtualPlc", "around", "load"]

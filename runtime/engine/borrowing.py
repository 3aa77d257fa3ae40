"""`borrowed(arrays)`: a tuple of arrays whose references nobody counts.

numba counts the references to each array of a tuple whenever the tuple goes into a function, two locked instructions
each. A scan passes the thirty arrays of its view to a dozen functions: half of the time of a small program. Whoever
calls a loop holds the arrays until it returns, so within it there is nothing to be counted.
"""

# numba and llvmlite ship no types: what their intrinsics return is known to the compiler only.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportCallIssue=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.extending import intrinsic


@intrinsic
def borrowed(typingctx: Any, arrays: Any) -> Any:
    """The same tuple. It must not outlive the call that `arrays` came into."""

    def codegen(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        value = args[0]
        for number, array_type in enumerate(signature.args[0]):
            array = context.make_array(array_type)(context, builder, builder.extract_value(value, number))
            array.meminfo = array.meminfo.type(None)
            value = builder.insert_value(value, array._getvalue(), number)  # noqa: SLF001 - numba's way to say it
        return value

    return arrays(arrays), codegen

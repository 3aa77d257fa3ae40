"""Who asks, for the routes: as established by the guard."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from runtime.service.access import Principal


def _who(request: Request) -> Principal:
    principal: Principal = request.state.principal
    return principal


Who = Annotated[Principal, Depends(_who)]

"""`rung change http://127.0.0.1:8880/tank DIR`: upload the version, then have the service change over to it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from runtime.service import resources
from runtime.service.change import saying
from runtime.service.change.door import WRONG, Answer
from runtime.service.client import OK, USAGE, access_token, ask, connect
from runtime.service.config import load_project
from runtime.service.config.project import ProjectConfig
from runtime.service.errors import RequestError
from runtime.service.http import models
from runtime.service.http.upload import bundle
from runtime.service.refused import Refused
from runtime.service.retain.carrying import Row
from runtime.service.retain.recalling import row_text
from runtime.service.versions import is_name

_MOST_ROWS = 40


def change(arguments: argparse.Namespace) -> Answer:
    """Raises Refused, or CompileError for a wrong project."""
    service, _, plc = arguments.plc.rstrip("/").rpartition("/")
    if not service.partition("://")[2] or not is_name(plc):
        raise Refused(f"'{arguments.plc}' is no address of a PLC; write it as http://127.0.0.1:8880/tank", USAGE)
    with connect(service, access_token(arguments.token_file)) as client:
        digest = None
        if not arguments.back:
            project = load_project(arguments.folder)
            files = {source.name: source.shown for source in (project.document.file, *project.sources)}
            try:
                bundle(files)
            except RequestError as error:
                raise Refused(str(error), WRONG) from error
            body = {"files": files, "resource": _resource(project, plc)}
            digest = ask(client, models.Uploaded, "PUT", f"/api/plcs/{plc}/program", body).digest
        body = {"digest": digest, "back": arguments.back, "accept": arguments.accept}
        looked = ask(client, models.Change, "POST", f"/api/plcs/{plc}/change", {**body, "dry_run": True})
        lines = [*_lines(looked)]
        if looked.needs_restart:
            return Answer(lines, status=WRONG)
        if arguments.dry_run:
            return Answer(lines)
        if looked.needs_consent and not arguments.accept:
            return Answer([*lines, saying.CONSENT], status=WRONG)
        made = ask(client, models.Change, "POST", f"/api/plcs/{plc}/change", {**body, "dry_run": False})
        took = f"{(made.moved_bytes or 0) / 1024:,.1f} KiB in {made.handover_us or 0:,.0f} us"
        return Answer([*lines, f"the program was changed between two scans: {took}"], done=True, status=OK)


def _resource(project: ProjectConfig, plc: str) -> str | None:
    """The RESOURCE of several that the PLC is called after."""
    names = resources.names_of(project)
    return next((name for name in names if plc.upper().endswith(f"-{name.upper()}")), None)


def _lines(looked: models.Change) -> Iterator[str]:
    numbers = {name: getattr(looked, name) for name in ("kept", "converted", "dropped", "new")}
    yield "variables: " + (", ".join(f"{number:,} {name}" for name, number in numbers.items() if number) or "none")
    shown = [*looked.losses, *looked.others]
    yield from (f"  {row_text(Row(row.path, row.became, row.note))}" for row in shown[:_MOST_ROWS])
    if len(shown) > _MOST_ROWS:
        yield f"  and {len(shown) - _MOST_ROWS:,} more"
    yield from (f"needs a restart: {obstacle}" for obstacle in looked.needs_restart)

"""Asks ``manage.py doctor`` and reads what it says."""

import io
import json
from dataclasses import dataclass
from typing import Any

from django.core.management import call_command


@dataclass
class Told:
    name: str
    state: str
    said: str
    mend: str


def doctor(*only: str, code: int | None = None, **options: Any) -> dict[str, Told]:
    """By check. Without ``code`` it has to end with 1 where something failed, and with 0 elsewhere."""
    out = io.StringIO()
    ended: object = 0
    try:
        call_command("doctor", json=True, only=[*only], stdout=out, **options)
    except SystemExit as end:
        ended = end.code
    answer = json.loads(out.getvalue())
    states = [finding["state"] for check in answer["checks"] for finding in check["findings"]]
    assert ended == (("failed" in states) if code is None else code)
    assert answer["ok"] is (ended == 0)
    return {each["name"]: told(each) for each in answer["checks"]}


def told(check: dict[str, Any]) -> Told:
    findings = check["findings"]
    assert all(("mend" in each) == (each["state"] in {"warning", "failed"}) for each in findings)
    return Told(
        check["name"],
        check["state"],
        "; ".join(each["said"] for each in findings),
        "; ".join(each["mend"] for each in findings if "mend" in each),
    )

import asyncio
import time
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from monitor.checks.probes import PROBE_KINDS, run_probe
from myweb.errors import Refused
from myweb.network_policy import Reach


class Command(BaseCommand):
    help = (
        "Probes another machine once: probe http https://example.com, probe tcp db.example.com:5432, probe ping HOST, "
        "probe dns NAME, probe tls HOST. Exits with 0 on success, 1 on failure, 2 if the result is unknown."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=[kind for kind in PROBE_KINDS if kind != "command"])
        parser.add_argument("target")
        parser.add_argument("--timeout", type=float, default=10, metavar="SECONDS")
        parser.add_argument(
            "--option",
            "-o",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="expectations: status=200-399, keyword=ok, record=MX, server=192.0.2.1:53, days=21, verify=no",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        values = dict(option.partition("=")[::2] for option in options["option"])
        values = {name: {"yes": "true", "no": "false"}.get(value, value) for name, value in values.items()}
        try:
            probe = msgspec.convert({"target": options["target"], **values}, PROBE_KINDS[options["kind"]], strict=False)
            probe.check()
        except (msgspec.ValidationError, Refused) as error:
            raise CommandError(str(getattr(error, "text", error)), returncode=2) from None
        started = time.perf_counter()
        result = asyncio.run(run_probe(probe, options["timeout"], Reach.EVERYWHERE))
        self.stdout.write(result.message)
        if result.numbers:
            self.stdout.write(result.figures)
        if not result.ok:
            why = "Unknown" if result.ok is None else "It failed"
            raise CommandError(
                f"{why} after {time.perf_counter() - started:.2f} s.", returncode=2 - (result.ok is False)
            )

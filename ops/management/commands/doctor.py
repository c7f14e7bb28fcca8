import json
import logging
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from myweb.formats import format_duration
from ops.doctor.finding import FindingState, format_count
from ops.doctor.registry import CHECKS
from ops.doctor.runner import CheckReport, run_checks, run_checks_apart
from ops.doctor.site_client import InvalidAddress, SiteClient

WIDTH = max(map(len, CHECKS))


class Command(BaseCommand):
    help = (
        "Checks every part of the site and says how to fix problems. Exits with 1 if a check failed. It "
        "changes nothing and prints no secrets. The checks: " + ", ".join(CHECKS) + "."
    )
    requires_system_checks: list[str] = []  # it runs when something is wrong
    requires_migrations_checks = False
    run_checks = staticmethod(run_checks)

    def run_from_argv(self, argv: list[str]) -> None:
        """On a command line, where no threads run yet, it can fork."""
        self.run_checks = run_checks_apart
        super().run_from_argv(argv)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--only",
            action="append",
            choices=CHECKS,
            metavar="NAME",
            help="run only this check; can be repeated",
        )
        parser.add_argument(
            "--url",
            default="",
            help="ask the site there, still under its own name: http://127.0.0.1:8080, or the path of a unix socket "
            "(default: MYWEB_FRONT, else the first of MYWEB_ORIGINS)",
        )
        parser.add_argument("--strict", action="store_true", help="exit with 1 also after a warning")
        parser.add_argument("--json", action="store_true", help="output as JSON: one object with every check")

    def handle(self, *args: Any, **options: Any) -> None:
        site = self.site(options["url"])
        chosen = {name: check for name, check in CHECKS.items() if name in (options["only"] or CHECKS)}
        before = logging.root.manager.disable
        logging.disable(logging.CRITICAL)  # the doctor reports what libraries would log
        try:
            reports: list[CheckReport] = []
            for report in self.run_checks(chosen, lambda: site.with_origin(site.origin)):
                reports.append(report)
                if not options["json"]:
                    self.print_report(report)
        finally:
            logging.disable(before)
        threshold = FindingState.WARNING if options["strict"] else FindingState.FAILED
        bad = [report for report in reports if report.state >= threshold]
        if options["json"]:
            self.stdout.write(
                json.dumps({"ok": not bad, "checks": [report_to_dict(report) for report in reports]}, indent=1)
            )
        else:
            self.print_summary(reports)
        if bad:
            sys.exit(1)

    @staticmethod
    def site(url: str) -> SiteClient:
        """Requests carry the first host name of the site, or that of --url if it is one of them."""
        try:
            return SiteClient(url.rstrip("/"), url.rstrip("/") if url.rstrip("/") in settings.ORIGINS else "")
        except InvalidAddress as wrong:
            raise CommandError(str(wrong)) from None

    def print_report(self, report: CheckReport) -> None:
        styles = {
            FindingState.OK: self.style.SUCCESS,
            FindingState.WARNING: self.style.WARNING,
            FindingState.FAILED: self.style.ERROR,
        }
        paint, state = styles.get(report.state, str), report.state.name.lower()
        first = report.problems[0].message if report.problems else report.message
        self.stdout.write(f"{paint(f'{state:8}')} {report.name:{WIDTH}}  {first}")
        for number, finding in enumerate(report.problems):
            if number:
                self.stdout.write(f"{'':{WIDTH + 11}}{finding.message}")
            self.stdout.write(f"{'':{WIDTH + 11}}hint: {finding.hint}")

    def print_summary(self, reports: list[CheckReport]) -> None:
        count = {state: sum(report.state == state for report in reports) for state in FindingState}
        parts = [
            *([f"{count[FindingState.FAILED]} failed"] if count[FindingState.FAILED] else []),
            *([format_count(count[FindingState.WARNING], "warning")] if count[FindingState.WARNING] else []),
            *([f"{count[FindingState.UNKNOWN]} unknown"] if count[FindingState.UNKNOWN] else []),
            f"{count[FindingState.OK]} ok",
            *([f"{count[FindingState.SKIPPED]} skipped"] if count[FindingState.SKIPPED] else []),
        ]
        self.stdout.write(f"\n{', '.join(parts)}, in {format_duration(sum(report.seconds for report in reports))}")


def report_to_dict(report: CheckReport) -> dict[str, Any]:
    return {
        "name": report.name,
        "state": report.state.name.lower(),
        "seconds": round(report.seconds, 3),
        "findings": [
            {
                "state": finding.state.name.lower(),
                "message": finding.message,
                **({"hint": finding.hint} if finding.hint else {}),
            }
            for finding in report.findings
        ],
    }

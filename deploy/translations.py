"""``python -m deploy.translations`` reports missing translations and outdated compiled catalogues."""

import sys
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
FIX = "manage.py compilemessages (which needs gettext) brings it up to date"


def find_gaps(source: Path) -> list[str]:
    catalogue = polib.pofile(str(source))
    found = [f"{source}: not translated: {entry.msgid}" for entry in catalogue.untranslated_entries()]
    found += [f"{source}: unsure: {entry.msgid}" for entry in catalogue.fuzzy_entries()]
    compiled = source.with_suffix(".mo")
    if not compiled.exists() or list_messages(polib.mofile(str(compiled))) != list_messages(
        catalogue.translated_entries()
    ):
        found.append(f"{compiled} is older than its source: {FIX}.")
    return found


def list_messages(entries: list[polib.POEntry]) -> dict[tuple[str, str | None], object]:
    return {(entry.msgid, entry.msgctxt): entry.msgstr_plural or entry.msgstr for entry in entries}


def main() -> None:
    found = [gap for source in sorted(ROOT.glob("*/locale/*/LC_MESSAGES/*.po")) for gap in find_gaps(source)]
    if found:
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main()

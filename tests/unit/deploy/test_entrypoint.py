"""deploy/docker/entrypoint, as a pod's init container runs it."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
PYTHON = """#!/bin/sh
echo "$*" >>"{folder}/calls"
case $(wc -l <"{folder}/calls") in
  1 | 2) printf 'Traceback ...\\nOperationalError: password authentication failed for user "myweb"\\n\\n' >&2 ;;
  3) ;;
  *) exit 0 ;;
esac
exit 1
"""


def test_a_pod_that_waits_for_the_migrations_says_why_and_says_it_once(tmp_path: Path) -> None:
    for name, text in {"python": PYTHON.format(folder=tmp_path), "sleep": "#!/bin/sh\n"}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        [ROOT / "deploy/docker/entrypoint", "wait-for-migrations"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == [
        'waiting: OperationalError: password authentication failed for user "myweb"',
        "waiting: the database is not migrated yet",
    ]
    assert (tmp_path / "calls").read_text().splitlines() == ["manage.py migrate --check"] * 4

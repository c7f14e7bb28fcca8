"""Joins the modules and styles that pages load, by esbuild, when static files are collected.

A page then requests a few files; in development it loads every module by itself.
"""

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.template.utils import get_app_template_dirs

FOLDER = "joined"  # in STATIC_ROOT
NAMED = re.compile(r"""\{%\s*(?:static|module)\s+['"]([\w./-]+\.(?:js|css))['"]""")
# A classic script shares its names with the page, so it stays as it is.
CLASSIC = re.compile(r"""(?:<script defer src|data-plot)="\{% static '([\w./-]+)'""")
# Modules here do nothing when they are imported, so a page that needs one of them loads the shared ones as one file.
FOUNDATIONS = ("myweb/", "realtime/")
OPTIONS = (
    "--bundle",
    "--splitting",
    "--minify",
    "--format=esm",
    "--target=es2022",
    "--charset=utf8",
    "--legal-comments=inline",
    "--log-level=warning",
    "--metafile=/dev/stdout",
    "--outbase=.",
    f"--outdir={FOLDER}",
    "--chunk-names=parts/[hash]",
)

Graph = dict[str, dict[str, Any]]  # file -> what esbuild tells about it
Imports = dict[str, list[str]]  # entry -> the files that it imports, directly or not


def find_esbuild() -> str | None:
    """The program that package.json pins, or the system's."""
    installed = sorted(Path(settings.BASE_DIR).glob("node_modules/@esbuild/*/bin/esbuild"))
    return str(installed[0]) if installed else shutil.which("esbuild")


def find_entries(root: Path) -> list[str]:
    """The modules and styles that the templates of this project name."""
    named: set[str] = set()
    classic: set[str] = set()
    for folder in get_app_template_dirs("templates"):
        if folder.is_relative_to(settings.BASE_DIR) and ".venv" not in folder.parts:
            text = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.html"))
            named.update(NAMED.findall(text))
            classic.update(CLASSIC.findall(text))
    return sorted(name for name in named - classic if (root / name).exists())


def join_files(esbuild: str, root: Path) -> tuple[list[str], Imports]:
    """Writes ``joined/ENTRY`` for each entry below ``root``, and the parts that entries share.

    Returns the names of the new files, and the parts of each entry. Raises :class:`subprocess.CalledProcessError`.
    """
    entries = find_entries(root)
    sources = run_esbuild(esbuild, root, entries)["inputs"]
    imports = {entry: list_imports(sources, entry) for entry in entries}
    used = Counter(name for names in imports.values() for name in names if name.startswith(FOUNDATIONS))
    shared = sorted(name for name, count in used.items() if count > 1 and name not in imports and name.endswith(".js"))
    with TemporaryDirectory() as folder:
        stubs = {
            entry: write_stub(Path(folder), root, entry, shared) if {*shared} & {*names} else entry
            for entry, names in imports.items()
        }
        named = [f"{Path(entry).with_suffix('')}={stub}" for entry, stub in stubs.items()]
        outputs = run_esbuild(esbuild, root, named)["outputs"]
    return list(outputs), {entry: list_imports(outputs, f"{FOLDER}/{entry}") for entry in entries}


def write_stub(folder: Path, root: Path, entry: str, shared: list[str]) -> str:
    """An entry that imports all shared modules first: esbuild joins modules that the same entries import."""
    stub = folder / entry.replace("/", "-")
    lines = [f'import "{root / name}";' for name in shared]
    stub.write_text("\n".join([*lines, f'export * from "{root / entry}";\n']), encoding="utf-8")
    return str(stub)


def run_esbuild(esbuild: str, root: Path, entries: list[str]) -> dict[str, Graph]:
    shutil.rmtree(root / FOLDER, ignore_errors=True)
    done = subprocess.run([esbuild, *entries, *OPTIONS], cwd=root, check=True, stdout=subprocess.PIPE, text=True)
    graphs: dict[str, Graph] = json.loads(done.stdout)
    return graphs


def list_imports(graph: Graph, name: str) -> list[str]:
    """What a file imports before it runs, in the order in which a browser finds it."""
    found: list[str] = []
    waiting = [name]
    while waiting:
        imported = [each["path"] for each in graph[waiting.pop(0)]["imports"] if each["kind"] == "import-statement"]
        new = [path for path in dict.fromkeys(imported) if path not in found]
        found += new
        waiting += new
    return found

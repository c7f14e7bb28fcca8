import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

from myweb.bundles import FOLDER, Imports, find_esbuild, join_files

logger = logging.getLogger(__name__)


class ModuleManifestStorage(ManifestStaticFilesStorage):
    """Joins modules and styles, and hashes all paths inside them, so that every file can be cached forever.

    ``imports`` is what each joined module imports, by the names under which the files are served.
    """

    support_js_module_import_aggregation = True
    max_post_process_passes = 20  # modules import each other more than five levels deep

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.imports: Imports = json.loads(self.read_manifest() or "{}").get("imports", {})

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        self.imports = {}
        esbuild = find_esbuild()
        if esbuild is None:
            logger.warning(
                "esbuild is not installed, so pages load every module by itself: npm ci --omit=dev installs it."
            )
        elif not dry_run:
            written, self.imports = join_files(esbuild, Path(self.location))
            paths = {**paths, **{name: (self, name) for name in written}}
        yield from super().post_process(paths, dry_run, **options)

    def save_manifest(self) -> None:
        """Pages get the joined file by the name of its entry."""
        files = self.hashed_files
        files |= {entry: files[f"{FOLDER}/{entry}"] for entry in self.imports}
        self.imports = {entry: [files[part] for part in parts] for entry, parts in self.imports.items() if parts}
        super().save_manifest()
        path = Path(self.path(self.manifest_name))
        manifest = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**manifest, "imports": self.imports}), encoding="utf-8")

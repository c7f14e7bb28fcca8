"""``python -m deploy.compress DIRECTORY`` writes a .gz beside each static text file, for nginx's gzip_static."""

import gzip
import sys
from pathlib import Path

KINDS = {".css", ".js", ".mjs", ".svg", ".json", ".txt", ".webmanifest"}
WORTHWHILE = 900  # bytes; smaller files fit into one packet


def compress_files(directory: Path) -> int:
    done = 0
    for path in directory.rglob("*"):
        if path.suffix not in KINDS or path.stat().st_size < WORTHWHILE:
            continue
        squeezed = path.with_name(f"{path.name}.gz")
        if squeezed.exists() and squeezed.stat().st_mtime >= path.stat().st_mtime:
            continue
        squeezed.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
        done += 1
    return done


if __name__ == "__main__":
    print(f"{compress_files(Path(sys.argv[1]))} files compressed")

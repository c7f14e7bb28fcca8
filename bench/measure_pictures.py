"""What the process of a picture takes, without the site: ``python -m bench.measure_pictures COUNT`` prints a row.

With the name of a file instead it writes such a photo.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.load.usage import percentiles

CHILD = Path(__file__).parents[1] / "files" / "picture_child.py"
WIDTH, HEIGHT = 4_000, 3_000


def make_photo(width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """A JPEG, by default of 12 megapixels, with as many bytes as a photo: coarse colours and fine noise."""
    from PIL import Image

    coarse = [Image.effect_noise((width // 16, height // 16), 120).resize((width, height)) for _colour in range(3)]
    fine = Image.effect_noise((width, height), 25)
    out = io.BytesIO()
    Image.blend(Image.merge("RGB", coarse), Image.merge("RGB", [fine] * 3), 0.35).save(out, "JPEG", quality=92)
    return out.getvalue()


def main(count: int) -> None:
    times, memory, spent = [], 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "photo.jpg"
        # By another process: the memory of a child is counted from its fork, with that of its parent.
        subprocess.run([sys.executable, "-m", "bench.measure_pictures", str(source)], check=True)
        for _round in range(count):
            begun = time.perf_counter()
            with source.open("rb") as photo:
                argv = [sys.executable, "-I", str(CHILD), "JPEG", folder]
                child = subprocess.Popen(argv, stdin=photo, stdout=subprocess.DEVNULL)
                _pid, status, usage = os.wait4(child.pid, 0)
            times.append(time.perf_counter() - begun)
            if status:
                sys.exit(f"{CHILD.name} ended with {status}.")
            memory, spent = max(memory, usage.ru_maxrss), spent + usage.ru_utime + usage.ru_stime
    row = {"per_s": round(count / sum(times), 1), **percentiles(times), "cpu_s": round(spent / count, 2)}
    print(json.dumps(["process of a photo of 12 MP", row | {"rss_mb": round(memory / 1024), "bound_by": "server"}]))


if __name__ == "__main__":
    if sys.argv[1].isdecimal():
        main(int(sys.argv[1]))
    else:
        Path(sys.argv[1]).write_bytes(make_photo())

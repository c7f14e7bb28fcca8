"""Decodes one picture and writes what is shown of it, in a process of its own with limits.

``python -I picture_child.py FORMAT FOLDER [SHAPE] <picture >result``: FORMAT is the only decoder that is tried. It
writes ``picture`` and ``thumbnail`` into FOLDER and prints a :class:`PictureResult` of pictures.py as JSON. With SHAPE
both are squares: "cover" cuts off what is beyond, "contain" leaves the rest transparent. Nothing of the site is
imported: this process sees untrusted bytes, so it has no settings, no secrets and no database.
"""

import base64
import contextlib
import json
import math
import resource
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

MEGABYTE = 1024 * 1024
ADDRESS_SPACE = 640 * MEGABYTE
OUTPUT_SIZE = 100 * MEGABYTE
CPU_SECONDS = 40
OPEN_FILES = 32
MAX_PIXELS = {"JPEG": 210_000_000}  # as its header says; a JPEG is decoded in a smaller size right away
DEFAULT_MAX_PIXELS = 40_000_000
DRAFT_PIXELS = 17_000_000  # of a JPEG, from which on it is decoded in a smaller size
MAX_FRAMES = 500
MAX_FRAME_PIXELS = 200_000_000  # of all frames together
PICTURE_SIZE, THUMBNAIL_SIZE, TINY_SIZE = 4_096, 720, 8  # pixels of the longer side
SQUARE_SIZES = {"picture": 256, "thumbnail": 64}  # pixels
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38


class TooLarge(Exception):
    """More than is decoded."""


def limit_process() -> None:
    limits = {
        resource.RLIMIT_AS: ADDRESS_SPACE,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_FSIZE: OUTPUT_SIZE,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CORE: 0,
    }
    for what, limit in limits.items():
        hard = resource.getrlimit(what)[1]
        lower = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (lower, lower))
    if sys.platform == "linux":
        with contextlib.suppress(ImportError, OSError, MemoryError):  # a sandbox may forbid what ctypes needs
            import ctypes

            libc = ctypes.CDLL(None)
            libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # it does not survive its worker


def convert(source: Any, file_format: str, folder: Path, shape: str = "") -> dict[str, Any]:
    from PIL import Image, ImageOps

    limit = MAX_PIXELS.get(file_format, DEFAULT_MAX_PIXELS)
    Image.MAX_IMAGE_PIXELS = (
        limit // 2
    )  # Pillow raises above twice of it, also for frames that are larger than declared
    try:
        image: Any = Image.open(source, formats=[file_format])
        if image.width * image.height > limit:
            raise TooLarge
        frames = count_frames(image)
        if frames and not shape:
            return convert_animation(image, frames, folder)
        if file_format == "JPEG":
            decode_smaller(image)
        ImageOps.exif_transpose(image, in_place=True)
        picture = to_plain_colours(image)
        if shape:
            return write_squares(picture, shape, folder)
        picture.thumbnail((PICTURE_SIZE, PICTURE_SIZE))
        media_type, options = choose_format(file_format, picture.mode)
        picture.save(folder / "picture", media_type.removeprefix("image/"), **options)
    except Image.DecompressionBombError:
        raise TooLarge from None
    return {"type": media_type, **describe(picture, folder)}


def write_squares(picture: Any, shape: str, folder: Path) -> dict[str, Any]:
    """Of what moves it is the first frame."""
    from PIL import Image, ImageOps

    for part, size in SQUARE_SIZES.items():
        if shape == "contain":
            square = Image.new("RGBA", (size, size))
            fitting = ImageOps.contain(picture.convert("RGBA"), (size, size))
            square.paste(fitting, ((size - fitting.width) // 2, (size - fitting.height) // 2))
        else:  # on white, since it covers initials
            square = flatten(ImageOps.fit(picture, (size, size)), (255, 255, 255, 255))
        square.save(folder / part, "WEBP", quality=88, method=6)
    size = SQUARE_SIZES["picture"]
    return {"type": "image/webp", "width": size, "height": size, "tiny": ""}


def choose_format(file_format: str, mode: str) -> tuple[str, dict[str, Any]]:
    """What was lossless stays so. WebP takes 8 times as long as JPEG and 3 times as much memory."""
    if file_format in {"PNG", "GIF"}:
        return "image/png", {"compress_level": 4}  # half the time of the default, for 3 % more bytes
    return ("image/webp", {"quality": 85, "method": 3}) if mode == "RGBA" else ("image/jpeg", {"quality": 85})


def decode_smaller(image: Any) -> None:
    """A JPEG can be decoded at a half, a quarter or an eighth of its size, with as much less memory."""
    scale = math.ceil(math.sqrt(image.width * image.height / DRAFT_PIXELS))
    if scale > 1:
        image.draft(None, (image.width // scale, image.height // scale))


def count_frames(image: Any) -> int:
    """0 for a still picture. Raises :class:`TooLarge`, before the frames are decoded."""
    if image.format == "MPO" or not getattr(image, "is_animated", False):  # MPO: a JPEG with others behind it
        return 0
    frames = int(image.n_frames)
    if frames > MAX_FRAMES or frames * image.width * image.height > MAX_FRAME_PIXELS:
        raise TooLarge
    if max(image.size) > PICTURE_SIZE:
        raise TooLarge
    image.seek(0)
    return frames


def convert_animation(image: Any, frames: int, folder: Path) -> dict[str, Any]:
    first = to_plain_colours(image.copy())
    nothing = {"exif": b"", "xmp": b"", "icc_profile": b""}
    image.save(folder / "picture", "WEBP", save_all=True, quality=75, method=0, **nothing)
    return {"type": "image/webp", **describe(first, folder)}


def to_plain_colours(image: Any) -> Any:
    """sRGB with or without transparency, and nothing besides the pixels."""
    has_alpha = image.mode in {"LA", "PA", "RGBA", "RGBa", "La"} or "transparency" in image.info
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256, "L") if image.mode == "I;16" else image.convert("I")
    if profile and image.mode in {"RGB", "RGBA", "CMYK", "L"}:
        image = apply_profile(image, profile, "RGBA" if has_alpha else "RGB")
    mode = "RGBA" if has_alpha else "RGB"
    if image.mode != mode:
        image = image.convert(mode)
    image.load()
    image.info.clear()  # what is left of it would be saved
    return image


def apply_profile(image: Any, profile: bytes, mode: str) -> Any:
    """Colours as they were meant. A profile that cannot be read changes nothing."""
    import io

    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def describe(picture: Any, folder: Path) -> dict[str, Any]:
    width, height = picture.size
    picture.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE), reducing_gap=2.0)
    picture.save(folder / "thumbnail", "WEBP", quality=75, method=3)
    scale = TINY_SIZE / max(picture.size)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    pixels = flatten(picture).resize(size).tobytes()
    return {"width": width, "height": height, "tiny": base64.b64encode(bytes(size) + pixels).decode()}


def flatten(picture: Any, colour: tuple[int, int, int, int] = (128, 128, 128, 255)) -> Any:
    from PIL import Image

    if picture.mode != "RGBA":
        return picture
    return Image.alpha_composite(Image.new("RGBA", picture.size, colour), picture).convert("RGB")


def main() -> None:
    limit_process()
    warnings.simplefilter("ignore")
    file_format, folder, *shape = sys.argv[1:]
    try:
        result = convert(sys.stdin.buffer, file_format, Path(folder), *shape)
    except (TooLarge, MemoryError):
        result = {"reason": "too_large"}
    except Exception:
        result = {"reason": "broken"}
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()

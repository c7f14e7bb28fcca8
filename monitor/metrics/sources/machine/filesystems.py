"""How full file systems are. One that hangs is left out until it responds, so that nothing waits for it."""

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from monitor.metrics.readings import Reading, Unit
from monitor.metrics.sources.machine.network import read_text_file

TIMEOUT = 0.2  # seconds for all of them together
MAX_MOUNTS = 64
LOCAL = frozenset(
    ("apfs", "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "fuseblk", "hfsplus", "jfs", "mergerfs")
).union(("nilfs2", "ntfs", "ntfs3", "reiserfs", "ubifs", "ufs", "vfat", "xfs", "zfs"))
REMOTE = frozenset(("9p", "afs", "ceph", "cifs", "glusterfs", "lustre", "nfs", "nfs4", "smb3", "virtiofs"))
# Views of the desktop, of a container's own files or of archives have no space of their own.
NO_DISKS = frozenset(
    f"fuse.{name}"
    for name in ("archivemount", "fuse-overlayfs", "gvfsd-fuse", "lxcfs", "portal", "snapfuse", "squashfuse")
)
ESCAPED = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    device: str
    path: str
    kind: str


class DiskSpace(NamedTuple):
    used: float  # percent
    free: int  # bytes, for users


ReadSpace = Callable[[str], DiskSpace | None]


class StatvfsCall:
    """Runs in a thread of its own, which lives until the kernel answers."""

    def __init__(self, ask: ReadSpace, path: str) -> None:
        self.result: DiskSpace | None = None
        self.thread = threading.Thread(target=self.run, args=[ask, path], name=f"statvfs {path}", daemon=True)
        self.thread.start()

    def run(self, ask: ReadSpace, path: str) -> None:
        self.result = ask(path)


class FileSystems:
    def __init__(self, root: Path, ask: "ReadSpace | None" = None) -> None:
        self.root, self.read_space = root, ask or read_disk_space
        self.pending: dict[str, StatvfsCall] = {}  # calls without a result, by path

    def read(self) -> Iterator[Reading]:
        mounts = list_mounts(
            read_text_file(self.root / "proc/self/mounts") or read_text_file(self.root / "proc/mounts")
        )
        deadline = time.monotonic() + TIMEOUT
        calls = {
            mount.path: self.pending.get(mount.path) or StatvfsCall(self.read_space, mount.path) for mount in mounts
        }
        for call in calls.values():
            call.thread.join(max(0.0, deadline - time.monotonic()))
        # The thread of an unmounted file system ends by itself, since it calls nothing else.
        self.pending = {path: call for path, call in calls.items() if call.thread.is_alive()}
        for path, call in calls.items():
            if path not in self.pending and call.result:
                name = path.encode(errors="replace").decode()[:80]  # it may be invalid text
                yield Reading(f"disk.full {name}", call.result.used, Unit.PERCENT)
                yield Reading(f"disk.free {name}", call.result.free, Unit.BYTES)


def list_mounts(table: str) -> list[Mount]:
    """List those with space of their own. Bind mounts, datasets of one pool and layers of containers share it."""
    by_pool: dict[str, Mount] = {}
    for line in table.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        mount = Mount(unescape_octal(fields[0]), unescape_octal(fields[1]), fields[2])
        if is_shown_mount(mount):
            shortest = by_pool.setdefault(get_pool(mount), mount)
            if len(mount.path) < len(shortest.path):
                by_pool[get_pool(mount)] = mount
    return list(by_pool.values())[:MAX_MOUNTS]


def is_shown_mount(mount: Mount) -> bool:
    if mount.kind == "overlay":
        return mount.path == "/"
    return mount.kind in LOCAL | REMOTE or (mount.kind.startswith("fuse.") and mount.kind not in NO_DISKS)


def get_pool(mount: Mount) -> str:
    return f"zfs {mount.device.partition('/')[0]}" if mount.kind == "zfs" else mount.device


def unescape_octal(word: str) -> str:
    return ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), word)


def read_disk_space(path: str) -> DiskSpace | None:
    """Count as df does: space reserved for root is neither used nor free."""
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - also asks the file system, in this thread
            return None
        statistics = os.statvfs(path)
    except OSError:
        return None
    used = statistics.f_blocks - statistics.f_bfree
    usable = used + statistics.f_bavail
    return DiskSpace(round(100 * used / usable, 1), statistics.f_bavail * statistics.f_frsize) if usable > 0 else None

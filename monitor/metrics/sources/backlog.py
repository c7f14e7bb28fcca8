"""Reads the accept queue of a listening unix socket from the kernel, as ``ss -xl`` does."""

import socket
import struct

TIMEOUT = 0.5  # seconds

# Kernel: include/uapi/linux/netlink.h, sock_diag.h, unix_diag.h.
NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_DUMP, NLMSG_ERROR, NLMSG_DONE = 4, 20, 0x301, 2, 3
LISTENING, SHOW_NAME, SHOW_QUEUE = 1 << 10, 1, 0x10
NAME, QUEUE = 0, 4  # UNIX_DIAG_NAME, UNIX_DIAG_RQLEN


def read_backlog(path: str) -> tuple[int, int] | None:
    """Return the queue length and its limit. Return None if no process of this machine listens on the path."""
    request = struct.pack("=BBHIIIII", socket.AF_UNIX, 0, 0, LISTENING, 0, SHOW_NAME | SHOW_QUEUE, 0, 0)
    header = struct.pack("=IHHII", 16 + len(request), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_DUMP, 1, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as connection:
            connection.settimeout(TIMEOUT)
            connection.send(header + request)
            while True:
                data = connection.recv(65536)
                while len(data) >= 16:
                    length, kind = struct.unpack_from("=IH", data)
                    if kind in {NLMSG_DONE, NLMSG_ERROR} or length < 16:
                        return None
                    attributes = parse_attributes(data[32:length])  # after the two headers
                    if attributes.get(NAME, b"").rstrip(b"\0") == path.encode() and QUEUE in attributes:
                        waiting, limit = struct.unpack("=II", attributes[QUEUE][:8])
                        return waiting, limit
                    data = data[-(-length // 4) * 4 :]
    except (OSError, AttributeError):
        return None


def parse_attributes(data: bytes) -> dict[int, bytes]:
    attributes = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            break
        attributes[kind] = data[4:length]
        data = data[-(-length // 4) * 4 :]
    return attributes

"""Opens a port with TCP_NODELAY and executes nginx, which inherits it: ``python nodelay.py PORT nginx ...``

Connections inherit the option from the listening socket. nginx sets it itself for keep-alive and proxied
connections. nchan does not set it, and has no directive for it.
"""

import os
import socket
import sys

door = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
door.setblocking(False)
door.set_inheritable(True)
# nginx takes inherited sockets from this variable, as in an upgrade of its binary.
os.execve(sys.argv[2], sys.argv[2:], {**os.environ, "NGINX": f"{door.fileno()};"})

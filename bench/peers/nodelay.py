"""Opens a port with TCP_NODELAY and becomes nginx, which takes it over: ``python nodelay.py PORT nginx ...``

Connections have the option from the socket that accepts them. nginx sets it itself for kept and for proxied
connections, but nchan does not for its own, and no directive does.
"""

import os
import socket
import sys

door = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
door.setblocking(False)
door.set_inheritable(True)
# How nginx is told of open sockets, by its predecessor when it is upgraded or by systemd.
os.execve(sys.argv[2], sys.argv[2:], {**os.environ, "NGINX": f"{door.fileno()};"})

"""Reads options as JSON, loads a server, and prints a row as JSON. The words in between go to standard error."""

import gc
import json
import resource
import sys

import uvloop

from bench.load import connections, dashboards, fanout, posts

SCENARIOS = {
    "fanout": fanout.fanout,
    "paced": fanout.paced,
    "posts": posts.posts,
    "http-posts": posts.http_posts,
    "connections": connections.connections,
    "rooms": fanout.rooms,
    "viewers": dashboards.viewers,
    "beside": dashboards.beside,
}


def main() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.disable()  # it would stop the generator for longer than a server takes to answer
    scenario = SCENARIOS[sys.argv[1]]
    print(json.dumps(uvloop.run(scenario(json.loads(sys.stdin.readline())))), flush=True)


main()

"""Reads options as JSON, loads a server and prints a row as JSON. Progress goes to standard error."""

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
    "posts-during": posts.during,
    "connections": connections.connections,
    "rooms": fanout.rooms,
    "viewers": dashboards.viewers,
    "beside": dashboards.beside,
}


def main() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.disable()  # a collection would pause the generator for longer than a server takes to respond
    scenario = SCENARIOS[sys.argv[1]]
    print(json.dumps(uvloop.run(scenario(json.loads(sys.stdin.readline())))), flush=True)


main()

"""Without sessions and a database: both would only slow this peer down."""

import os

SECRET_KEY = "only-for-the-bench-" * 3
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["channels"]

REDIS = {
    "host": os.environ["REDIS_HOST"],
    "port": int(os.environ["REDIS_PORT"]),
    "password": os.environ["REDIS_PASSWORD"],
    # redis-py 8 gives up after 5 s by default, which is as long as the core layer waits for a message.
    "socket_timeout": None,
    # It also allows 100 connections by default. The core layer uses one per message that is being sent, and closes
    # the socket if none is free.
    "max_connections": 5_000,
}
COMMON = {"hosts": [REDIS], "prefix": os.environ["BENCH_PREFIX"]}
LAYERS = {
    "core": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            **COMMON,
            # By default it keeps 100 messages for 60 s and drops all others. That is meant to
            # shed load, but here every message must arrive.
            "capacity": 1_000_000,
            "expiry": 3_600,
        },
    },
    "pubsub": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": COMMON},
}
CHANNEL_LAYERS = {"default": LAYERS[os.environ["BENCH_LAYER"]]}

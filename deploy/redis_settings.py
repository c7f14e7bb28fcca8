"""The lines of redis.conf that bin/install and bin/stack have in common. docker-compose.yml has the reasons."""

REDIS_SETTINGS = 'save ""\nappendonly no\nmaxmemory 384mb\nmaxmemory-policy volatile-lru\n'

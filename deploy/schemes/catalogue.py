"""All schemes by name: those with nginx, Apache, those without a proxy."""

from deploy.schemes import alone, fronted
from deploy.schemes.apache_parts import apache_parts
from deploy.schemes.scheme import Scheme

DAPHNE = "Daphne, by nginx"
BY_UWSGI = ("web", "nginx")

ALL = (
    Scheme(
        "uwsgi", "nginx and uWSGI by the uwsgi protocol, as the product has it", DAPHNE, fronted.uwsgi_parts, BY_UWSGI
    ),
    Scheme(
        "uwsgi-http",
        "uWSGI alone, speaking HTTP; the flags explained",
        "",
        alone.uwsgi_http_parts,
        ("web",),
        ("servestatic",),
    ),
    Scheme("emperor", "several sites: a uWSGI for each, under an emperor", DAPHNE, fronted.emperor_parts, BY_UWSGI),
    Scheme("per-request", "several sites: each request names its own", DAPHNE, fronted.per_request_parts, BY_UWSGI),
    Scheme("fastcgi", "nginx and uWSGI by FastCGI", DAPHNE, fronted.fastcgi_parts, BY_UWSGI),
    Scheme(
        "spawn-fcgi",
        "nginx, spawn-fcgi and fcgisgi by FastCGI",
        DAPHNE,
        fronted.spawn_fcgi_parts,
        ("spawn-fcgi", "nginx"),
        ("fcgisgi",),
    ),
    Scheme(
        "ports",
        "nginx over four processes on four ports: gunicorn, Daphne",
        DAPHNE,
        fronted.ports_parts,
        ("nginx",),
        ("gunicorn",),
    ),
    Scheme("apache", "Apache with mod_wsgi", "Daphne, by Apache", apache_parts, ("apache2",)),
    Scheme("gunicorn", "gunicorn alone", "", alone.gunicorn_parts, (), ("gunicorn", "servestatic")),
    Scheme(
        "gunicorn-uvicorn",
        "gunicorn with uvicorn workers",
        "itself",
        alone.gunicorn_uvicorn_parts,
        (),
        ("gunicorn", "uvicorn_worker", "servestatic"),
    ),
    Scheme("tornado", "Tornado hosting the WSGI site", "", alone.tornado_parts, (), ("tornado", "servestatic")),
    Scheme("daphne", "Daphne alone, pages and sockets", "itself", alone.daphne_parts, (), ("servestatic",)),
    Scheme("runserver", "Django's development server, under Daphne", "itself", alone.runserver_parts, hashed=False),
    Scheme("static", "files by nginx: caching, no listing, large uploads", DAPHNE, fronted.static_parts, BY_UWSGI),
)
SCHEMES = {scheme.name: scheme for scheme in ALL}

from myweb import env

DEBUG = env.read_flag("MYWEB_DEBUG")
SECRET_KEY = "signs nothing here"  # noqa: S105
ALLOWED_HOSTS = ["127.0.0.1", ".localhost"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "deploy.schemes.hello.urls"
# As in the site: in development runserver is Daphne's.
INSTALLED_APPS = ["daphne", "django.contrib.staticfiles"] if DEBUG else []
STATIC_URL = "/static/"
ASGI_APPLICATION = "deploy.schemes.hello.asgi.application"

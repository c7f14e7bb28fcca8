from django.core.asgi import get_asgi_application

import deploy.schemes.hello.configured  # noqa: F401 - comes before the application

application = get_asgi_application()

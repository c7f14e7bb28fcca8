from django.core.wsgi import get_wsgi_application

import deploy.schemes.hello.configured  # noqa: F401 - comes before the application

application = get_wsgi_application()

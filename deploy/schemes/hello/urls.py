from django.http import HttpRequest, HttpResponse
from django.urls import path


def show_hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Hello", headers={"Content-Type": "text/plain", "Content-Length": "5"})


urlpatterns = [path("", show_hello)]

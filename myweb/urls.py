from django.contrib import admin
from django.urls import include, path, register_converter

from myweb.numbers import NumberConverter

register_converter(NumberConverter, "number")
urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("chat.urls")),
    path("", include("monitor.urls")),
    path("", include("care.urls")),
    path("admin/", admin.site.urls),
]
handler429 = "accounts.patience.refuse"  # asked for by allauth

from django.urls import path

from push import views

urlpatterns = [
    path("push/subscription/", views.keep_subscription, name="push_subscription"),
    path("push/devices/<number:device_id>/test/", views.send_device_test, name="push_device_test"),
    path("push/devices/<number:device_id>/content/", views.change_device_content, name="push_device_content"),
    path("push/devices/<number:device_id>/remove/", views.remove_own_device, name="push_device_remove"),
]

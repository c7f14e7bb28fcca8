from django.urls import path

from link_previews import setting_views, views

urlpatterns = [
    path("settings/link-previews/", setting_views.edit_preview_settings, name="link_previews"),
    path("rooms/<number:room_id>/link-previews/", setting_views.switch_room_previews, name="room_previews"),
    path("link-previews/messages/", views.show_linked_messages, name="linked_messages"),
    path("link-previews/<uuid:preview_id>/picture/", views.show_picture, name="preview_picture"),
]

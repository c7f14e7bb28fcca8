from django.urls import path

from chat import pages, views

urlpatterns = [
    path("", views.home, name="home"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("rooms/", pages.rooms, name="rooms"),
    path("rooms/new/", pages.new, name="room_new"),
    path("rooms/direct/", pages.direct, name="direct_new"),
    path("rooms/<number:room_id>/", views.room, name="room"),
    path("rooms/<number:room_id>/history/", views.history, name="room_history"),
    path("rooms/<number:room_id>/messages/", views.post_message, name="room_messages"),
    path("rooms/<number:room_id>/settings/", pages.settings, name="room_settings"),
    path("rooms/<number:room_id>/join/", pages.join, name="room_join"),
    path("rooms/<number:room_id>/leave/", pages.leave, name="room_leave"),
    path("rooms/<number:room_id>/transcript/", pages.transcript, name="room_transcript"),
    path("rooms/<number:room_id>/remove/", pages.remove, name="room_remove"),
    path("rooms/<number:room_id>/archive/", pages.archive, name="room_archive"),
    path("rooms/<number:room_id>/members/", pages.members, name="room_members"),
    path("search/", pages.search, name="search"),
]

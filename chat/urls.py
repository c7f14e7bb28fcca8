from django.urls import path

from chat import first_step_views, offline, room_views, views
from chat.notifications import mail_views
from chat.notifications.views import edit_notification_channels, show_notification_settings
from chat.search import views as search_views

urlpatterns = [
    path("", views.redirect_home, name="home"),
    path("manifest.webmanifest", views.show_manifest, name="manifest"),
    path("offline/", offline.show_offline_page, name="offline"),
    path("rooms/", room_views.show_rooms, name="rooms"),
    path("rooms/new/", room_views.show_new_room, name="room_new"),
    path("rooms/direct/", room_views.show_direct, name="direct_new"),
    path("rooms/<number:room_id>/", views.show_room, name="room"),
    path("rooms/<number:room_id>/history/", views.show_history, name="room_history"),
    path("rooms/<number:room_id>/messages/", views.post_message, name="room_messages"),
    path("rooms/<number:room_id>/settings/", room_views.show_room_settings, name="room_settings"),
    path("rooms/<number:room_id>/join/", room_views.submit_join, name="room_join"),
    path("rooms/<number:room_id>/leave/", room_views.submit_leave, name="room_leave"),
    path("rooms/<number:room_id>/transcript/", room_views.download_transcript, name="room_transcript"),
    path("rooms/<number:room_id>/remove/", room_views.submit_removal, name="room_remove"),
    path("rooms/<number:room_id>/archive/", room_views.submit_archive, name="room_archive"),
    path("rooms/<number:room_id>/members/", room_views.submit_members, name="room_members"),
    path("messages/<number:message_id>/delete/", views.submit_deletion, name="message_delete"),
    path("palette/", views.show_palette, name="palette"),
    path("first-steps/", first_step_views.show_first_steps, name="first_steps"),
    path("first-steps/invite/", first_step_views.submit_first_invitation, name="first_steps_invite"),
    path("first-steps/skip/", first_step_views.submit_skipped_step, name="first_steps_skip"),
    path("first-steps/dismiss/", first_step_views.submit_dismissed_steps, name="first_steps_dismiss"),
    path("settings/mail/", mail_views.edit_mail_settings, name="mail_settings"),
    path("unsubscribe/<str:token>/", mail_views.end_mails, name="mail_unsubscribe"),
    path("settings/notifications/", show_notification_settings, name="notifications"),
    path("settings/notifications/channels/", edit_notification_channels, name="notification_channels"),
    path("emoji/", views.show_emoji, name="emoji"),
    path("search/", search_views.show_search, name="search"),
]

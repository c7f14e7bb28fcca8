from django.urls import path, re_path

from monitor.oncall import contact_views, feed_views, shift_views, views

urlpatterns = [
    path("oncall/", views.list_schedules, name="oncall"),
    path("oncall/new/", views.edit_schedule, name="oncall_new"),
    path("oncall/<number:number>/", views.show_schedule, name="oncall_schedule"),
    path("oncall/<number:number>/edit/", views.edit_schedule, name="oncall_edit"),
    path("oncall/<number:number>/remove/", shift_views.submit_removal, name="oncall_remove"),
    path("oncall/<number:number>/shift/", shift_views.submit_shift, name="oncall_shift"),
    path(
        "oncall/overrides/<number:number>/remove/", shift_views.submit_override_removal, name="oncall_override_remove"
    ),
    path("oncall/offers/<number:number>/", shift_views.submit_offer, name="oncall_offer"),
    path("oncall/feeds/", feed_views.submit_feed, name="oncall_feeds"),
    path("oncall/contact/", contact_views.show_contact_settings, name="oncall_contact"),
    path("oncall/contact/test/", contact_views.submit_test, name="oncall_contact_test"),
    re_path(r"^api/oncall/([^/]+?)(?:\.ics)?/?$", feed_views.show_calendar, name="oncall_calendar"),
]

from django.urls import path

from files import picture_views, setting_views, upload_views, views

urlpatterns = [
    path("settings/files/", setting_views.list_own_files, name="own_files"),
    path("settings/files/<uuid:file_id>/delete/", setting_views.delete_own_file, name="own_file_delete"),
    path("profile/picture/", picture_views.edit_picture, name="picture"),
    path("workspace/logo/", picture_views.edit_logo, name="logo"),
    path("settings/storage/", setting_views.show_usage, name="file_usage"),
    path("files/uploads/", upload_views.create_upload, name="uploads"),
    path("files/uploads/<uuid:file_id>/", upload_views.handle_upload, name="upload"),
    path("files/<uuid:file_id>/", views.show_file, name="file"),
    path("files/<uuid:file_id>/thumbnail/", views.show_thumbnail, name="file_thumbnail"),
    path("files/<uuid:file_id>/picture/", views.show_picture, name="file_picture"),
    path("files/<uuid:file_id>/poster/", views.receive_poster, name="file_poster"),
]

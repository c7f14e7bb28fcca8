from django.urls import path

from files import upload_views, views

urlpatterns = [
    path("files/uploads/", upload_views.create_upload, name="uploads"),
    path("files/uploads/<uuid:file_id>/", upload_views.handle_upload, name="upload"),
    path("files/<uuid:file_id>/", views.show_file, name="file"),
    path("files/<uuid:file_id>/thumbnail/", views.show_thumbnail, name="file_thumbnail"),
    path("files/<uuid:file_id>/picture/", views.show_picture, name="file_picture"),
]

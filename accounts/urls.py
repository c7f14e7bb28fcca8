"""URLs of users and sign-in. Of allauth's pages only those in use have a URL."""

from allauth.account import views as allauth_views
from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path

from accounts import auth_views, views, workspace_views
from accounts.auth_views import require_workspace
from accounts.language import choose_language
from myweb.theme import set_theme

urlpatterns = [
    path("welcome/", auth_views.set_up_workspace, name="welcome"),
    path("join/", require_workspace(auth_views.open_invitation), name="join"),
    path("reset/", auth_views.open_reset_link, name="reset"),
    path("settings/", views.show_settings, name="settings"),
    path("profile/", views.edit_profile, name="profile"),
    path("profile/sign-out-elsewhere/", views.sign_out_elsewhere, name="sign_out_elsewhere"),
    path("workspace/", workspace_views.edit_workspace, name="workspace"),
    path("workspace/logo/<slug:digest>/", workspace_views.show_logo, name="workspace_logo"),
    path("people/", views.list_users, name="people"),
    path("people/members/", views.list_members, name="members"),
    path("people/invitations/", views.list_invitations, name="invitations"),
    path("people/invitations/<number:invitation_id>/qr.svg", views.render_invitation_qr, name="invitation_qr"),
    path("people/invitations/<number:invitation_id>/revoke/", views.revoke_open_invitation, name="invitation_revoke"),
    path("people/<number:user_id>/", views.show_user, name="person"),
    path(
        "people/<number:user_id>/picture/<slug:digest>/<number:pixels>/",
        workspace_views.show_user_picture,
        name="user_picture",
    ),
    path("people/<number:user_id>/role/", views.change_user_role, name="person_role"),
    path("people/<number:user_id>/active/", views.change_user_activity, name="person_active"),
    path("people/<number:user_id>/reset/", views.make_reset_link, name="person_reset"),
    path("accounts/login/", require_workspace(auth_views.SignInView.as_view()), name="account_login"),
    path("accounts/logout/", allauth_views.logout, name="account_logout"),
    path("accounts/inactive/", allauth_views.account_inactive, name="account_inactive"),
    path("accounts/signup/", require_workspace(auth_views.SignUpView.as_view()), name="account_signup"),
    path("accounts/password/change/", auth_views.ChangePasswordView.as_view(), name="account_change_password"),
    path("accounts/password/set/", auth_views.SetPasswordView.as_view(), name="account_set_password"),
    path(
        "accounts/password/reset/",
        require_workspace(auth_views.RequestPasswordResetView.as_view()),
        name="account_reset_password",
    ),
    path("accounts/password/reset/done/", allauth_views.password_reset_done, name="account_reset_password_done"),
    path(
        "accounts/password/reset/key/done/",
        allauth_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        auth_views.ChooseNewPasswordView.as_view(),
        name="account_reset_password_from_key",
    ),
    path("theme/", set_theme, name="set_theme"),
    path("i18n/setlang/", login_not_required(choose_language), name="set_language"),
    path("admin/login/", auth_views.redirect_admin_login),
]

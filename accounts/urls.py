"""Where people are met. Of allauth's pages only those that this house uses have an address."""

from allauth.account import views as doors
from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path
from django.views.i18n import set_language

from accounts import entrance, views
from accounts.entrance import settled

urlpatterns = [
    path("welcome/", entrance.welcome, name="welcome"),
    path("join/", settled(entrance.join), name="join"),
    path("reset/", entrance.reset, name="reset"),
    path("profile/", views.profile, name="profile"),
    path("profile/sign-out-elsewhere/", views.sign_out_elsewhere, name="sign_out_elsewhere"),
    path("people/", views.people, name="people"),
    path("people/invitations/", views.invitations, name="invitations"),
    path("people/invitations/<number:invitation_id>/code.svg", views.invitation_code, name="invitation_code"),
    path("people/invitations/<number:invitation_id>/revoke/", views.invitation_revoke, name="invitation_revoke"),
    path("people/<number:person_id>/", views.person, name="person"),
    path("people/<number:person_id>/role/", views.person_role, name="person_role"),
    path("people/<number:person_id>/active/", views.person_active, name="person_active"),
    path("people/<number:person_id>/reset/", views.person_reset, name="person_reset"),
    path("accounts/login/", settled(entrance.SignIn.as_view()), name="account_login"),
    path("accounts/logout/", doors.logout, name="account_logout"),
    path("accounts/inactive/", doors.account_inactive, name="account_inactive"),
    path("accounts/signup/", settled(entrance.SignUp.as_view()), name="account_signup"),
    path("accounts/password/change/", entrance.ChangePassword.as_view(), name="account_change_password"),
    path("accounts/password/set/", entrance.SetPassword.as_view(), name="account_set_password"),
    path("accounts/password/reset/", settled(entrance.ForgottenPassword.as_view()), name="account_reset_password"),
    path("accounts/password/reset/done/", doors.password_reset_done, name="account_reset_password_done"),
    path(
        "accounts/password/reset/key/done/",
        doors.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        entrance.ChoosePassword.as_view(),
        name="account_reset_password_from_key",
    ),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("admin/login/", entrance.admin_door),
]

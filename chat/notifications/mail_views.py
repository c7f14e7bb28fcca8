"""The settings of mails, and the page that ends them without signing in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import User, Workspace
from accounts.settings_forms import answer_script, is_saved_by_script
from accounts.views import get_signed_in_user
from chat.notifications import unsubscribe
from chat.notifications.mail_forms import MailSettingsForm
from chat.notifications.mail_settings import change_mail_settings, get_notification_settings
from myweb.smtp import is_mail_set_up


def read_mail_section(request: HttpRequest) -> dict[str, object]:
    """What chat/mail_settings.html needs."""
    return {"mail_form": make_mail_form(request) if is_mail_set_up() else None}


def make_mail_form(request: HttpRequest) -> MailSettingsForm:
    user = User.objects.select_related("notification_settings").get(pk=get_signed_in_user(request).pk)
    data = request.POST if request.method == "POST" else None
    may_show_text = Workspace.current().mail_may_show_text
    return MailSettingsForm(get_notification_settings(user), data, may_show_text=may_show_text)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_mail_settings(request: HttpRequest) -> HttpResponse:
    """The address in mails, and of the form in the page of notifications."""
    page = f"{reverse('notifications')}#mail"
    if request.method != "POST":
        return redirect(page)
    if not is_mail_set_up():
        raise Http404
    form = make_mail_form(request)
    if form.is_valid():
        change_mail_settings(get_signed_in_user(request), **form.cleaned_data, now=timezone.now())
    if is_saved_by_script(request):
        return answer_script(form)
    if form.is_valid():
        messages.success(request, _("Saved."))
        return redirect(page)
    return render(request, "chat/mail_settings_page.html", {"mail_form": form})


@csrf_exempt  # the link is signed, and mail programs send the request
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def end_mails(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows a button and changes nothing: programs that check mails open their links."""
    subject = unsubscribe.read_unsubscribe_token(token)
    if subject is None:
        raise Http404
    user, kind = subject
    if request.method == "POST":
        unsubscribe.end_mails(user, kind)
    context = {"kind": kind, "email": user.email, "is_done": request.method == "POST"}
    return render(request, "chat/mail_unsubscribe.html", context)

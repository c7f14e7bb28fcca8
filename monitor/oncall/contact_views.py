"""How a user is called: the page, and tests of each method."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.http import AuthenticatedRequest
from accounts.settings_forms import answer_script, is_saved_by_script
from monitor.oncall.contact_forms import ContactForm
from monitor.oncall.delivery import ContactText, send_text
from monitor.oncall.models import Method


def show_contact_settings(request: AuthenticatedRequest) -> HttpResponse:
    form = ContactForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        if not is_saved_by_script(request):
            messages.success(request, _("Saved."))
            return redirect("oncall_contact")
    if is_saved_by_script(request):
        return answer_script(form)
    return render(request, "oncall/contact.html", {"contact_form": form})


@require_POST
def submit_test(request: AuthenticatedRequest) -> HttpResponse:
    """Sends a test by ``method`` at once."""
    if request.POST.get("method") in Method.values:
        method = Method(request.POST["method"])
        body = _("This is a test of how you are called while you are on call.")
        text = ContactText("test", _("A test from myweb"), body, "/oncall/")
        if problem := send_text(request.user, method, text):
            values = {"name": method.label, "problem": problem}
            messages.error(request, _("The test by %(name)s failed. %(problem)s") % values)
        else:
            messages.success(request, _("The test by %(name)s was accepted.") % {"name": method.label})
    return redirect("oncall_contact")

"""Admin pages of notification channels and integrations."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import check_admin
from accounts.http import AuthenticatedRequest
from monitor.alerts import access, services
from monitor.alerts.forms import IntegrationForm, RouteForm
from monitor.alerts.models import Notice
from monitor.alerts.views import show_refusals_on
from myweb.errors import Refused
from myweb.origins import build_site_url


def list_routes(request: AuthenticatedRequest) -> HttpResponse:
    check_admin(request.user)
    form = RouteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.create_route(request.user, **form.cleaned_data)
            return redirect("alert_routes")
        except Refused as refused:
            form.add_error("address", str(refused.text))
    waiting = Notice.objects.exclude(due_at=None).filter(tries__gt=0).select_related("route")[:20]
    given_up = Notice.objects.filter(due_at=None, sent_at=None).select_related("route").order_by("-pk")[:20]
    context = {
        "routes": access.routes_of(request.user),
        "form": form,
        "waiting": waiting,
        "given_up": given_up,
        "here": "alert_routes",
    }
    return render(request, "alerts/routes.html", context)


@require_POST
@show_refusals_on("alert_routes")
def submit_route_change(request: AuthenticatedRequest, number: int) -> HttpResponse:
    """The form field ``do`` is test or remove."""
    route = access.get_route(request.user, number)
    if request.POST.get("do") == "remove":
        services.remove_route(request.user, route)
    elif problem := services.send_test_notification(request.user, route):
        messages.error(request, _("The test by %(name)s failed. %(problem)s") % {"name": route, "problem": problem})
    else:
        messages.success(request, _("The test by %(name)s was accepted.") % {"name": route})
    return redirect("alert_routes")


def list_integrations(request: AuthenticatedRequest) -> HttpResponse:
    check_admin(request.user)
    initial = {"room": request.GET.get("room")}
    form, address = IntegrationForm(request.POST or None, by=request.user, initial=initial), ""
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        _integration, token = services.create_integration(request.user, data["room"], data["name"])
        address = build_site_url(reverse("alert_hook", args=[token]), request)
        form = IntegrationForm(by=request.user)
    context = {
        "integrations": access.integrations_of(request.user),
        "form": form,
        "address": address,
        "here": "alert_integrations",
    }
    return render(request, "alerts/integrations.html", context)


@require_POST
@show_refusals_on("alert_integrations")
def submit_integration_removal(request: AuthenticatedRequest, number: int) -> HttpResponse:
    services.remove_integration(request.user, access.get_integration(request.user, number))
    return redirect("alert_integrations")

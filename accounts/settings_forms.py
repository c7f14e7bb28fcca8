"""Forms of settings are saved by a script as soon as a field changes. Without scripts they are sent by a button."""

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, JsonResponse


def is_saved_by_script(request: HttpRequest) -> bool:
    return request.method == "POST" and request.headers.get("Accept") == "application/json"


def answer_script(form: BaseForm, **saved: object) -> HttpResponse:
    """What was saved, or what is wrong with each field."""
    if not form.errors:
        return JsonResponse(saved)
    fields = {name: " ".join(map(str, texts)) for name, texts in form.errors.items()}
    error = {"code": "invalid", "text": " ".join(fields.values()), "retry": False}
    return JsonResponse({"error": error, "fields": fields}, status=400)

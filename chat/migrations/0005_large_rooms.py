import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from chat.search_terms import list_search_terms

CARRIED = 200  # as in chat/memberships.py
AT_ONCE = 1_000


def mark_large_rooms(apps, schema_editor):
    members = apps.get_model("chat", "Membership").objects
    counts = members.values("room").annotate(count=models.Count("pk")).filter(count__gt=CARRIED).order_by()
    rooms = list(counts.values_list("room", flat=True))
    apps.get_model("chat", "Room").objects.filter(pk__in=rooms).update(large=True)


def add_terms(apps, schema_editor):
    terms = apps.get_model("chat", "UserSearchTerm")
    users = apps.get_model(settings.AUTH_USER_MODEL).objects.order_by("pk")
    rows = (
        terms(user_id=user_id, term=term, is_name=is_name)
        for user_id, name, handle in users.values_list("pk", "name", "handle").iterator(AT_ONCE)
        for term, is_name in list_search_terms(name, handle).items()
    )
    terms.objects.bulk_create(rows, batch_size=AT_ONCE)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_user_picture"),
        ("chat", "0004_duplicate_indexes"),
    ]
    operations = [
        migrations.AddField(
            model_name="room",
            name="large",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.CreateModel(
            name="UserSearchTerm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("term", models.BinaryField()),
                ("is_name", models.BooleanField(default=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["term", "user"], name="user_search_term")]},
        ),
        migrations.RunPython(mark_large_rooms, migrations.RunPython.noop),
        migrations.RunPython(add_terms, migrations.RunPython.noop),
    ]

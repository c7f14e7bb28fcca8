from django.db import migrations

INDEX = "CREATE INDEX IF NOT EXISTS chat_message_body_trigrams ON chat_message USING gin (upper(body) gin_trgm_ops)"


def add_index(apps, schema_editor):
    """icontains becomes UPPER(body) LIKE UPPER(…) on PostgreSQL. SQLite reads through: its houses are small."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        schema_editor.execute(INDEX)


def remove_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS chat_message_body_trigrams")


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]
    operations = [migrations.RunPython(add_index, remove_index)]

import django.db.models.deletion
from django.db import migrations, models

import chat.models.messages

POSTGRESQL = [
    "CREATE INDEX chat_messageindex_tokens ON chat_messageindex USING gin (tokens)",
    "DROP INDEX IF EXISTS chat_message_body_trigrams",
]
# unicode61 divides at spaces alone, since all other characters belong to a token here.
SQLITE = [
    "CREATE VIRTUAL TABLE chat_messageindex_fts USING fts5(tokens, content='chat_messageindex', "
    "content_rowid='message_id', detail=none, columnsize=0, "
    "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'\")",
    "CREATE TRIGGER chat_messageindex_inserted AFTER INSERT ON chat_messageindex BEGIN "
    "INSERT INTO chat_messageindex_fts(rowid, tokens) VALUES (new.message_id, new.tokens); END",
    "CREATE TRIGGER chat_messageindex_deleted AFTER DELETE ON chat_messageindex BEGIN "
    "INSERT INTO chat_messageindex_fts(chat_messageindex_fts, rowid, tokens) "
    "VALUES ('delete', old.message_id, old.tokens); END",
    "CREATE TRIGGER chat_messageindex_updated AFTER UPDATE ON chat_messageindex BEGIN "
    "INSERT INTO chat_messageindex_fts(chat_messageindex_fts, rowid, tokens) "
    "VALUES ('delete', old.message_id, old.tokens); "
    "INSERT INTO chat_messageindex_fts(rowid, tokens) VALUES (new.message_id, new.tokens); END",
]


def add_index(apps, schema_editor):
    for statement in {"postgresql": POSTGRESQL, "sqlite": SQLITE}[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def remove_index(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":  # the triggers go with their table
        schema_editor.execute("DROP TABLE chat_messageindex_fts")


class Migration(migrations.Migration):
    dependencies = [("chat", "0002_search")]
    operations = [
        migrations.CreateModel(
            name="MessageIndex",
            fields=[
                (
                    "message",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="chat.message",
                    ),
                ),
                ("tokens", chat.models.messages.TokensField()),
            ],
        ),
        migrations.RunPython(add_index, remove_index),
    ]

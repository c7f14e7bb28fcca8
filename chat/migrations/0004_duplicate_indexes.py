"""Drops indexes of a column that is the first one of another index.

By SQL, since Django would make the foreign keys anew, and on SQLite the whole tables.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

INDEXES = [
    ("chat_message_room_id_5e7d8d78", "chat_message", "room_id"),
    ("chat_membership_room_id_15d30f85", "chat_membership", "room_id"),
    ("chat_membership_user_id_b82c7bc9", "chat_membership", "user_id"),
    ("chat_mention_message_id_f7f05ceb", "chat_mention", "message_id"),
    ("chat_mention_user_id_e8a1cc9b", "chat_mention", "user_id"),
    ("chat_reaction_message_id_e8fe8671", "chat_reaction", "message_id"),
    ("chat_notification_user_id_e08e2237", "chat_notification", "user_id"),
    ("chat_roommail_user_id_df548bd1", "chat_roommail", "user_id"),
    ("chat_roomcursor_reader_id_bc64497d", "chat_roomcursor", "reader_id"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0003_message_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(f"DROP INDEX IF EXISTS {name}", f"CREATE INDEX {name} ON {table} ({column})")
                for name, table, column in INDEXES
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="membership",
                    name="room",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="chat.room",
                    ),
                ),
                migrations.AlterField(
                    model_name="membership",
                    name="user",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="mention",
                    name="message",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mentions",
                        to="chat.message",
                    ),
                ),
                migrations.AlterField(
                    model_name="mention",
                    name="user",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mentions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="message",
                    name="room",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="chat.room",
                    ),
                ),
                migrations.AlterField(
                    model_name="notification",
                    name="user",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="reaction",
                    name="message",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reactions",
                        to="chat.message",
                    ),
                ),
                migrations.AlterField(
                    model_name="roomcursor",
                    name="reader",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cursors",
                        to="chat.roomreader",
                    ),
                ),
                migrations.AlterField(
                    model_name="roommail",
                    name="user",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]

"""Drops indexes of a column that is the first one of another index.

By SQL, since Django would make the foreign keys anew, and on SQLite the whole tables.
"""

import django.db.models.deletion
from django.db import migrations, models

INDEXES = [
    ("metrics_tick_source_id_b314a5b4", "metrics_tick", "source_id"),
    ("metrics_latest_source_id_eebe2e0f", "metrics_latest", "source_id"),
    ("metrics_series_source_id_4a4107fb", "metrics_series", "source_id"),
    ("metrics_beatchange_beat_id_39810e1a", "metrics_beatchange", "beat_id"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0001_initial"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(f"DROP INDEX IF EXISTS {name}", f"CREATE INDEX {name} ON {table} ({column})")
                for name, table, column in INDEXES
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="beatchange",
                    name="beat",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="metrics.beat",
                    ),
                ),
                migrations.AlterField(
                    model_name="latest",
                    name="source",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="metrics.source",
                    ),
                ),
                migrations.AlterField(
                    model_name="series",
                    name="source",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="series",
                        to="metrics.source",
                    ),
                ),
                migrations.AlterField(
                    model_name="tick",
                    name="source",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="metrics.source",
                    ),
                ),
            ],
        ),
    ]

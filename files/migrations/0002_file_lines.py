from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("files", "0001_initial")]

    operations = [migrations.AddField("file", "lines", models.PositiveIntegerField(default=0, db_default=0))]

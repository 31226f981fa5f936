from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0009_successor_without_constraint")]

    operations = [
        migrations.AddField(
            model_name="autosave",
            name="window",
            field=models.CharField(blank=True, max_length=32),
        ),
    ]

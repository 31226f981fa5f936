from django.db import migrations


def remember_what_roles_had(apps, schema_editor):
    """A site that has roles already was given, or has taken away, whatever there was to give before this upgrade.

    Permissions of newer models come with post_migrate, after this: they count as never given.
    """
    permissions = apps.get_model("auth", "Permission").objects.values_list("content_type__app_label", "codename")
    names = sorted(f"{app}.{codename}" for app, codename in permissions)
    roles = list(apps.get_model("auth", "Group").objects.values_list("name", flat=True))
    if roles:
        Installation = apps.get_model("articles", "Installation")
        Installation.objects.get_or_create(pk=1)
        Installation.objects.update(permissions_given={role: names for role in roles})


class Migration(migrations.Migration):

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("articles", "0008_desk"),
    ]

    operations = [migrations.RunPython(remember_what_roles_had, migrations.RunPython.noop)]

"""The audit log is append-only in the database too.

SQLite gets no trigger against deleting: it has no TRUNCATE, so one would also stop the test runner from emptying its tables.
"""

from django.db import migrations

SQLITE = """
CREATE TRIGGER articles_event_is_append_only BEFORE UPDATE ON articles_event
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
"""

POSTGRESQL = """
CREATE FUNCTION articles_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
CREATE TRIGGER articles_event_is_append_only BEFORE UPDATE OR DELETE ON articles_event
FOR EACH ROW EXECUTE FUNCTION articles_event_refuse();
"""


def add(apps, schema_editor):
    schema_editor.execute(SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER articles_event_is_append_only")
    else:
        schema_editor.execute("DROP FUNCTION articles_event_refuse() CASCADE")


class Migration(migrations.Migration):
    dependencies = [("articles", "0001_initial")]
    operations = [migrations.RunPython(add, drop)]

"""The search log lives in the database `stats`, and nothing else does."""

APP = DATABASE = "stats"


class StatsRouter:
    def db_for_read(self, model, **hints):
        return DATABASE if model._meta.app_label == APP else None

    db_for_write = db_for_read

    def allow_migrate(self, db, app_label, **hints):
        if app_label == APP:
            return db == DATABASE
        return False if db == DATABASE else None

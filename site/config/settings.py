"""Settings. Everything that differs between machines comes from the environment; docs/settings.md lists it."""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.forms.widgets import Script

from config.secret import secret_key

BASE_DIR = Path(__file__).resolve().parents[2]

env = environ.Env()

DATA_DIR = Path(env.str("DATA_DIR", default="") or BASE_DIR / "var").resolve()
DATA_DIR.mkdir(mode=0o750, parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or secret_key(DATA_DIR / "secret_key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
SITE_URL = env.str("SITE_URL", default="").rstrip("/")  # https://example.org; empty: the address of the request
if SITE_URL and not SITE_URL.startswith(("http://", "https://")):
    raise ImproperlyConfigured("SITE_URL must start with http:// or https://")
ALLOWED_HOSTS += [host for host in [urlsplit(SITE_URL).hostname] if host and host not in ALLOWED_HOSTS]
SITE_NAME = env.str("SITE_NAME", default="问康")

INSTALLED_APPS = [
    "articles",
    "articles.stats",
    "django_prose_editor",
    "taggit",
    "csp",
    "articles.apps.DeskConfig",  # django.contrib.admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "articles.middleware.refuse_nul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "articles.pages.site_context",
            ]
        },
    }
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # finds the widgets' templates beside the pages

# Measured with eight writers: WAL, IMMEDIATE and a busy timeout together give no “database is locked”.
SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000; PRAGMA mmap_size=268435456;",
}
DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR}/wenkang.sqlite3"),
    "stats": env.db_url("STATS_DATABASE_URL", default=f"sqlite:///{DATA_DIR}/stats.sqlite3"),
}
for _database in DATABASES.values():
    _database |= {"OPTIONS": SQLITE} if _database["ENGINE"].endswith("sqlite3") else {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
if DATABASES["stats"]["ENGINE"].endswith("postgresql"):
    DATABASES["stats"]["OPTIONS"] = {"connect_timeout": 5} | DATABASES["stats"].get("OPTIONS", {})  # nobody waits for statistics
if all(DATABASES["stats"].get(key) == DATABASES["default"].get(key) for key in ("ENGINE", "HOST", "PORT", "NAME")):
    raise ImproperlyConfigured("STATS_DATABASE_URL must name another database than DATABASE_URL")
DATABASE_ROUTERS = ["articles.stats.router.StatsRouter"]
SEARCH_LOG_DAYS = env.int("SEARCH_LOG_DAYS", default=180)  # 0: searches are not counted

CACHES = {"default": env.cache_url("CACHE_URL", default="locmemcache://")}

SEARCH_ENGINE = env.str("SEARCH_ENGINE", default="articles.search.tantivy.TantivyEngine")

AUTH_PASSWORD_VALIDATORS = [
    # Nothing here counts failed attempts: the proxy does (docs/operations.md).
    {"NAME": "config.passwords.MinimumLength", "OPTIONS": {"min_length": 12}},
    *(
        {"NAME": f"django.contrib.auth.password_validation.{name}"}
        for name in ("UserAttributeSimilarityValidator", "CommonPasswordValidator", "NumericPasswordValidator")
    ),
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Shanghai")
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
FIXTURE_DIRS = [BASE_DIR / "fixtures"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if DEBUG:
    STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"

DJANGO_PROSE_EDITOR_PRESETS = {"article": [Script("body-editor.js", type="module")]}

# A form holds at most one article; its body is limited to 200,000 characters.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# Pages hold no inline code and load nothing from elsewhere. The admin adds the hash of the editor's import map (admin/articles.py).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_AGE = 12 * 60 * 60  # from signing in: a working day, never the night after it
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "articles.views.csrf_failure"

HTTPS = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    CSRF_TRUSTED_ORIGINS = [SITE_URL]
else:
    # A site that answers on loopback addresses alone has no TLS to ask for. articles.checks refuses
    # this state (articles.E001) as soon as another host name is allowed.
    SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # A HEAD request is no event: gunicorn warns of each that Django answers with the body of a GET.
    "loggers": {"django.request": {"level": "ERROR"}, "gunicorn.http.wsgi": {"level": "ERROR"}},
}

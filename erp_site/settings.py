"""Settings, all from the environment; the defaults run the embedded edition on loopback.

What lives here: values only. What does not: logic beyond choosing a value (checks stand in
``erp_site.shared.startup``, the database engine in ``erp_site.shared.sqlite``).
"""

import os
import secrets
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from django.utils.translation import gettext_lazy as _
from environs import Env

from erp_site.shared.startup import database_from_url, usable_directory

env = Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where things are kept -------------------------------------------------------------------------
# A directory that cannot be written ends every command here, in one clear line.
DATA_DIR = usable_directory(Path(env.str("DATA_DIR", str(BASE_DIR / "var"))).resolve())
FILES_DIR = DATA_DIR / "files"  # uploads and exports: outside the web root, served through permission checks only


def _kept_secret(name: str) -> str:
    """A secret of this installation, made at the first start and kept readable by its owner only."""
    path = DATA_DIR / "secrets" / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        handle, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(64))
        os.chmod(draft, 0o400)
        with suppress(FileExistsError):  # of two processes starting at once one is first, the other reads what it wrote
            os.link(draft, path)
        os.unlink(draft)
    return path.read_text().strip()


DEBUG = env.bool("DEBUG", False)
DEMO = env.bool("DEMO", False)
TESTING = "pytest" in sys.modules
SECRET_KEY = env.str("SECRET_KEY", "") or _kept_secret("django")
# Field encryption: "id:base64url key" pairs, newest first; the first one writes, all of them read.
FIELD_KEYS = env.list("FIELD_KEYS", []) or ["k1:" + _kept_secret("fields")]
BLIND_INDEX_KEY = env.str("BLIND_INDEX_KEY", "") or _kept_secret("blind_index")

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [])
TLS = env.bool("TLS", False)  # the product is reached through https (by itself or behind a proxy)

# --- Parts ----------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",  # its templates, for FORM_RENDERER
    "guardian",
    "simple_history",
    "import_export",
    "django_tasks",
    "django_htmx",
    "csp",
    "erp_site",
    "erp_site.jobs",
    "permissions",
    "ledgers",
    "customers",
    "imports",
]

MIDDLEWARE = [
    "erp_site.shared.requests.RequestIdMiddleware",
    "permissions.logs.access.AccessLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "erp_site.shared.errors.BusinessErrorMiddleware",
    "ledgers.middleware.LedgerMiddleware",
]

ROOT_URLCONF = "erp_site.urls"
WSGI_APPLICATION = "erp_site.wsgi.application"
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
                "erp_site.context.shell",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database: embedded SQLite, or PostgreSQL by DATABASE_URL ---------------------------------------
DATABASE_URL = env.str("DATABASE_URL", "") or f"sqlite:///{DATA_DIR / 'ledgers.sqlite3'}"
DATABASES = {"default": database_from_url(DATABASE_URL)}
_database = DATABASES["default"]
IS_SQLITE = "sqlite" in _database["ENGINE"]
if IS_SQLITE:
    _database["ENGINE"] = "erp_site.shared.sqlite"
    # A file, so that races and browsers have connections of their own; named by process, so that runs do not meet.
    _database["TEST"] = {"NAME": str(Path(tempfile.gettempdir()) / f"ledgers-test-{os.getpid()}.sqlite3")}
    _database["CONN_MAX_AGE"] = 600
else:
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True
    _database.setdefault("OPTIONS", {})
    _database["OPTIONS"] |= {
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        "options": f"-c statement_timeout={env.int('DB_STATEMENT_TIMEOUT_MS', 60_000)} "
        f"-c lock_timeout={env.int('DB_LOCK_TIMEOUT_MS', 10_000)} -c idle_in_transaction_session_timeout=60000",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "permissions.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
ANONYMOUS_USER_NAME = None  # guardian: no anonymous user row; nothing is shared with strangers
GUARDIAN_RAISE_403 = False
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
SESSION_COOKIE_AGE = env.int("SESSION_HOURS", 12) * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "erp_site.views.csrf_failure"

# --- Caches, static files, mail ---------------------------------------------------------------------
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(FILES_DIR)}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "erp_site.shared.staticfiles.HashedStorage"
    },
}
WHITENOISE_USE_FINDERS = TESTING or DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
IMPORT_MAX_FILE_MB = env.int("IMPORT_MAX_FILE_MB", 500)

# --- Account sets -------------------------------------------------------------------------------------
LEDGER_CODE_PATTERN = env.str("LEDGER_CODE_PATTERN", "")  # e.g. KHZ_###; the administration page's row goes before it
LEDGER_TEMPLATES = env.str("LEDGER_TEMPLATES", "")  # a directory with templates of one's own, *.json

# --- Logs of access, rights and logins: kept so many days, never less than 180 (permissions.logs) -------------
LOG_DAYS = env.int("LOG_DAYS", 1_826)

# --- Language and time --------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文")), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", "Asia/Shanghai")
USE_TZ = True
USE_I18N = True

# --- Security headers -----------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "manifest-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if TLS:
    SECURE_SSL_REDIRECT = env.bool("SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes of the host itself come without TLS
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", True)
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sid", "__Host-csrf"
    if env.bool("BEHIND_PROXY", False):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Jobs and logs ------------------------------------------------------------------------------------
# The Job row is the message and our worker reads it; a backend with a broker would only ring the bell faster.
TASKS = {"default": {"BACKEND": "erp_site.jobs.backend.JobTableBackend"}}
LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "erp_site.shared.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING" if TESTING else LOG_LEVEL},
    "loggers": {"django.server": {"level": "WARNING"}},
}
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # shares live in our own tables; guardian's backend is not asked

"""Settings, from the environment; every default is safe to start with on one machine."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

ROOT = Path(__file__).resolve().parent
INSTANCE = Path(os.environ.get("AID_INSTANCE", ROOT / "instance"))


def _secret() -> str:
    """The cookie key: from the environment, else made once beside the database."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    INSTANCE.mkdir(parents=True, exist_ok=True)
    path = INSTANCE / "secret_key"
    if not path.exists():
        draft = INSTANCE / f"secret_key.{os.getpid()}"
        draft.touch(0o600)
        draft.write_text(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):  # two faces start at once: the first one's
            os.link(draft, path)
        draft.unlink()
    return path.read_text()


SECRET_KEY = _secret()
SQLALCHEMY_DATABASE_URI = os.environ.get("DATABASE_URL") or f"sqlite:///{INSTANCE / 'aid.db'}"
# A statement in a log or a message never carries its values: they are people's data.
SQLALCHEMY_ENGINE_OPTIONS = {"hide_parameters": True}
UPLOADS = Path(os.environ.get("AID_UPLOADS", INSTANCE / "files"))
KEEP_FILES_DAYS = int(os.environ.get("AID_KEEP_FILES_DAYS", str(3 * 366)))
REDIS_URL = os.environ.get("REDIS_URL", "")
CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL") or REDIS_URL

APP_NAME = "福建省中职学生资助信息网上公示管理平台"
LANGUAGES = {"zh_CN": {"flag": "cn", "name": "中文"}, "en": {"flag": "gb", "name": "English"}}
BABEL_DEFAULT_LOCALE = "zh_CN"
BABEL_DEFAULT_TIMEZONE = "Asia/Shanghai"
BABEL_TRANSLATION_DIRECTORIES = str(ROOT / "translations")

# The framework's own switches; each closes a hole or a habit of its defaults.
FAB_CREATE_DB = False
FAB_UPDATE_PERMS = False
FAB_ADD_OPENAPI_VIEWS = False
FAB_ADD_MENU_API = False
FAB_ADD_SECURITY_API = False
FAB_API_KEY_ENABLED = False
FAB_API_SWAGGER_UI = False
FAB_ADD_SECURITY_PERMISSION_VIEW = False
FAB_ADD_SECURITY_VIEW_MENU_VIEW = False
FAB_ADD_SECURITY_PERMISSION_VIEWS_VIEW = False
FAB_API_SHOW_STACKTRACE = False
FAB_PASSWORD_COMPLEXITY_ENABLED = True
AUTH_TYPE = 1
AUTH_USER_REGISTRATION = False
AUTH_ROLE_PUBLIC = ""

RATELIMIT_ENABLED = True
RATELIMIT_STORAGE_URI = REDIS_URL or "memory://"
AUTH_RATE_LIMITED = True
AUTH_RATE_LIMIT = "10 per minute"  # one name from one address
AUTH_RATE_LIMIT_SOURCE = "120 per minute"  # one address: a school behind one router
RATELIMIT_IN_MEMORY_FALLBACK_ENABLED = True

# Behind proxies: how many of them are ours. Hosts: the names this site answers to (else any).
AID_PROXIES = int(os.environ.get("AID_PROXIES", "0"))
TRUSTED_HOSTS = [h for h in os.environ.get("AID_HOSTS", "").split(",") if h] or None

WTF_CSRF_TIME_LIMIT = None
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = os.environ.get("AID_HTTPS", "") == "1"
PERMANENT_SESSION_LIFETIME = 30 * 60
MAX_CONTENT_LENGTH = 128 * 1024 * 1024
SEND_FILE_MAX_AGE_DEFAULT = 3600

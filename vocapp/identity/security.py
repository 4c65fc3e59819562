"""Sign-in, set up on Flask-Security: argon2, long passwords, reset by mail, optional second factor."""

from datetime import timedelta
from typing import Any

from flask import Flask
from flask_security import Security, SQLAlchemyUserDatastore

from vocapp.core.db import db
from vocapp.core.settings import Settings
from vocapp.identity.mail import OutboxMail
from vocapp.identity.messages import sign_in_messages
from vocapp.identity.models import Role, User
from vocapp.identity.oidc import oidc_settings
from vocapp.identity.rules import MINIMUM_PASSWORD_LENGTH

# What a mailed link or a half-done sign-in may take. All are named, because the library's own defaults are
# strings, which it has deprecated.
TIME_LIMITED = (
    "LOGIN",
    "CHANGE_EMAIL",
    "CONFIRM_EMAIL",
    "RESET_PASSWORD",
    "TWO_FACTOR_SETUP",
    "US_SETUP",
    "WAN_REGISTER",
    "WAN_SIGNIN",
)


def security_config(settings: Settings) -> dict[str, Any]:
    """Return Flask's and Flask-Security's configuration."""
    return {
        "SECRET_KEY": settings.secret_key,
        "SESSION_COOKIE_NAME": "__Host-session" if settings.is_https else "session",
        "SESSION_COOKIE_SECURE": settings.is_https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),
        "REMEMBER_COOKIE_SECURE": settings.is_https,
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_CHECK_DEFAULT": True,
        # The strict check wants a Referer, which our own Referrer-Policy keeps every browser from sending.
        "WTF_CSRF_SSL_STRICT": False,
        "SECURITY_PASSWORD_SALT": settings.secret_key,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_DEPRECATED_PASSWORD_SCHEMES": [],
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_PASSWORD_LENGTH_MIN": MINIMUM_PASSWORD_LENGTH,
        "SECURITY_PASSWORD_CHECK_BREACHED": None,
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False, "test_environment": True},
        "SECURITY_REGISTERABLE": False,
        "SECURITY_CONFIRMABLE": False,
        "SECURITY_TRACKABLE": False,
        "SECURITY_RECOVERABLE": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TOTP_SECRETS": {"1": settings.secret_key},
        "SECURITY_TOTP_ISSUER": "vocapp",
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        **{f"SECURITY_{name}_WITHIN": timedelta(hours=2) for name in TIME_LIMITED},
        "SECURITY_TWO_FACTOR_LOGIN_VALIDITY": timedelta(days=30),
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_SEND_PASSWORD_RESET_NOTICE_EMAIL": False,
        "SECURITY_POST_LOGIN_VIEW": "/",
        "SECURITY_POST_LOGOUT_VIEW": "/login",
        "SECURITY_UNAUTHORIZED_VIEW": None,
        "SECURITY_FRESHNESS": timedelta(hours=12),
        "SECURITY_EMAIL_SENDER": settings.mail_from,
        # The outbox writes its own mails; what the library would render is not looked at.
        "SECURITY_EMAIL_PLAINTEXT": False,
        "SECURITY_EMAIL_HTML": False,
        # A code by mail beside a reset by mail would make the mail account the only factor.
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        **sign_in_messages(),
    }


def init_security(app: Flask) -> Security:
    """Attach sign-in; its mails go out through the outbox."""
    store = SQLAlchemyUserDatastore(db, User, Role)
    security = Security(app, store, mail_util_cls=OutboxMail)
    security.login_context_processor(_company_account)
    return security


def _company_account() -> dict[str, str | None]:
    """What the sign-in page calls the other way in; None when there is none."""
    settings = oidc_settings()
    return {"company_account": None if settings is None else settings.name}

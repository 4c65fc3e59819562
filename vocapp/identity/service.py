"""Making users, and the company they work for."""

import secrets

from email_validator import EmailNotValidError, validate_email
from flask_security.utils import hash_password
from sqlalchemy import select

from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.gateways import gateways
from vocapp.core.tokens import derive_token
from vocapp.identity.models import Company, Role, User
from vocapp.identity.queries import has_users, user_by_email
from vocapp.identity.rules import RoleName

ROLE_DESCRIPTIONS = {
    RoleName.ADMIN: "Sets up the company, its users and its rules; sees everything.",
    RoleName.LEADER: "Sees every account and every CSM's book.",
    RoleName.CSM: "Sees and asks the accounts they own.",
    RoleName.EXECUTIVE: "Reads.",
}


def ensure_roles() -> dict[RoleName, Role]:
    """Return the four roles, made when they are not there yet."""
    known = {RoleName(role.name): role for role in db.session.scalars(select(Role))}
    for name, description in ROLE_DESCRIPTIONS.items():
        if name not in known:
            known[name] = Role(name=name, description=description)
            db.session.add(known[name])
    db.session.flush()
    return known


def ensure_company(name: str, *, domains: list[str], is_demo: bool = False) -> Company:
    """Return the company, made when it is not there yet."""
    company = db.session.scalar(select(Company).limit(1))
    if company is None:
        company = Company(name=name, domains=domains, is_demo=is_demo)
        db.session.add(company)
        db.session.flush()
    return company


def add_user(
    email: str, *, role: RoleName, name: str = "", password: str | None = None, title: str = ""
) -> User:
    """Add somebody who may sign in; without a password they set one through the reset mail.

    Raises `DomainError` when the address is none, or taken.
    """
    address = checked_email(email)
    if user_by_email(address) is not None:
        raise DomainError(f"{address} is already a user; choose another address.")
    user = User(
        email=address,
        name=name or address.split("@")[0],
        title=title,
        password=hash_password(password or secrets.token_urlsafe(32)),
        fs_uniquifier=secrets.token_hex(32),
        roles=[ensure_roles()[role]],
    )
    db.session.add(user)
    db.session.flush()
    return user


def checked_email(email: str) -> str:
    """Return a usable address, or raise `DomainError`."""
    try:
        return validate_email(email, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as problem:
        raise DomainError(f"{email!r} is not an e-mail address: {problem}") from None


def setup_token(secret_key: str) -> str:
    """Return the token of the page that makes the first administrator; dead once there is a user."""
    return derive_token(secret_key, "setup", "first administrator")


def setup_path() -> str:
    """Return the path of the page that makes the first administrator."""
    return f"/setup/{setup_token(gateways().settings.secret_key)}"


def setup_url() -> str:
    """Return the address of the page that makes the first administrator."""
    return gateways().settings.base_url + setup_path()


def set_up_company(company_name: str, *, email: str, name: str, password: str) -> User:
    """Make the company and its first administrator; raises `DomainError` when somebody was first."""
    if has_users():
        raise DomainError("This installation has its administrator already; please sign in.")
    domain = checked_email(email).rpartition("@")[2].lower()
    ensure_company(company_name, domains=[domain])
    return add_user(email, role=RoleName.ADMIN, name=name, password=password)

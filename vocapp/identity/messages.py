"""What signing in says to people, in the product's words instead of the library's."""

SENTENCES = {
    "GENERIC_AUTHN_FAILED": ("The e-mail address and the password do not belong together.", "error"),
    "GENERIC_RECOVERY": ("If this address is one of ours, a mail with a link is on its way to it.", "info"),
    "PASSWORD_RESET_REQUEST": ("A mail with a link is on its way to %(email)s.", "info"),
    "PASSWORD_RESET_EXPIRED": ("That link was older than %(within)s; ask for a new one here.", "error"),
    "INVALID_RESET_PASSWORD_TOKEN": ("That link does not work any more; ask for a new one here.", "error"),
    "PASSWORD_RESET": ("Your new password is saved, and you are signed in.", "success"),
    "PASSWORD_RESET_NO_LOGIN": ("Your new password is saved; sign in with it.", "success"),
    "PASSWORD_CHANGE": ("Your new password is saved.", "success"),
    "PASSWORD_IS_THE_SAME": ("This is your present password; choose another one.", "error"),
    "PASSWORD_INVALID_LENGTH": ("Use at least %(length)s characters.", "error"),
    "PASSWORD_NOT_PROVIDED": ("Enter a password.", "error"),
    "RETYPE_PASSWORD_MISMATCH": ("The two passwords differ; enter them again.", "error"),
    "INVALID_PASSWORD": ("This is not your password.", "error"),
    "EMAIL_NOT_PROVIDED": ("Enter your e-mail address.", "error"),
    "INVALID_EMAIL_ADDRESS": ("This is not an e-mail address.", "error"),
    "LOGIN": ("Sign in to see that page.", "info"),
    "UNAUTHENTICATED": ("Sign in to see that page.", "info"),
    "REFRESH": ("Enter your password again to see that page.", "info"),
    "REAUTHENTICATION_REQUIRED": ("Enter your password again to go on.", "info"),
    "REAUTHENTICATION_SUCCESSFUL": ("Thank you.", "success"),
    "ANONYMOUS_USER_REQUIRED": ("You are signed in already.", "info"),
    "TWO_FACTOR_INVALID_TOKEN": ("This code is not right; codes change every half minute.", "error"),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": ("Welcome.", "success"),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": ("Signing in now asks for a code as well.", "success"),
    "TWO_FACTOR_DISABLED": ("Signing in no longer asks for a code.", "success"),
    "TWO_FACTOR_SETUP_EXPIRED": ("That took longer than %(within)s; please start over.", "error"),
}


def sign_in_messages() -> dict[str, tuple[str, str]]:
    """Return the sentences as configuration."""
    return {f"SECURITY_MSG_{name}": sentence for name, sentence in SENTENCES.items()}

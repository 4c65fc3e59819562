"""What Salesforce says when it gives no token: why, and what an administrator does about it."""

from integrations.crm.base import Access, NoAccess, TooBusy
from integrations.errors import Rejected, Retryable

_BY_DESCRIPTION: tuple[tuple[str, Access, str, str], ...] = (
    (
        "hasn't approved this consumer",
        Access.REVOKED,
        "The integration user has not approved our app in Salesforce.",
        "In the policies of the External Client App choose “Admin approved users are pre-authorized” and add "
        "the integration user's permission set.",
    ),
    (
        "audience is invalid",
        Access.WRONG_ADDRESS,
        "Salesforce takes the signed request for one meant for elsewhere.",
        "Check whether this is a sandbox or production, and enter the My Domain of that organisation.",
    ),
    (
        "invalid assertion",
        Access.WRONG_CREDENTIALS,
        "Salesforce does not accept our signed request.",
        "Upload the certificate that belongs to the private key to the External Client App, and check this "
        "computer's clock.",
    ),
    (
        "expired access/refresh token",
        Access.REVOKED,
        "The permission we had was withdrawn or has run out.",
        "Connect again: sign in to Salesforce and allow our app.",
    ),
    (
        "expired authorization code",
        Access.EXPIRED,
        "The code from Salesforce has run out.",
        "Start connecting again, and finish signing in within a few minutes.",
    ),
    (
        "invalid authorization code",
        Access.EXPIRED,
        "The code from Salesforce was used already or is not one.",
        "Start connecting again, and finish signing in within a few minutes.",
    ),
    (
        "inactive user",
        Access.REVOKED,
        "The integration user is not active in Salesforce.",
        "Activate the user under Setup, Users, or choose another one for the External Client App.",
    ),
    (
        "no client credentials user enabled",
        Access.WRONG_CREDENTIALS,
        "The External Client App has no user to run as.",
        "In the policies of the app enable the client credentials flow and enter the integration user as "
        "“Run As”.",
    ),
    (
        "request not supported on this domain",
        Access.WRONG_ADDRESS,
        "Salesforce does not allow this way of signing in at this address.",
        "Enter the organisation's My Domain, such as acme.my.salesforce.com, in place of login or test.",
    ),
    (
        "ip restricted",
        Access.WRONG_CREDENTIALS,
        "Salesforce does not accept sign-ins from our IP address.",
        "Add our address to the trusted IP ranges, or relax the IP restrictions in the app's policies.",
    ),
    (
        "code verifier",
        Access.WRONG_CREDENTIALS,
        "Salesforce could not match the answer to our request.",
        "Start connecting again in the same browser.",
    ),
)
_BY_ERROR: dict[str, tuple[Access, str, str]] = {
    "invalid_client_id": (
        Access.WRONG_CREDENTIALS,
        "Salesforce does not know the consumer key.",
        "Copy the consumer key from the External Client App anew; a new app takes up to ten minutes to work.",
    ),
    "invalid_client": (
        Access.WRONG_CREDENTIALS,
        "The consumer secret is not right.",
        "Copy the consumer secret from the External Client App anew.",
    ),
    "unsupported_grant_type": (
        Access.WRONG_CREDENTIALS,
        "The External Client App does not allow this way of signing in.",
        "Enable the flow in the app's OAuth settings, or choose another way of signing in here.",
    ),
    "invalid_scope": (
        Access.WRONG_SCOPE,
        "The External Client App does not have the rights we ask for.",
        "Give the app the scopes “api” and “refresh_token, offline_access”.",
    ),
    "inactive_org": (
        Access.REVOKED,
        "The organisation is locked or closed.",
        "Ask Salesforce's support about the state of the organisation.",
    ),
    "redirect_uri_mismatch": (
        Access.WRONG_ADDRESS,
        "The External Client App does not know our callback address.",
        "Copy the callback address shown here into the app's settings.",
    ),
}


def from_token_answer(status: int, answer: object) -> Retryable | Rejected:
    """Return the exception for a token request that gave no token; nothing of the request is in it."""
    fields = answer if isinstance(answer, dict) else {}
    error, description = str(fields.get("error") or ""), str(fields.get("error_description") or "")
    for part, access, sentence, hint in _BY_DESCRIPTION:
        if part in description.lower():
            return NoAccess(sentence, access=access, hint=hint, code=error or None)
    if error in _BY_ERROR:
        access, sentence, hint = _BY_ERROR[error]
        return NoAccess(sentence, access=access, hint=hint, code=error)
    if (
        status == 429
        or status >= 500
        or error in ("unknown_error", "server_error", "temporarily_unavailable")
    ):
        return TooBusy("Salesforce is not letting anybody sign in for the moment; try again later.")
    if not error:
        return NoAccess(
            "What answers at this address does not speak like Salesforce.",
            access=Access.WRONG_ADDRESS,
            hint="Check the My Domain in the connection's settings.",
        )
    return NoAccess(
        f"Salesforce refused to sign us in ({error}).",
        access=Access.REVOKED if error == "invalid_grant" else Access.WRONG_CREDENTIALS,
        hint="Look at the login history of the integration user in Salesforce: it says why.",
        code=error,
    )

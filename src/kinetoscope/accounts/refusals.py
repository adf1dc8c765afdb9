"""Why accounts refuse."""

from ..kernel.errors import NotFound, Refusal


class EmailTaken(Refusal):
    """The e-mail address belongs to another account."""

    status = 409
    code = "email_taken"
    detail = "There is already an account with this e-mail address. Sign in instead."


class BadCredentials(Refusal):
    """The e-mail address and password do not belong together; which is wrong is not said."""

    status = 401
    code = "bad_credentials"
    detail = "The e-mail address or the password is wrong."

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": "Bearer"})


class BadRefreshToken(Refusal):
    """The refresh token is unknown, expired, revoked, or was used before."""

    status = 401
    code = "bad_refresh_token"
    detail = "The refresh token is no longer good. Sign in again."

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": "Bearer"})


class KeyNotFound(NotFound):
    """The caller has no such API key."""

    code = "api_key_not_found"
    detail = "You have no such API key."


class AccountGone(Refusal):
    """The account was erased while the request was under way."""

    status = 401
    code = "account_erased"
    detail = "This account has been erased."

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": "Bearer"})

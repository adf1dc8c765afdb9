"""Who may call an operation, said in words."""

from ..declare import Access

_KEY = "an access token, or an API key with the scope `{scope}`"

_SENTENCES = {
    Access.ANYONE: "Anyone. Credentials are not looked at.",
    Access.OPTIONAL: "Anyone. Who signs in may see more; a bad credential is refused.",
    Access.ADDRESS: "Whoever has the address: it cannot be guessed, and it expires.",
    Access.SIGNED_IN: f"Any account, with {_KEY}.",
    Access.OWNER: f"The owner, with {_KEY}. Others get 403, or 404 for what they may not know of.",
    Access.PARTICIPANT: f"Who is in the session: with its token, or with {_KEY}.",
    Access.ACCOUNT: f"The account itself, with {_KEY}.",
}


def who_may_call(access: Access, method: str) -> str:
    """Return a sentence for a declared access; which scope a key needs depends on the method."""
    by_method = "read" if method in {"get", "head"} else "write"
    return _SENTENCES[access].format(scope="account" if access is Access.ACCOUNT else by_method)

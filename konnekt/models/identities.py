"""Who an account is at a provider (OpenID Connect), and the sign-ins there that are under way."""

from peewee import CharField, Check, ForeignKeyField, TextField

from konnekt.db import BaseModel, MomentField
from konnekt.models.people import Account, AccountLink


class Identity(BaseModel):
    """Who an account is at one provider: issuer and subject, which change hands for nobody (OIDC Core 5.7).

    An address is not kept: those do change hands. used_at: the last sign-in by it.
    """

    account = ForeignKeyField(Account, backref="identities", on_delete="CASCADE")
    issuer = TextField()
    subject = TextField()
    created_at = MomentField()
    used_at = MomentField(null=True)

    class Meta:
        indexes = ((("issuer", "subject"), True),)


class ProviderRequest(BaseModel):
    """Somebody was sent to a provider and has not come back; works once, in that browser, for ten minutes.

    state_hash, browser_hash: SHA-256 of what the address and the browser's cookie carry. sealed: the nonce,
    the verifier (PKCE), and what had been typed elsewhere (domain.accounts.sealing). purpose: to sign in, to
    bind an account by a link of ours, to bind one's own, or to be asked once more. account, link: whose.
    back: where one goes on.
    """

    state_hash = CharField(unique=True)
    browser_hash = CharField()
    provider = CharField()
    purpose = CharField(constraints=[Check("purpose IN ('sign_in', 'link', 'bind', 'once_more')")])
    account = ForeignKeyField(Account, null=True, backref="+", on_delete="CASCADE")
    link = ForeignKeyField(AccountLink, null=True, backref="+", on_delete="CASCADE")
    sealed = TextField()
    back = TextField(default="/")
    created_at = MomentField()
    expires_at = MomentField(index=True)
    used_at = MomentField(null=True)

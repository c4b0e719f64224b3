"""What an account shows besides its password."""

from peewee import BigIntegerField, BooleanField, CharField, Check, ForeignKeyField, IntegerField, TextField

from konnekt.db import BaseModel, MomentField
from konnekt.models.people import Account


class Authenticator(BaseModel):
    """An app or device that makes one-time codes (TOTP, RFC 6238) for one account, by a name of its owner's.

    secret: sealed (domain.accounts.sealing). confirmed_at: none until it has shown its first code; until then
    it counts for nothing. last_step: the time step of the last code that it gave; none of it or of an earlier
    one works again.
    """

    account = ForeignKeyField(Account, backref="authenticators", on_delete="CASCADE")
    name = TextField()
    secret = TextField()
    created_at = MomentField()
    confirmed_at = MomentField(null=True)
    used_at = MomentField(null=True)
    last_step = IntegerField(default=0)


class RecoveryCode(BaseModel):
    """A code on paper, for who has lost what makes the others; works once.

    code_hash: SHA-256, with the account in it.
    """

    account = ForeignKeyField(Account, backref="recovery_codes", on_delete="CASCADE")
    code_hash = CharField(unique=True)
    created_at = MomentField()
    used_at = MomentField(null=True)


class Device(BaseModel):
    """A browser in which an account signed in before.

    Its cookie holds a random token, the table only its SHA-256; one browser has one, whoever uses it.
    browser: what it called itself, empty where only a password was chosen in it. failures: wrong passwords in
    a row from there. seen_at: the last good sign-in there. remembered_until_at: how long it is not asked for
    the second factor. confirmed_at: when its owner last showed more there than a password.
    """

    account = ForeignKeyField(Account, backref="devices", on_delete="CASCADE")
    token_hash = CharField()
    browser = TextField(default="")
    failures = IntegerField(default=0, constraints=[Check("failures >= 0")])
    created_at = MomentField()
    seen_at = MomentField()
    remembered_until_at = MomentField(null=True)
    confirmed_at = MomentField(null=True)

    class Meta:
        indexes = ((("token_hash", "account"), True),)


class Passkey(BaseModel):
    """A key pair of one account (WebAuthn), of which a device or a password manager keeps the secret half.

    credential_id, public_key (COSE), user_handle: base64url as browsers send them; the last is random, the
    same for all of an account. sign_count: the highest that it showed; many show none. may_be_backed_up,
    is_backed_up: what it says of copies that its maker keeps (BE and BS).
    """

    account = ForeignKeyField(Account, backref="passkeys", on_delete="CASCADE")
    name = TextField()
    credential_id = TextField(unique=True)
    public_key = TextField()
    user_handle = TextField()
    sign_count = BigIntegerField()
    may_be_backed_up = BooleanField()
    is_backed_up = BooleanField()
    created_at = MomentField()
    used_at = MomentField(null=True)


class PasskeyChallenge(BaseModel):
    """What a passkey has to sign, by its hash; goes when it is used (domain.accounts.challenges).

    browser_hash: of what the cookie of the browser that asked for it holds. account: whose passkey it has to
    be, none for the only sign-in.
    """

    challenge_hash = CharField(unique=True)
    browser_hash = CharField()
    purpose = CharField()
    account = ForeignKeyField(Account, null=True, backref="+", on_delete="CASCADE")
    note = TextField(default="")
    created_at = MomentField(index=True)


class FactorReset(BaseModel):
    """Somebody of the agency asked to take an account's second factor away; a second one has to confirm.

    The row goes when that is done or withdrawn; the record keeps who did what.
    """

    account = ForeignKeyField(Account, unique=True, on_delete="CASCADE")
    asked_by = ForeignKeyField(Account, backref="+", on_delete="CASCADE")
    asked_at = MomentField()
    reason = TextField()

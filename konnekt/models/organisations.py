"""The agency, its client organisations, who may do what there, and their budget numbers."""

from typing import Any

from peewee import SQL, BooleanField, CharField, Check, DateField, ForeignKeyField, IntegerField, TextField

from konnekt.db import BaseModel, MomentField
from konnekt.models.people import Account, fold

CALENDARS = ("week", "four_weeks", "month")
FACTOR_FOR = ("staff", "everybody")
INVOICE_PER = ("budget_number", "worker", "period")
DECIDE_BY_MAIL = ("off", "ordinary", "all")
SIGN_IN = ("off", "offered", "required")
INVOICE_WAYS = ("mail", "mail_ubl", "peppol")
VAT_TREATMENTS = ("standard", "exempt", "reverse_charge", "out_of_scope")


class Agency(BaseModel):
    """The staffing agency itself: one row. payroll_number: what its payroll program knows it by.

    factor_from_on: since when a second factor is asked, None: of nobody; factor_for: of whom.
    factor_by_mail: whether who has a second factor is asked for it before deciding from a mail.
    code_by_mail: whether who has none types a code from a mail in a browser that is not known.
    invoice_copy_to: who gets a copy of each mail with an invoice; invoice_text_*: what those say besides.
    proposal: what a change came to that two decide.
    """

    id = IntegerField(primary_key=True, default=1, constraints=[Check("id = 1")])
    name = TextField()
    street = TextField(default="")
    postcode = TextField(default="")
    city = TextField(default="")
    country = CharField(default="NL")
    coc_number = CharField(default="")
    vat_number = CharField(default="")
    iban = CharField(default="")
    bic = CharField(default="")
    peppol_id = CharField(default="")
    phone = CharField(default="")
    email = CharField(default="")
    payroll_number = CharField(default="")
    factor_from_on = DateField(null=True)
    factor_for = CharField(default="staff", constraints=[Check("factor_for IN ('staff', 'everybody')")])
    factor_by_mail = BooleanField(default=True)
    code_by_mail = BooleanField(default=True)
    invoice_copy_to = CharField(default="")
    invoice_text_nl = TextField(default="")
    invoice_text_en = TextField(default="")

    proposal: Any = None


class Organisation(BaseModel):
    """A client: a faculty, service or department. A parent only groups on screen.

    ended_on: its last day as a client; its history stays. legal_name: of whom it is a part, where invoices
    name that beside it (EN 16931, BT-44; its own name is then BT-45). purchase_order_number: what its
    invoices say (BT-13) where nobody types another. decide_by_mail: what can be decided here from a reminder,
    without signing in. sign_in: whether its people sign in with a provider. invoice_per: what one of its
    invoices is for, of one period: a budget number, a worker, or all of it (domain/invoices/groups.py).
    invoice_way: how its invoices are sent, by mail with the PDF or with the e-invoice as well, or by Peppol;
    invoice_copy_to: who gets a copy by mail at the same time.
    payment_reminders: whether it is reminded of what is overdue. debtor_number: what the bookkeeping knows it
    by, where that is not its code.
    """

    code = CharField(unique=True)
    name = TextField()
    parent = ForeignKeyField("self", null=True, backref="children")
    calendar = CharField(constraints=[Check("calendar IN ('week', 'four_weeks', 'month')")])
    four_eyes = BooleanField(default=False)
    decide_by_mail = CharField(
        default="off", constraints=[Check("decide_by_mail IN ('off', 'ordinary', 'all')")]
    )
    payment_term_days = IntegerField(default=30, constraints=[Check("payment_term_days >= 0")])
    vat_treatment = CharField(
        default="standard",
        constraints=[Check("vat_treatment IN ('standard', 'exempt', 'reverse_charge', 'out_of_scope')")],
    )
    vat_text = TextField(default="")
    language = CharField(default="nl", constraints=[Check("language IN ('nl', 'en')")])
    coc_number = CharField(default="")
    vat_number = CharField(default="")
    peppol_id = CharField(default="")
    legal_name = TextField(default="")
    purchase_order_number = CharField(default="")
    purchase_order_required = BooleanField(default=False)
    invoice_per = CharField(
        default="budget_number", constraints=[Check("invoice_per IN ('budget_number', 'worker', 'period')")]
    )
    contact_name = TextField(default="")
    street = TextField(default="")
    postcode = TextField(default="")
    city = TextField(default="")
    country = CharField(default="NL")
    invoice_email = CharField(default="")
    invoice_way = CharField(
        default="mail", constraints=[Check("invoice_way IN ('mail', 'mail_ubl', 'peppol')")]
    )
    invoice_copy_to = CharField(default="")
    payment_reminders = BooleanField(default=True)
    debtor_number = CharField(default="")
    ended_on = DateField(null=True)
    sign_in = CharField(default="off", constraints=[Check("sign_in IN ('off', 'offered', 'required')")])
    name_key = TextField(default="")

    @classmethod
    def goes_on(cls, on: Any) -> Any:
        """The condition: it had not ended before this day (a day, or a column)."""
        return cls.ended_on.is_null() | (cls.ended_on >= on)

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Save, and keep what the name is searched by."""
        self.name_key = fold(self.name)
        if kwargs.get("only") is not None:
            kwargs["only"] = [*kwargs["only"], Organisation.name_key]
        return super().save(*args, **kwargs)


class Right(BaseModel):
    """What one account may do in one organisation. Rights never inherit."""

    account = ForeignKeyField(Account, backref="rights")
    organisation = ForeignKeyField(Organisation, backref="rights")
    may_approve = BooleanField(default=False)
    may_register = BooleanField(default=False)
    may_see_invoices = BooleanField(default=False)

    class Meta:
        table_name = "organisation_right"
        indexes = ((("account", "organisation"), True),)


class Deputy(BaseModel):
    """From first to last day the deputy has the supervisor's approve right in one organisation."""

    organisation = ForeignKeyField(Organisation, backref="deputies")
    supervisor = ForeignKeyField(Account, backref="deputies")
    deputy = ForeignKeyField(Account, backref="deputy_for")
    first_on = DateField()
    last_on = DateField()
    created_at = MomentField()
    created_by = ForeignKeyField(Account, null=True, backref="+")
    ended_at = MomentField(null=True)

    class Meta:
        constraints = [Check("last_on >= first_on"), Check("supervisor_id <> deputy_id")]

    @classmethod
    def goes_on(cls, on: Any) -> Any:
        """The condition: nobody ended it, and its last day is not before this one (a day, or a slot)."""
        return cls.ended_at.is_null() & (cls.last_on >= on)

    @classmethod
    def stands_in(cls, on: Any) -> Any:
        """The condition: on this day the deputy decides too."""
        return (cls.first_on <= on) & cls.goes_on(on)

    @classmethod
    def whole(cls) -> Any:
        """Deputies with both people and the organisation, the earliest first."""
        deputy = Account.alias()
        return (
            cls.select(cls, Account, deputy, Organisation)
            .join(Account, on=(cls.supervisor == Account.id))
            .switch(cls)
            .join(deputy, on=(cls.deputy == deputy.id), attr="deputy")
            .switch(cls)
            .join(Organisation)
            .order_by(cls.first_on, cls.id)
        )


class DeputyRequest(BaseModel):
    """Whoever has the address is asked to stand in. Said yes, it is a Deputy instead; said no, declined_at.

    token_hash: of the link in the mail that asks.
    """

    organisation = ForeignKeyField(Organisation, backref="+")
    supervisor = ForeignKeyField(Account, backref="+")
    email = CharField(index=True)
    first_on = DateField()
    last_on = DateField()
    token_hash = CharField(unique=True)
    created_at = MomentField()
    created_by = ForeignKeyField(Account, null=True, backref="+")
    declined_at = MomentField(null=True)

    class Meta:
        constraints = [Check("last_on >= first_on")]


class BudgetNumber(BaseModel):
    """A typed budget number of one organisation: a string, dots and leading zeros count.

    ceiling_minutes and ceiling_cents: none means unlimited.
    """

    organisation = ForeignKeyField(Organisation, backref="budget_numbers")
    number = CharField()
    description = TextField(default="")
    ceiling_minutes = IntegerField(null=True, constraints=[Check("ceiling_minutes >= 0")])
    ceiling_cents = IntegerField(null=True, constraints=[Check("ceiling_cents >= 0")])
    valid_from_on = DateField(null=True)
    valid_until_on = DateField(null=True)

    class Meta:
        indexes = ((("organisation", "number"), True),)

    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Save, and keep the search keys of the number."""
        saved = super().save(*args, **kwargs)
        BudgetNumberKey.delete().where(BudgetNumberKey.budget_number == self).execute()
        rows = [{"budget_number": self, "key": key} for key in search_keys(self.number)]
        if rows:
            BudgetNumberKey.insert_many(rows).execute()
        return saved


class BudgetNumberKey(BaseModel):
    """One start of a budget number's dot-separated groups, dots removed: what search matches from."""

    budget_number = ForeignKeyField(BudgetNumber, backref="keys", on_delete="CASCADE")
    key = CharField(index=True)

    class Meta:
        indexes = ((("budget_number", "key"), True),)


def search_keys(number: str) -> list[str]:
    """`39227120.992.001` is found from `39227120992001`, `992001` and `001` (product.md, Facturen)."""
    groups = [group for group in number.lower().split(".") if group]
    return sorted({"".join(groups[start:]) for start in range(len(groups))})


Deputy.add_index(Deputy.deputy, Deputy.last_on, where=SQL("ended_at IS NULL"), name="deputy_active")

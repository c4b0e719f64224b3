"""Initial schema: what 0001 to 0003 made before release 1.0, in one step.

A database that has those three counts as having this one (`konnekt.migrations.Migrations`).
"""

from peewee import (
    SQL,
    BlobField,
    BooleanField,
    CharField,
    Check,
    DateField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    SqliteDatabase,
    TextField,
)

from konnekt.db import MomentField


def tables(db):
    """The models as they were on the day of this migration, in the order of their foreign keys."""

    class BaseModel(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Account(BaseModel):
        email = CharField(unique=True)
        username = CharField(unique=True, null=True)
        first_name = TextField(default="")
        last_name = TextField(default="")
        name_key = TextField(default="", index=True)
        language = CharField(default="nl", constraints=[Check("language IN ('nl', 'en')")])
        employee_number = CharField(unique=True, null=True)
        is_agency_staff = BooleanField(default=False)
        is_active = BooleanField(default=True)
        password_hash = TextField(null=True)
        created_at = MomentField()
        signed_in_at = MomentField(null=True)
        is_authenticated = True
        is_anonymous = False
        session_token = ""

    class Session(BaseModel):
        token_hash = CharField(unique=True)
        account = ForeignKeyField(Account, backref="sessions", on_delete="CASCADE")
        created_at = MomentField()
        seen_at = MomentField()
        expires_at = MomentField()
        address = CharField(default="")
        browser = TextField(default="")

    class SignInAttempt(BaseModel):
        key = CharField()
        at = MomentField()

        class Meta:
            indexes = ((("key", "at"), False),)

    class AccountLink(BaseModel):
        account = ForeignKeyField(Account, backref="links", on_delete="CASCADE")
        purpose = CharField(constraints=[Check("purpose IN ('invite', 'reset')")])
        token_hash = CharField(unique=True)
        created_at = MomentField()
        expires_at = MomentField()
        used_at = MomentField(null=True)

    class Mail(BaseModel):
        message_id = CharField(unique=True)
        account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
        kind = CharField()
        recipient = CharField()
        subject = TextField()
        text = TextField()
        html = TextField(default="")
        once_key = CharField(unique=True, null=True)
        queued_at = MomentField()
        due_at = MomentField()
        attempts = IntegerField(default=0, constraints=[Check("attempts >= 0")])
        claimed_until_at = MomentField(null=True)
        last_error = TextField(default="")
        sent_at = MomentField(null=True)
        failed_at = MomentField(null=True)

        class Meta:
            table_name = "outbox"

    Mail.add_index(Mail.due_at, where=SQL("sent_at IS NULL"), name="outbox_waiting")

    class Agency(BaseModel):
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

    class Organisation(BaseModel):
        code = CharField(unique=True)
        name = TextField()
        parent = ForeignKeyField("self", null=True, backref="children")
        calendar = CharField(constraints=[Check("calendar IN ('week', 'four_weeks', 'month')")])
        four_eyes = BooleanField(default=False)
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
        contact_name = TextField(default="")
        street = TextField(default="")
        postcode = TextField(default="")
        city = TextField(default="")
        country = CharField(default="NL")
        invoice_email = CharField(default="")
        ended_on = DateField(null=True)

    class Right(BaseModel):
        account = ForeignKeyField(Account, backref="rights")
        organisation = ForeignKeyField(Organisation, backref="rights")
        may_approve = BooleanField(default=False)
        may_register = BooleanField(default=False)
        may_see_invoices = BooleanField(default=False)

        class Meta:
            table_name = "organisation_right"
            indexes = ((("account", "organisation"), True),)

    class Deputy(BaseModel):
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

    class BudgetNumber(BaseModel):
        organisation = ForeignKeyField(Organisation, backref="budget_numbers")
        number = CharField()
        description = TextField(default="")
        ceiling_minutes = IntegerField(null=True, constraints=[Check("ceiling_minutes >= 0")])
        ceiling_cents = IntegerField(null=True, constraints=[Check("ceiling_cents >= 0")])
        valid_from_on = DateField(null=True)
        valid_until_on = DateField(null=True)

        class Meta:
            indexes = ((("organisation", "number"), True),)

    class BudgetNumberKey(BaseModel):
        budget_number = ForeignKeyField(BudgetNumber, backref="keys", on_delete="CASCADE")
        key = CharField(index=True)

        class Meta:
            indexes = ((("budget_number", "key"), True),)

    Deputy.add_index(Deputy.deputy, Deputy.last_on, where=SQL("ended_at IS NULL"), name="deputy_active")

    class Assignment(BaseModel):
        code = CharField(unique=True)
        worker = ForeignKeyField(Account, backref="assignments")
        organisation = ForeignKeyField(Organisation, backref="assignments")
        job_title = TextField(default="")
        basis = CharField(constraints=[Check("basis IN ('flexible', 'fixed')")])
        entered_by = CharField(constraints=[Check("entered_by IN ('worker', 'organisation')")])
        first_on = DateField()
        last_on = DateField(null=True)
        budget_number = ForeignKeyField(BudgetNumber, null=True)
        max_minutes_per_week = IntegerField(null=True, constraints=[Check("max_minutes_per_week > 0")])

        class Meta:
            constraints = [Check("last_on IS NULL OR last_on >= first_on")]
            indexes = ((("organisation", "worker"), False), (("id", "organisation"), True))

    class Rate(BaseModel):
        assignment = ForeignKeyField(Assignment, backref="rates")
        valid_from_on = DateField()
        pay_rate = IntegerField(constraints=[Check("pay_rate >= 0")])
        bill_rate = IntegerField(constraints=[Check("bill_rate >= 0")])

        class Meta:
            indexes = ((("assignment", "valid_from_on"), True),)

    class PayPeriod(BaseModel):
        calendar = CharField(constraints=[Check("calendar IN ('week', 'four_weeks', 'month')")])
        year = IntegerField()
        number = IntegerField(constraints=[Check("number BETWEEN 1 AND 53")])
        first_on = DateField()
        last_on = DateField()
        submit_by_at = MomentField()
        approve_by_at = MomentField()
        pay_on = DateField()

        class Meta:
            constraints = [Check("last_on >= first_on"), Check("approve_by_at >= submit_by_at")]
            indexes = (
                (("calendar", "year", "number"), True),
                (("calendar", "first_on"), True),
                (("calendar", "approve_by_at"), False),
            )

    class ClosingDay(BaseModel):
        day = DateField(unique=True)
        name_nl = TextField()
        name_en = TextField()

    class HourType(BaseModel):
        code = CharField(unique=True)
        name_nl = TextField()
        name_en = TextField()
        multiplier_percent = IntegerField(constraints=[Check("multiplier_percent > 0")])
        is_active = BooleanField(default=True)
        payroll_code = CharField(default="")
        setu_code = CharField(default="")

    class Timesheet(BaseModel):
        assignment = ForeignKeyField(Assignment, backref="timesheets")
        organisation = ForeignKeyField(Organisation, backref="timesheets")
        pay_period = ForeignKeyField(PayPeriod, backref="timesheets")
        sequence = IntegerField(default=0, constraints=[Check("sequence >= 0")])
        state = CharField(
            default="draft", constraints=[Check("state IN ('draft', 'submitted', 'approved', 'rejected')")]
        )
        revision = IntegerField(default=1, constraints=[Check("revision > 0")])
        minutes = IntegerField(default=0)
        is_nil = BooleanField(default=False)
        remark = TextField(default="")
        reason = TextField(default="")
        created_at = MomentField()
        submitted_at = MomentField(null=True)
        submitted_by = ForeignKeyField(Account, null=True, backref="+")
        decided_at = MomentField(null=True)
        decided_by = ForeignKeyField(Account, null=True, backref="+")
        decided_for = ForeignKeyField(Account, null=True, backref="+")
        rejection_reason = TextField(default="")

        class Meta:
            constraints = [
                Check("sequence > 0 OR minutes >= 0"),
                Check("state NOT IN ('submitted', 'approved') OR submitted_at IS NOT NULL"),
                Check("state NOT IN ('approved', 'rejected') OR decided_at IS NOT NULL"),
                SQL(
                    "FOREIGN KEY (assignment_id, organisation_id) REFERENCES assignment (id, organisation_id)"
                ),
            ]
            indexes = (
                (("assignment", "pay_period", "sequence"), True),
                (("organisation", "state", "pay_period"), False),
                (("id", "sequence"), True),
            )

    class TimesheetLine(BaseModel):
        timesheet = ForeignKeyField(Timesheet, backref="lines", on_delete="CASCADE")
        sequence = IntegerField(default=0)
        iso_year = IntegerField()
        iso_week = IntegerField(constraints=[Check("iso_week BETWEEN 1 AND 53")])
        hour_type = ForeignKeyField(HourType)
        budget_number = ForeignKeyField(BudgetNumber)

        class Meta:
            constraints = [SQL("FOREIGN KEY (timesheet_id, sequence) REFERENCES timesheet (id, sequence)")]
            indexes = (
                (("timesheet", "iso_year", "iso_week", "hour_type", "budget_number"), True),
                (("id", "sequence"), True),
            )

    class Hour(BaseModel):
        line = ForeignKeyField(TimesheetLine, backref="hours", on_delete="CASCADE")
        sequence = IntegerField(default=0)
        day = DateField()
        minutes = IntegerField(default=0)
        remark = TextField(default="")
        typed = CharField(default="")

        class Meta:
            constraints = [
                Check("minutes BETWEEN -1440 AND 1440"),
                Check("sequence > 0 OR minutes >= 0"),
                Check("typed = '' OR minutes = 0"),
                SQL("FOREIGN KEY (line_id, sequence) REFERENCES timesheet_line (id, sequence)"),
            ]
            indexes = ((("line", "day"), True), (("day",), False))

    class Flag(BaseModel):
        timesheet = ForeignKeyField(Timesheet, backref="flags", on_delete="CASCADE")
        revision = IntegerField()
        code = CharField()
        detail = JSONField(default=dict)
        is_elsewhere = BooleanField(default=False)

        class Meta:
            table_name = "timesheet_flag"
            indexes = ((("timesheet", "code"), True),)

    class Contributor(BaseModel):
        timesheet = ForeignKeyField(Timesheet, backref="contributors", on_delete="CASCADE")
        account = ForeignKeyField(Account, backref="contributions")

        class Meta:
            table_name = "timesheet_contributor"
            indexes = ((("timesheet", "account"), True),)

    class NumberSeries(BaseModel):
        year = IntegerField(primary_key=True)
        last_number = IntegerField(default=0, constraints=[Check("last_number >= 0")])

    class Invoice(BaseModel):
        kind = CharField(default="invoice", constraints=[Check("kind IN ('invoice', 'credit_note')")])
        year = IntegerField()
        number = IntegerField(constraints=[Check("number > 0")])
        number_text = CharField(unique=True)
        organisation = ForeignKeyField(Organisation, backref="invoices")
        pay_period = ForeignKeyField(PayPeriod, backref="invoices")
        budget_number = ForeignKeyField(BudgetNumber, backref="invoices")
        budget_number_text = CharField()
        issued_on = DateField()
        due_on = DateField()
        language = CharField()
        vat_treatment = CharField()
        vat_percent = IntegerField(default=0)
        vat_text = TextField(default="")
        net_cents = IntegerField()
        vat_cents = IntegerField()
        total_cents = IntegerField()
        frozen = JSONField(default=dict)
        credits = ForeignKeyField("self", null=True, backref="credit_notes")
        reason = TextField(default="")
        paid_on = DateField(null=True)
        created_at = MomentField()
        created_by = ForeignKeyField(Account, null=True, backref="+")

        class Meta:
            constraints = [Check("total_cents = net_cents + vat_cents"), Check("due_on >= issued_on")]
            indexes = (
                (("year", "number"), True),
                (("organisation", "issued_on"), False),
            )

    # The list of invoices reads these alone.
    listed = [
        Invoice.id,
        Invoice.organisation,
        Invoice.kind,
        Invoice.paid_on,
        Invoice.due_on,
        Invoice.total_cents,
    ]
    Invoice.add_index(
        Invoice.issued_on, *listed, Invoice.budget_number, Invoice.year, Invoice.number, name="invoice_list"
    )
    Invoice.add_index(Invoice.budget_number, Invoice.issued_on, *listed, name="invoice_search")

    class InvoiceLine(BaseModel):
        invoice = ForeignKeyField(Invoice, backref="lines")
        position = IntegerField()
        timesheet = ForeignKeyField(Timesheet, backref="invoice_lines")
        hour_type = ForeignKeyField(HourType)
        iso_year = IntegerField()
        iso_week = IntegerField()
        first_on = DateField()
        last_on = DateField()
        minutes = IntegerField()
        unit_price = IntegerField()
        net_cents = IntegerField()
        frozen = JSONField(default=dict)

        class Meta:
            indexes = ((("invoice", "position"), True),)

    class InvoicedHour(BaseModel):
        hour = ForeignKeyField(Hour, backref="invoiced")
        invoice_line = ForeignKeyField(InvoiceLine, backref="hours")
        minutes = IntegerField()
        released_at = MomentField(null=True)

    class Payment(BaseModel):
        invoice = ForeignKeyField(Invoice, backref="payments")
        paid_on = DateField()
        amount_cents = IntegerField()
        recorded_at = MomentField()
        recorded_by = ForeignKeyField(Account, null=True, backref="+")

    class Document(BaseModel):
        invoice = ForeignKeyField(Invoice, backref="documents")
        kind = CharField(constraints=[Check("kind IN ('pdf', 'ubl')")])
        file_name = CharField()
        media_type = CharField()
        sha256 = CharField()
        content = BlobField()
        created_at = MomentField()

        class Meta:
            indexes = ((("invoice", "kind"), True),)

    InvoicedHour.add_index(
        InvoicedHour.hour, unique=True, where=SQL("released_at IS NULL"), name="invoiced_hour_live"
    )

    class PayrollBatch(BaseModel):
        calendar = CharField(constraints=[Check("calendar IN ('week', 'four_weeks', 'month')")])
        pay_period = ForeignKeyField(PayPeriod, backref="payroll_batches")
        pay_on = DateField()
        sequence = IntegerField(default=0)
        created_at = MomentField()
        created_by = ForeignKeyField(Account, null=True, backref="+")
        frozen = JSONField(null=True)

        class Meta:
            indexes = ((("calendar", "pay_on", "sequence"), True),)

    class PayrollHour(BaseModel):
        hour = ForeignKeyField(Hour, backref="paid")
        payroll_batch = ForeignKeyField(PayrollBatch, backref="hours")
        minutes = IntegerField()
        pay_rate = IntegerField()
        released_at = MomentField(null=True)

    PayrollHour.add_index(
        PayrollHour.hour, unique=True, where=SQL("released_at IS NULL"), name="payroll_hour_live"
    )

    class Event(BaseModel):
        timesheet = ForeignKeyField(Timesheet, null=True, backref="events")
        invoice = ForeignKeyField(Invoice, null=True, backref="events")
        organisation = ForeignKeyField(Organisation, null=True, backref="events")
        person = ForeignKeyField(Account, null=True, backref="events")
        verb = CharField()
        at = MomentField()
        actor = ForeignKeyField(Account, null=True, backref="+")
        on_behalf_of = ForeignKeyField(Account, null=True, backref="+")
        source = CharField(default="")
        revision = IntegerField(null=True)
        reason = TextField(default="")
        before = JSONField(null=True)
        after = JSONField(null=True)
        batch = CharField(default="", index=True)
        thing = CharField(default="", index=True)

    class Job(BaseModel):
        kind = CharField()
        asked = JSONField(default=dict)
        created_at = MomentField()
        created_by = ForeignKeyField(Account, null=True, backref="+")
        claimed_until_at = MomentField(null=True)
        attempts = IntegerField(default=0, constraints=[Check("attempts >= 0")])
        done = IntegerField(default=0, constraints=[Check("done >= 0")])
        total = IntegerField(default=0, constraints=[Check("total >= 0")])
        ended_at = MomentField(null=True)
        result = JSONField(null=True)
        failure = TextField(default="")

    class JobFile(BaseModel):
        job = ForeignKeyField(Job, backref="files", on_delete="CASCADE")
        name = CharField()
        content = BlobField()

        class Meta:
            indexes = ((("job", "name"), True),)

    Job.add_index(Job.created_at, where=SQL("ended_at IS NULL"), name="job_waiting")
    return [
        Account,
        Session,
        SignInAttempt,
        AccountLink,
        Mail,
        Agency,
        Organisation,
        Right,
        Deputy,
        BudgetNumber,
        BudgetNumberKey,
        Assignment,
        Rate,
        PayPeriod,
        ClosingDay,
        HourType,
        Timesheet,
        TimesheetLine,
        Hour,
        Flag,
        Contributor,
        NumberSeries,
        Invoice,
        InvoiceLine,
        InvoicedHour,
        Payment,
        Document,
        PayrollBatch,
        PayrollHour,
        Event,
        Job,
        JobFile,
    ]


def up(migrator, db):
    db.create_tables(tables(db), safe=False)
    if not isinstance(db, SqliteDatabase):
        # A range of search keys means what they begin with, whatever language the server sorts by.
        db.execute_sql('ALTER TABLE "budget_number_key" ALTER COLUMN "key" TYPE VARCHAR(255) COLLATE "C"')


def down(migrator, db):
    db.drop_tables(tables(db))

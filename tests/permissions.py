"""Who may do what: every route of the portal, everybody who may come there, and the answer.

One line per method and address; where the answer depends on the state of the timesheet, one per set of states.
tests/pages/test_permissions.py sends each of these requests to the application, on both databases: a route
without a line fails, a line without a route fails, and so does every cell that is not so.

Who, each of them at the Faculty of Science and Engineering unless it says otherwise:

    nobody   is not signed in
    half     the worker after her password, with the second factor still due: no more than nobody, but for its page
    worker   whose timesheet it is, and whom the row in the address is about
    peer     another worker, placed at the same organisation
    approv   a supervisor with the right to approve and no other
    regist   a supervisor with the right to register hours for workers and no other
    invoic   a supervisor with the right to see invoices and no other
    deputy   stands in today for the one who approves
    away     a supervisor with all three rights, at another organisation
    agency   agency staff, with all roles there

Under `roles` stands which of the agency's roles gets that last answer too, each held by somebody
who has no other: P planning, I invoicing, Y payroll, A administration, R reading. A point is a role that gets 403.

The state of the sheet: D draft, S submitted, R rejected, A approved, I invoiced too; ----- where there is no sheet
in it. The worker entered and sent the sheets, `approv` rejected and approved those that are.

The answer:

    ok       it is shown or done
    login    asked to sign in, and nothing else
    403      not for you: the page is not in your menu, or you see the row and may not do this with it
    404      not there for you: no different from a number that does not exist
    409      you may, but not in this state, or the form is not of the row as it is now; or the state is said first to
             who sees the sheet
    422      you may, but what is typed is refused: the table types no more than it takes to get that far
"""

from typing import NamedTuple

from konnekt.domain.accounts import agency_roles

TABLE = """
# Whoever comes along
                                                                         nobody half   worker peer   approv regist invoic deputy away   agency roles
GET  /<statement>                                                 -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
GET  /healthz                                                     -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
GET  /readyz                                                      -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
GET  /metrics                                                     -----  404    404    404    404    404    404    404    404    404    404    PIYAR
GET  /help                                                        -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
GET  /help/<page>                                                 -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /language                                                    -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
GET  /login                                                       -----  ok     login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /login                                                       -----  422    422    ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
GET  /login/code                                                  -----  login  ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /login/code                                                  -----  401    422    ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /login/passkey                                               -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /login/code/passkey                                          -----  404    ok     404    404    404    404    404    404    404    404    PIYAR
POST /login/with/<provider>                                       -----  404    404    404    404    404    404    404    404    404    404    PIYAR
GET  /login/with/<provider>/answer                                -----  404    404    404    404    404    404    404    404    404    404    PIYAR
GET  /password/forgotten                                          -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /password/forgotten                                          -----  422    422    422    422    422    422    422    422    422    422    PIYAR
GET  /password/new/<token>                                        -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /password/new/<token>                                        -----  422    422    422    422    422    422    422    422    422    422    PIYAR
GET  /decide/<token>                                              -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /decide/<token>                                              -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /decide/<token>/undo                                         -----  409    409    409    409    409    409    409    409    409    409    PIYAR
GET  /decide/<token>/<sheet>                                      -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /decide/<token>/<sheet>/reject                               -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
GET  /static/<filename>                                           -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
GET  /sw.js                                                       -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR

# One's own account, home, organisations
                                                                         nobody half   worker peer   approv regist invoic deputy away   agency roles
GET  /                                                            -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
GET  /account                                                     -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /account/data                                                -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /account/decide-by-mail                                      -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
GET  /account/deputies                                            -----  login  login  403    403    ok     403    403    403    ok     ok     P....
POST /account/deputies                                            -----  login  login  403    403    ok     403    403    403    ok     ok     P....
POST /account/deputies/<deputy>/end                               -----  login  login  404    404    ok     404    404    404    404    ok     P....
POST /account/deputies/requests/<asked>/answer                    -----  login  login  404    ok     404    404    404    404    404    404    PIYAR
POST /account/deputies/requests/<asked>/withdraw                  -----  login  login  404    404    ok     404    404    404    404    ok     P....
GET  /account/deputies/asked/<token>                              -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /account/deputies/asked/<token>                              -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /account/deadlines                                           -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /account/deadlines/end                                       -----  login  login  404    404    404    404    404    404    404    404    PIYAR
GET  /deadlines/<token>.ics                                       -----  404    404    404    404    404    404    404    404    404    404    PIYAR
POST /account/news                                                -----  login  login  422    422    422    422    422    422    422    422    PIYAR
POST /account/news/<device>/end                                   -----  login  login  404    404    404    404    404    404    404    404    PIYAR
GET  /account/news/count                                          -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /account/devices/<device>/forget                             -----  login  login  ok     404    404    404    404    404    404    404    PIYAR
GET  /account/factors                                             -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /account/factors                                             -----  login  login  422    422    422    422    422    422    422    422    PIYAR
GET  /account/factors/<authenticator>                             -----  login  login  ok     404    404    404    404    404    404    404    PIYAR
POST /account/factors/<authenticator>                             -----  login  login  422    404    404    404    404    404    404    404    PIYAR
POST /account/factors/<authenticator>/remove                      -----  login  login  ok     404    404    404    404    404    404    404    PIYAR
GET  /account/factors/passkeys/new                                -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /account/factors/passkeys/new                                -----  login  login  422    422    422    422    422    422    422    422    PIYAR
POST /account/factors/passkeys/options                            -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /account/factors/passkeys                                    -----  login  login  422    422    422    422    422    422    422    422    PIYAR
POST /account/factors/passkeys/challenge                          -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /account/factors/passkeys/<passkey>/remove                   -----  login  login  ok     404    404    404    404    404    404    404    PIYAR
POST /account/factors/recovery-codes                              -----  login  login  ok     409    409    409    409    409    409    409    PIYAR
POST /account/factors/recovery-codes/file                         -----  login  login  409    409    409    409    409    409    409    409    PIYAR
POST /account/password                                            -----  login  login  422    422    422    422    422    422    422    422    PIYAR
GET  /account/providers                                           -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /account/providers/<provider>                                -----  login  login  404    404    404    404    404    404    404    404    PIYAR
POST /account/providers/<provider>/once-more                      -----  login  login  404    404    404    404    404    404    404    404    PIYAR
POST /account/providers/<identity>/remove                         -----  login  login  ok     404    404    404    404    404    404    404    PIYAR
POST /account/sessions/<session>/end                              -----  login  login  ok     404    404    404    404    404    404    404    PIYAR
POST /account/sessions/end                                        -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
POST /logout                                                      -----  login  login  login  login  login  login  login  login  login  login  PIYAR
GET  /organisations/<code>                                        -----  login  login  404    404    ok     ok     ok     ok     404    ok     PIYAR
GET  /search                                                      -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR

# Approving
                                                                         nobody half   worker peer   approv regist invoic deputy away   agency roles
GET  /approvals                                                   -----  login  login  403    403    ok     403    403    ok     ok     403    PIYAR
GET  /approvals/<sheet>                                           DSRA.  login  login  ok     404    ok     ok     404    ok     404    ok     PIYAR
GET  /approvals/<sheet>                                           ....I  login  login  ok     404    ok     ok     ok     ok     404    ok     PIYAR
POST /approvals/<sheet>/approve                                   D.RA.  login  login  403    404    409    403    404    409    404    403    PIYAR
POST /approvals/<sheet>/approve                                   .S...  login  login  403    404    ok     403    404    ok     404    403    PIYAR
POST /approvals/<sheet>/approve                                   ....I  login  login  403    404    409    403    403    409    404    403    PIYAR
POST /approvals/<sheet>/budget-number                             DSR..  login  login  403    404    403    ok     404    403    404    403    PIYAR
POST /approvals/<sheet>/budget-number                             ...A.  login  login  403    404    403    409    404    403    404    403    PIYAR
POST /approvals/<sheet>/budget-number                             ....I  login  login  403    404    403    409    403    403    404    403    PIYAR
GET  /approvals/<sheet>/reject                                    D.RA.  login  login  409    404    409    409    404    409    404    409    PIYAR
GET  /approvals/<sheet>/reject                                    .S...  login  login  403    404    ok     403    404    ok     404    403    PIYAR
GET  /approvals/<sheet>/reject                                    ....I  login  login  409    404    409    409    403    409    404    409    PIYAR
POST /approvals/<sheet>/reject                                    D.RA.  login  login  409    404    409    409    404    409    404    409    PIYAR
POST /approvals/<sheet>/reject                                    .S...  login  login  403    404    ok     403    404    ok     404    403    PIYAR
POST /approvals/<sheet>/reject                                    ....I  login  login  409    404    409    409    403    409    404    409    PIYAR
GET  /approvals/<sheet>/revoke                                    DSR..  login  login  409    404    409    409    404    409    404    409    PIYAR
GET  /approvals/<sheet>/revoke                                    ...A.  login  login  403    404    ok     403    404    ok     404    ok     P....
GET  /approvals/<sheet>/revoke                                    ....I  login  login  409    404    409    409    403    409    404    409    PIYAR
POST /approvals/<sheet>/revoke                                    DSR..  login  login  409    404    409    409    404    409    404    409    PIYAR
POST /approvals/<sheet>/revoke                                    ...A.  login  login  403    404    ok     403    404    ok     404    ok     P....
POST /approvals/<sheet>/revoke                                    ....I  login  login  409    404    409    409    403    409    404    409    PIYAR
POST /approvals/<sheet>/undo                                      DS...  login  login  409    404    409    409    404    409    404    409    PIYAR
POST /approvals/<sheet>/undo                                      ..RA.  login  login  403    404    ok     403    404    403    404    403    PIYAR
POST /approvals/<sheet>/undo                                      ....I  login  login  403    404    409    403    403    403    404    403    PIYAR
POST /approvals/approve                                           -----  login  login  403    403    ok     403    403    ok     409    403    PIYAR
GET  /approvals/decided                                           -----  login  login  403    403    ok     403    403    ok     ok     403    PIYAR
POST /approvals/decided/<sheet>/undo                              DS...  login  login  403    403    409    403    403    409    404    403    PIYAR
POST /approvals/decided/<sheet>/undo                              ..RA.  login  login  403    403    ok     403    403    403    404    403    PIYAR
POST /approvals/decided/<sheet>/undo                              ....I  login  login  403    403    409    403    403    403    404    403    PIYAR
POST /approvals/ordinary                                          -----  login  login  403    403    ok     403    403    ok     422    403    PIYAR
POST /approvals/undo                                              -----  login  login  403    403    ok     403    403    409    409    403    PIYAR
POST /home/<sheet>/approve                                        D.RA.  login  login  403    404    409    403    404    409    404    403    PIYAR
POST /home/<sheet>/approve                                        .S...  login  login  403    404    ok     403    404    ok     404    403    PIYAR
POST /home/<sheet>/approve                                        ....I  login  login  403    404    409    403    403    409    404    403    PIYAR
POST /home/ordinary                                               -----  login  login  403    403    ok     403    403    ok     422    403    PIYAR
POST /home/undo                                                   -----  login  login  403    403    ok     403    403    409    409    403    PIYAR

# The worker's own hours
                                                                         nobody half   worker peer   approv regist invoic deputy away   agency roles
GET  /hours                                                       -----  login  login  ok     ok     403    403    403    403    403    403    PIYAR
GET  /hours/<code>                                                DSRAI  login  login  ok     404    403    403    403    403    403    403    PIYAR
POST /hours/<code>/copy                                           DSRAI  login  login  ok     404    403    403    403    403    403    403    PIYAR
POST /hours/<code>/fill                                           DSR..  login  login  ok     404    403    403    403    403    403    403    PIYAR
POST /hours/<code>/fill                                           ...AI  login  login  409    404    403    403    403    403    403    403    PIYAR
POST /hours/<code>/lines                                          DSRAI  login  login  ok     404    403    403    403    403    403    403    PIYAR
POST /hours/<code>/save                                           D.R..  login  login  ok     404    403    403    403    403    403    403    PIYAR
POST /hours/<code>/save                                           .S.AI  login  login  409    404    403    403    403    403    403    403    PIYAR
POST /hours/<code>/send                                           DSR..  login  login  ok     404    403    403    403    403    403    403    PIYAR
POST /hours/<code>/send                                           ...AI  login  login  409    404    403    403    403    403    403    403    PIYAR
POST /hours/<code>/turn                                           D.RAI  login  login  ok     404    403    403    403    403    403    403    PIYAR
POST /hours/<code>/turn                                           .S...  login  login  409    404    403    403    403    403    403    403    PIYAR
POST /hours/<code>/withdraw                                       D.RAI  login  login  409    404    403    403    403    403    403    403    PIYAR
POST /hours/<code>/withdraw                                       .S...  login  login  ok     404    403    403    403    403    403    403    PIYAR
GET  /hours/download                                              -----  login  login  ok     ok     403    403    403    403    403    403    PIYAR
GET  /hours/sheets/<sheet>                                        DSRAI  login  login  ok     404    403    403    403    403    403    403    PIYAR
GET  /hours/totals                                                -----  login  login  ok     ok     403    403    403    403    403    403    PIYAR

# Registering hours for workers
                                                                         nobody half   worker peer   approv regist invoic deputy away   agency roles
GET  /registration                                                -----  login  login  403    403    403    ok     403    403    ok     403    PIYAR
GET  /registration/<code>                                         DSRAI  login  login  403    403    403    ok     403    403    404    403    PIYAR
POST /registration/<code>/copy                                    DSRAI  login  login  403    403    403    ok     403    403    404    403    PIYAR
POST /registration/<code>/fill                                    DSR..  login  login  403    403    403    ok     403    403    404    403    PIYAR
POST /registration/<code>/fill                                    ...AI  login  login  403    403    403    409    403    403    404    403    PIYAR
POST /registration/<code>/lines                                   DSRAI  login  login  403    403    403    ok     403    403    404    403    PIYAR
POST /registration/<code>/save                                    D.R..  login  login  403    403    403    ok     403    403    404    403    PIYAR
POST /registration/<code>/save                                    .S.AI  login  login  403    403    403    409    403    403    404    403    PIYAR
POST /registration/<code>/send                                    DSR..  login  login  403    403    403    ok     403    403    404    403    PIYAR
POST /registration/<code>/send                                    ...AI  login  login  403    403    403    409    403    403    404    403    PIYAR
POST /registration/<code>/turn                                    D.RAI  login  login  403    403    403    ok     403    403    404    403    PIYAR
POST /registration/<code>/turn                                    .S...  login  login  403    403    403    409    403    403    404    403    PIYAR
POST /registration/<code>/withdraw                                D.RAI  login  login  403    403    403    409    403    403    404    403    PIYAR
POST /registration/<code>/withdraw                                .S...  login  login  403    403    403    403    403    403    404    403    PIYAR
POST /registration/send-all                                       -----  login  login  403    403    403    ok     403    403    409    403    PIYAR

# All timesheets that one may see
                                                                         nobody half   worker peer   approv regist invoic deputy away   agency roles
GET  /timesheets                                                  -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
GET  /timesheets/list.csv                                         -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR
GET  /timesheets/list.xlsx                                        -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok     PIYAR

# Invoices and budgets
                                                                         nobody half   worker peer   approv regist invoic deputy away   agency roles
GET  /budgets                                                     -----  login  login  403    403    ok     403    ok     ok     ok     ok     PIYAR
GET  /budgets/<budget_number>                                     -----  login  login  404    404    ok     404    ok     ok     404    ok     PIYAR
GET  /invoices                                                    -----  login  login  403    403    403    403    ok     403    ok     ok     PIYAR
GET  /invoices/<invoice>                                          -----  login  login  404    404    404    404    ok     404    404    ok     PIYAR
GET  /invoices/<invoice>/pdf                                      -----  login  login  404    404    404    404    ok     404    404    ok     PIYAR
GET  /invoices/<invoice>/timesheets                               -----  login  login  404    404    404    404    ok     404    404    ok     PIYAR
GET  /invoices/<invoice>/ubl                                      -----  login  login  404    404    404    404    ok     404    404    ok     PIYAR
GET  /invoices/list.csv                                           -----  login  login  403    403    403    403    ok     403    ok     ok     PIYAR
GET  /invoices/list.xlsx                                          -----  login  login  403    403    403    403    ok     403    ok     ok     PIYAR
GET  /invoices/zip                                                -----  login  login  403    403    403    403    ok     403    422    ok     PIYAR
GET  /reports                                                     -----  login  login  403    403    403    403    ok     403    ok     ok     PIYAR
GET  /reports/made/<file>                                         -----  login  login  403    403    403    403    404    403    404    ok     PIYAR
GET  /reports/made/<file>/report.pdf                              -----  login  login  403    403    403    403    404    403    404    ok     PIYAR
POST /reports/pdf                                                 -----  login  login  403    403    403    403    ok     403    ok     ok     PIYAR
POST /reports/mail                                                -----  login  login  403    403    403    403    ok     403    ok     ok     PIYAR
GET  /reports/report.xlsx                                         -----  login  login  403    403    403    403    ok     403    ok     ok     PIYAR

# The agency's own places
                                                                         nobody half   worker peer   approv regist invoic deputy away   agency roles
GET  /bureau/first-step                                           -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau                                                      -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau/assignments                                          -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/assignments                                          -----  login  login  403    403    403    403    403    403    403    422    P....
GET  /bureau/assignments/<assignment>                             -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau/assignments/<assignment>/change                      -----  login  login  403    403    403    403    403    403    403    ok     P....
POST /bureau/assignments/<assignment>/change                      -----  login  login  403    403    403    403    403    403    403    422    P....
POST /bureau/assignments/<assignment>/delete                      -----  login  login  403    403    403    403    403    403    403    409    P....
POST /bureau/assignments/<assignment>/end                         -----  login  login  403    403    403    403    403    403    403    422    P....
POST /bureau/assignments/<assignment>/rates                       -----  login  login  403    403    403    403    403    403    403    422    ..Y..
GET  /bureau/assignments/<assignment>/rates/<rate>                -----  login  login  403    403    403    403    403    403    403    ok     ..Y..
POST /bureau/assignments/<assignment>/rates/<rate>                -----  login  login  403    403    403    403    403    403    403    422    ..Y..
POST /bureau/assignments/<assignment>/rates/<rate>/delete         -----  login  login  403    403    403    403    403    403    403    409    ..Y..
GET  /bureau/assignments/new                                      -----  login  login  403    403    403    403    403    403    403    ok     P....
GET  /bureau/books                                                -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/books                                                -----  login  login  403    403    403    403    403    403    403    409    .I...
GET  /bureau/books/batches                                        -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau/books/batches/<batch>                                -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau/books/batches/<batch>/<format>                       -----  login  login  403    403    403    403    403    403    403    ok     .I...
GET  /bureau/books/batches/<batch>/hand-over                      -----  login  login  403    403    403    403    403    403    403    ok     .I...
POST /bureau/books/batches/<batch>/hand-over                      -----  login  login  403    403    403    403    403    403    403    ok     .I...
GET  /bureau/books/batches/<batch>/undo                           -----  login  login  403    403    403    403    403    403    403    ok     .I...
POST /bureau/books/batches/<batch>/undo                           -----  login  login  403    403    403    403    403    403    403    ok     .I...
GET  /bureau/books/debtors                                        -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau/books/debtors/<code>                                 -----  login  login  403    403    403    403    403    403    403    ok     .I...
POST /bureau/books/debtors/<code>                                 -----  login  login  403    403    403    403    403    403    403    409    .I...
GET  /bureau/books/settings                                       -----  login  login  403    403    403    403    403    403    403    ok     .I...
POST /bureau/books/settings                                       -----  login  login  403    403    403    403    403    403    403    409    .I...
GET  /bureau/closing-days                                         -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/closing-days                                         -----  login  login  403    403    403    403    403    403    403    422    P....
GET  /bureau/closing-days/<closing_day>                           -----  login  login  403    403    403    403    403    403    403    ok     P....
POST /bureau/closing-days/<closing_day>                           -----  login  login  403    403    403    403    403    403    403    422    P....
POST /bureau/closing-days/<closing_day>/delete                    -----  login  login  403    403    403    403    403    403    403    ok     P....
GET  /bureau/closing-days/holidays                                -----  login  login  403    403    403    403    403    403    403    ok     P....
POST /bureau/closing-days/holidays                                -----  login  login  403    403    403    403    403    403    403    422    P....
GET  /bureau/corrections                                          -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau/corrections/<sheet>                                  DSRAI  login  login  403    403    403    403    403    403    403    ok     P....
POST /bureau/corrections/<sheet>                                  DSRA.  login  login  403    403    403    403    403    403    403    409    P....
POST /bureau/corrections/<sheet>                                  ....I  login  login  403    403    403    403    403    403    403    ok     P....
POST /bureau/corrections/<sheet>/withdraw                         DSRAI  login  login  403    403    403    403    403    403    403    ok     P....
GET  /bureau/details                                              -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/details                                              -----  login  login  403    403    403    403    403    403    403    409    ...A.
POST /bureau/details/second-step                                  -----  login  login  403    403    403    403    403    403    403    ok     ...A.
GET  /bureau/hour-types                                           -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/hour-types/usual                                     -----  login  login  403    403    403    403    403    403    403    422    ..YA.
POST /bureau/hour-types                                           -----  login  login  403    403    403    403    403    403    403    422    ..YA.
GET  /bureau/hour-types/<hour_type>                               -----  login  login  403    403    403    403    403    403    403    ok     ..YA.
POST /bureau/hour-types/<hour_type>                               -----  login  login  403    403    403    403    403    403    403    422    ..YA.
GET  /bureau/imports                                              -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/imports                                              -----  login  login  403    403    403    403    403    403    403    422    P..A.
POST /bureau/imports/<job>/again                                  -----  login  login  403    403    403    403    403    403    403    409    P..A.
POST /bureau/imports/<job>/confirm                                -----  login  login  403    403    403    403    403    403    403    ok     P..A.
GET  /bureau/imports/<job>/lines.csv                              -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau/invoicing                                            -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/invoicing                                            -----  login  login  403    403    403    403    403    403    403    422    .I...
GET  /bureau/invoicing/<invoice>/credit                           -----  login  login  403    403    403    403    403    403    403    ok     .I...
POST /bureau/invoicing/<invoice>/credit                           -----  login  login  403    403    403    403    403    403    403    409    .I...
GET  /bureau/invoicing/drafts/<key>                               -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/invoicing/drafts/<key>                               -----  login  login  403    403    403    403    403    403    403    409    .I...
POST /bureau/invoicing/postponed/<postponed>/take-up              -----  login  login  403    403    403    403    403    403    403    ok     .I...
POST /bureau/invoicing/documents                                  -----  login  login  403    403    403    403    403    403    403    409    .I...
GET  /bureau/jobs/<job>                                           -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau/mail                                                 -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/mail/<mail>/again                                    -----  login  login  403    403    403    403    403    403    403    ok     P..A.
POST /bureau/mail/again                                           -----  login  login  403    403    403    403    403    403    403    ok     P..A.
GET  /bureau/organisations                                        -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/organisations                                        -----  login  login  403    403    403    403    403    403    403    422    P....
GET  /bureau/organisations/<code>                                 -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau/organisations/<code>/budget-numbers                  -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/organisations/<code>/budget-numbers                  -----  login  login  403    403    403    403    403    403    403    422    .I...
GET  /bureau/organisations/<code>/budget-numbers/<number>         -----  login  login  403    403    403    403    403    403    403    ok     .I...
POST /bureau/organisations/<code>/budget-numbers/<number>         -----  login  login  403    403    403    403    403    403    403    409    .I...
POST /bureau/organisations/<code>/budget-numbers/<number>/delete  -----  login  login  403    403    403    403    403    403    403    409    .I...
POST /bureau/organisations/<code>/budget-numbers/<number>/end     -----  login  login  403    403    403    403    403    403    403    422    .I...
GET  /bureau/organisations/<code>/budget-numbers/<number>/move    -----  login  login  403    403    403    403    403    403    403    ok     .I...
POST /bureau/organisations/<code>/budget-numbers/<number>/move    -----  login  login  403    403    403    403    403    403    403    422    .I...
GET  /bureau/organisations/<code>/change                          -----  login  login  403    403    403    403    403    403    403    ok     P....
POST /bureau/organisations/<code>/change                          -----  login  login  403    403    403    403    403    403    403    409    P....
POST /bureau/organisations/<code>/rights                          -----  login  login  403    403    403    403    403    403    403    422    P....
POST /bureau/organisations/<code>/end                             -----  login  login  403    403    403    403    403    403    403    422    P....
POST /bureau/organisations/<code>/resume                          -----  login  login  403    403    403    403    403    403    403    409    P....
POST /bureau/organisations/<code>/sign-in                         -----  login  login  403    403    403    403    403    403    403    422    ...A.
GET  /bureau/organisations/new/organisation                       -----  login  login  403    403    403    403    403    403    403    ok     P....
GET  /bureau/overdue                                              -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau/overdue/reminders                                    -----  login  login  403    403    403    403    403    403    403    ok     .I...
POST /bureau/overdue/reminders                                    -----  login  login  403    403    403    403    403    403    403    422    .I...
GET  /bureau/overdue/steps                                        -----  login  login  403    403    403    403    403    403    403    ok     .I...
POST /bureau/overdue/steps                                        -----  login  login  403    403    403    403    403    403    403    409    .I...
GET  /bureau/turnover                                             -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau/pay-periods                                          -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau/pay-periods/<period>                                 -----  login  login  403    403    403    403    403    403    403    ok     P....
POST /bureau/pay-periods/<period>                                 -----  login  login  403    403    403    403    403    403    403    422    P....
POST /bureau/pay-periods/<period>/delete                          -----  login  login  403    403    403    403    403    403    403    409    P....
GET  /bureau/pay-periods/year                                     -----  login  login  403    403    403    403    403    403    403    ok     P....
POST /bureau/pay-periods/year                                     -----  login  login  403    403    403    403    403    403    403    422    P....
POST /bureau/pay-periods/year/delete                              -----  login  login  403    403    403    403    403    403    403    409    P....
POST /bureau/pay-periods/year/preview                             -----  login  login  403    403    403    403    403    403    403    422    P....
GET  /bureau/payments                                             -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/payments/<payment>/take-back                         -----  login  login  403    403    403    403    403    403    403    ok     .I...
GET  /bureau/payments/bank                                        -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/payments/bank                                        -----  login  login  403    403    403    403    403    403    403    422    .I...
POST /bureau/payments/bank/<entry>/book                           -----  login  login  403    403    403    403    403    403    403    ok     .I...
POST /bureau/payments/bank/<entry>/put-back                       -----  login  login  403    403    403    403    403    403    403    ok     .I...
POST /bureau/payments/bank/<entry>/set-aside                      -----  login  login  403    403    403    403    403    403    403    ok     .I...
POST /bureau/payments/file                                        -----  login  login  403    403    403    403    403    403    403    422    .I...
GET  /bureau/payments/invoice/<invoice>                           -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/payments/invoice/<invoice>/pay                       -----  login  login  403    403    403    403    403    403    403    422    .I...
POST /bureau/payments/invoice/<invoice>/return                    -----  login  login  403    403    403    403    403    403    403    422    .I...
POST /bureau/payments/invoice/<invoice>/take-back/<payment>       -----  login  login  403    403    403    403    403    403    403    ok     .I...
POST /bureau/payments/mark                                        -----  login  login  403    403    403    403    403    403    403    422    .I...
POST /bureau/payments/record                                      -----  login  login  403    403    403    403    403    403    403    409    .I...
GET  /bureau/payroll                                              -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau/payroll/<calendar>/<year>-<number>                   -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/payroll/<calendar>/<year>-<number>                   -----  login  login  403    403    403    403    403    403    403    422    ..Y..
GET  /bureau/payroll/batches/<batch>                              -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau/payroll/batches/<batch>/<format>                     -----  login  login  403    403    403    403    403    403    403    ok     ..Y..
POST /bureau/payroll/batches/<batch>/<format>                     -----  login  login  403    403    403    403    403    403    403    ok     ..Y..
GET  /bureau/payroll/batches/<batch>/hand-over                    -----  login  login  403    403    403    403    403    403    403    ok     ..Y..
POST /bureau/payroll/batches/<batch>/hand-over                    -----  login  login  403    403    403    403    403    403    403    ok     ..Y..
GET  /bureau/payroll/batches/<batch>/undo                         -----  login  login  403    403    403    403    403    403    403    ok     ..Y..
POST /bureau/payroll/batches/<batch>/undo                         -----  login  login  403    403    403    403    403    403    403    ok     ..Y..
GET  /bureau/invitations                                          -----  login  login  403    403    403    403    403    403    403    ok     P....
POST /bureau/invitations                                          -----  login  login  403    403    403    403    403    403    403    409    P....
POST /bureau/invitations/later                                    -----  login  login  403    403    403    403    403    403    403    409    P....
GET  /bureau/people                                               -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/people                                               -----  login  login  403    403    403    403    403    403    403    422    P..A.
GET  /bureau/people/<person>                                      -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau/people/<person>/change                               -----  login  login  403    403    403    403    403    403    403    ok     P....
POST /bureau/people/<person>/change                               -----  login  login  403    403    403    403    403    403    403    409    P....
POST /bureau/people/<person>/close                                -----  login  login  403    403    403    403    403    403    403    422    P....
POST /bureau/people/<person>/data                                 -----  login  login  403    403    403    403    403    403    403    ok     ...A.
POST /bureau/people/<person>/factors/ask                          -----  login  login  403    403    403    403    403    403    403    ok     ...A.
POST /bureau/people/<person>/factors/confirm                      -----  login  login  403    403    403    403    403    403    403    409    ...A.
POST /bureau/people/<person>/factors/withdraw                     -----  login  login  403    403    403    403    403    403    403    409    ...A.
POST /bureau/people/<person>/invite                               -----  login  login  403    403    403    403    403    403    403    ok     P....
POST /bureau/people/<person>/reopen                               -----  login  login  403    403    403    403    403    403    403    409    P....
POST /bureau/people/<person>/rights                               -----  login  login  403    403    403    403    403    403    403    422    P....
POST /bureau/people/<person>/rights/<code>                        -----  login  login  403    403    403    403    403    403    403    422    P....
POST /bureau/people/<person>/rights/<code>/remove                 -----  login  login  403    403    403    403    403    403    403    422    P....
POST /bureau/people/<person>/roles                                -----  login  login  403    403    403    403    403    403    403    409    ...A.
POST /bureau/people/<person>/sessions/<session>/end               -----  login  login  403    403    403    403    403    403    403    ok     P....
POST /bureau/people/<person>/sessions/end                         -----  login  login  403    403    403    403    403    403    403    ok     P....
GET  /bureau/people/new                                           -----  login  login  403    403    403    403    403    403    403    ok     P..A.
GET  /bureau/people/<person>/erase                                -----  login  login  403    403    403    403    403    403    403    ok     ...A.
POST /bureau/people/<person>/erase                                -----  login  login  403    403    403    403    403    403    403    409    ...A.
GET  /bureau/progress                                             -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
GET  /bureau/progress/<code>/<year>/<number>                      DSRAI  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/progress/<code>/<year>/<number>                      D.R..  login  login  403    403    403    403    403    403    403    ok     P....
POST /bureau/progress/<code>/<year>/<number>                      .S.AI  login  login  403    403    403    403    403    403    403    409    P....
GET  /bureau/progress/<code>/<year>/<number>/change               DSR..  login  login  403    403    403    403    403    403    403    ok     P....
GET  /bureau/progress/<code>/<year>/<number>/change               ...AI  login  login  403    403    403    403    403    403    403    409    P....
POST /bureau/progress/<code>/<year>/<number>/change               DSR..  login  login  403    403    403    403    403    403    403    ok     P....
POST /bureau/progress/<code>/<year>/<number>/change               ...AI  login  login  403    403    403    403    403    403    403    409    P....
POST /bureau/progress/remind                                      -----  login  login  403    403    403    403    403    403    403    ok     P....
POST /bureau/proposals/<proposal>/confirm                         -----  login  login  403    403    403    403    403    403    403    ok     ...A.
POST /bureau/proposals/<proposal>/decline                         -----  login  login  403    403    403    403    403    403    403    ok     ...A.
GET  /bureau/register                                             -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/register/terms                                       -----  login  login  403    403    403    403    403    403    403    409    ...A.
GET  /bureau/sending                                              -----  login  login  403    403    403    403    403    403    403    ok     .I...
POST /bureau/sending                                              -----  login  login  403    403    403    403    403    403    403    422    .I...
GET  /bureau/sending/<sending>/progress                           -----  login  login  403    403    403    403    403    403    403    ok     PIYAR
POST /bureau/sending/<invoice>                                    -----  login  login  403    403    403    403    403    403    403    422    .I...
"""

AGENCY_ROLES = dict(zip("PIYAR", agency_roles.ROLES, strict=True))
STATES = {"D": "draft", "S": "submitted", "R": "rejected", "A": "approved", "I": "invoiced"}


class Row(NamedTuple):
    """A line of the table; states: empty where there is no sheet in it. answers: by role."""

    method: str
    path: str
    states: tuple[str, ...]
    answers: dict[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def rows() -> list[Row]:
    """The table, read."""
    lines, roles = [], []
    for line in TABLE.splitlines():
        words = line.split()
        if not words or words[0] == "#":
            continue
        if words[0] not in ("GET", "POST"):
            roles = words
            continue
        method, path, states, *answers = words
        named = tuple(STATES[letter] for letter in states if letter in STATES)
        said = dict(zip(roles, answers, strict=True))
        among = said.pop("roles")
        assert [letter for letter in among if letter != "."] == [one for one in AGENCY_ROLES if one in among]
        said |= {role: said["agency"] if one in among else "403" for one, role in AGENCY_ROLES.items()}
        lines.append(Row(method, path, named, said))
    return lines

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
    agency   agency staff

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

TABLE = """
# Whoever comes along
                                                                         nobody half   worker peer   approv regist invoic deputy away   agency
GET  /<statement>                                                 -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
GET  /healthz                                                     -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
GET  /readyz                                                      -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
GET  /metrics                                                     -----  404    404    404    404    404    404    404    404    404    404
GET  /help                                                        -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
GET  /help/<page>                                                 -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
POST /language                                                    -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
GET  /login                                                       -----  ok     login  ok     ok     ok     ok     ok     ok     ok     ok
POST /login                                                       -----  422    422    ok     ok     ok     ok     ok     ok     ok     ok
GET  /login/code                                                  -----  login  ok     ok     ok     ok     ok     ok     ok     ok     ok
POST /login/code                                                  -----  401    422    ok     ok     ok     ok     ok     ok     ok     ok
POST /login/passkey                                               -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
POST /login/code/passkey                                          -----  404    ok     404    404    404    404    404    404    404    404
POST /login/with/<provider>                                       -----  404    404    404    404    404    404    404    404    404    404
GET  /login/with/<provider>/answer                                -----  404    404    404    404    404    404    404    404    404    404
GET  /password/forgotten                                          -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
POST /password/forgotten                                          -----  422    422    422    422    422    422    422    422    422    422
GET  /password/new/<token>                                        -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
POST /password/new/<token>                                        -----  422    422    422    422    422    422    422    422    422    422
GET  /decide/<token>                                              -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
POST /decide/<token>                                              -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
POST /decide/<token>/undo                                         -----  409    409    409    409    409    409    409    409    409    409
GET  /decide/<token>/<sheet>                                      -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
POST /decide/<token>/<sheet>/reject                               -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
GET  /static/<filename>                                           -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
GET  /sw.js                                                       -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok

# One's own account, home, organisations
                                                                         nobody half   worker peer   approv regist invoic deputy away   agency
GET  /                                                            -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok
GET  /account                                                     -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok
POST /account/data                                                -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok
POST /account/decide-by-mail                                      -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok
GET  /account/deputies                                            -----  login  login  403    403    ok     403    403    403    ok     ok
POST /account/deputies                                            -----  login  login  403    403    ok     403    403    403    ok     ok
POST /account/deputies/<deputy>/end                               -----  login  login  404    404    ok     404    404    404    404    ok
POST /account/deputies/requests/<asked>/answer                    -----  login  login  404    ok     404    404    404    404    404    404
POST /account/deputies/requests/<asked>/withdraw                  -----  login  login  404    404    ok     404    404    404    404    ok
GET  /account/deputies/asked/<token>                              -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
POST /account/deputies/asked/<token>                              -----  ok     ok     ok     ok     ok     ok     ok     ok     ok     ok
POST /account/deadlines                                           -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok
POST /account/deadlines/end                                       -----  login  login  404    404    404    404    404    404    404    404
GET  /deadlines/<token>.ics                                       -----  404    404    404    404    404    404    404    404    404    404
POST /account/devices/<device>/forget                             -----  login  login  ok     404    404    404    404    404    404    404
GET  /account/factors                                             -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok
POST /account/factors                                             -----  login  login  422    422    422    422    422    422    422    422
GET  /account/factors/<authenticator>                             -----  login  login  ok     404    404    404    404    404    404    404
POST /account/factors/<authenticator>                             -----  login  login  422    404    404    404    404    404    404    404
POST /account/factors/<authenticator>/remove                      -----  login  login  ok     404    404    404    404    404    404    404
GET  /account/factors/passkeys/new                                -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok
POST /account/factors/passkeys/new                                -----  login  login  422    422    422    422    422    422    422    422
POST /account/factors/passkeys/options                            -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok
POST /account/factors/passkeys                                    -----  login  login  422    422    422    422    422    422    422    422
POST /account/factors/passkeys/challenge                          -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok
POST /account/factors/passkeys/<passkey>/remove                   -----  login  login  ok     404    404    404    404    404    404    404
POST /account/factors/recovery-codes                              -----  login  login  409    409    409    409    409    409    409    409
POST /account/factors/recovery-codes/file                         -----  login  login  409    409    409    409    409    409    409    409
POST /account/password                                            -----  login  login  422    422    422    422    422    422    422    422
GET  /account/providers                                           -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok
POST /account/providers/<provider>                                -----  login  login  404    404    404    404    404    404    404    404
POST /account/providers/<provider>/once-more                      -----  login  login  404    404    404    404    404    404    404    404
POST /account/providers/<identity>/remove                         -----  login  login  ok     404    404    404    404    404    404    404
POST /account/sessions/<session>/end                              -----  login  login  ok     404    404    404    404    404    404    404
POST /account/sessions/end                                        -----  login  login  ok     ok     ok     ok     ok     ok     ok     ok
POST /logout                                                      -----  login  login  login  login  login  login  login  login  login  login
GET  /organisations/<code>                                        -----  login  login  404    404    ok     ok     ok     ok     404    ok

# Approving
                                                                         nobody half   worker peer   approv regist invoic deputy away   agency
GET  /approvals                                                   -----  login  login  403    403    ok     403    403    ok     ok     403
GET  /approvals/<sheet>                                           DSRA.  login  login  ok     404    ok     ok     404    ok     404    ok
GET  /approvals/<sheet>                                           ....I  login  login  ok     404    ok     ok     ok     ok     404    ok
POST /approvals/<sheet>/approve                                   D.RA.  login  login  403    404    409    403    404    409    404    403
POST /approvals/<sheet>/approve                                   .S...  login  login  403    404    ok     403    404    ok     404    403
POST /approvals/<sheet>/approve                                   ....I  login  login  403    404    409    403    403    409    404    403
POST /approvals/<sheet>/budget-number                             DSR..  login  login  403    404    403    ok     404    403    404    403
POST /approvals/<sheet>/budget-number                             ...A.  login  login  403    404    403    409    404    403    404    403
POST /approvals/<sheet>/budget-number                             ....I  login  login  403    404    403    409    403    403    404    403
GET  /approvals/<sheet>/reject                                    D.RA.  login  login  409    404    409    409    404    409    404    409
GET  /approvals/<sheet>/reject                                    .S...  login  login  403    404    ok     403    404    ok     404    403
GET  /approvals/<sheet>/reject                                    ....I  login  login  409    404    409    409    403    409    404    409
POST /approvals/<sheet>/reject                                    D.RA.  login  login  409    404    409    409    404    409    404    409
POST /approvals/<sheet>/reject                                    .S...  login  login  403    404    ok     403    404    ok     404    403
POST /approvals/<sheet>/reject                                    ....I  login  login  409    404    409    409    403    409    404    409
GET  /approvals/<sheet>/revoke                                    DSR..  login  login  409    404    409    409    404    409    404    409
GET  /approvals/<sheet>/revoke                                    ...A.  login  login  403    404    ok     403    404    ok     404    ok
GET  /approvals/<sheet>/revoke                                    ....I  login  login  409    404    409    409    403    409    404    409
POST /approvals/<sheet>/revoke                                    DSR..  login  login  409    404    409    409    404    409    404    409
POST /approvals/<sheet>/revoke                                    ...A.  login  login  403    404    ok     403    404    ok     404    ok
POST /approvals/<sheet>/revoke                                    ....I  login  login  409    404    409    409    403    409    404    409
POST /approvals/<sheet>/undo                                      DS...  login  login  409    404    409    409    404    409    404    409
POST /approvals/<sheet>/undo                                      ..RA.  login  login  403    404    ok     403    404    403    404    403
POST /approvals/<sheet>/undo                                      ....I  login  login  403    404    409    403    403    403    404    403
POST /approvals/approve                                           -----  login  login  403    403    ok     403    403    ok     409    403
GET  /approvals/decided                                           -----  login  login  403    403    ok     403    403    ok     ok     403
POST /approvals/decided/<sheet>/undo                              DS...  login  login  403    403    409    403    403    409    404    403
POST /approvals/decided/<sheet>/undo                              ..RA.  login  login  403    403    ok     403    403    403    404    403
POST /approvals/decided/<sheet>/undo                              ....I  login  login  403    403    409    403    403    403    404    403
POST /approvals/ordinary                                          -----  login  login  403    403    ok     403    403    ok     422    403
POST /approvals/undo                                              -----  login  login  403    403    ok     403    403    409    409    403
POST /home/<sheet>/approve                                        D.RA.  login  login  403    404    409    403    404    409    404    403
POST /home/<sheet>/approve                                        .S...  login  login  403    404    ok     403    404    ok     404    403
POST /home/<sheet>/approve                                        ....I  login  login  403    404    409    403    403    409    404    403
POST /home/ordinary                                               -----  login  login  403    403    ok     403    403    ok     422    403
POST /home/undo                                                   -----  login  login  403    403    ok     403    403    409    409    403

# The worker's own hours
                                                                         nobody half   worker peer   approv regist invoic deputy away   agency
GET  /hours                                                       -----  login  login  ok     ok     403    403    403    403    403    403
GET  /hours/<code>                                                DSRAI  login  login  ok     404    403    403    403    403    403    403
POST /hours/<code>/copy                                           DSRAI  login  login  ok     404    403    403    403    403    403    403
POST /hours/<code>/lines                                          DSRAI  login  login  ok     404    403    403    403    403    403    403
POST /hours/<code>/save                                           D.R..  login  login  ok     404    403    403    403    403    403    403
POST /hours/<code>/save                                           .S.AI  login  login  409    404    403    403    403    403    403    403
POST /hours/<code>/send                                           DSR..  login  login  ok     404    403    403    403    403    403    403
POST /hours/<code>/send                                           ...AI  login  login  409    404    403    403    403    403    403    403
POST /hours/<code>/turn                                           D.RAI  login  login  ok     404    403    403    403    403    403    403
POST /hours/<code>/turn                                           .S...  login  login  409    404    403    403    403    403    403    403
POST /hours/<code>/withdraw                                       D.RAI  login  login  409    404    403    403    403    403    403    403
POST /hours/<code>/withdraw                                       .S...  login  login  ok     404    403    403    403    403    403    403
GET  /hours/download                                              -----  login  login  ok     ok     403    403    403    403    403    403
GET  /hours/sheets/<sheet>                                        DSRAI  login  login  ok     404    403    403    403    403    403    403
GET  /hours/totals                                                -----  login  login  ok     ok     403    403    403    403    403    403

# Registering hours for workers
                                                                         nobody half   worker peer   approv regist invoic deputy away   agency
GET  /registration                                                -----  login  login  403    403    403    ok     403    403    ok     403
GET  /registration/<code>                                         DSRAI  login  login  403    403    403    ok     403    403    404    403
POST /registration/<code>/copy                                    DSRAI  login  login  403    403    403    ok     403    403    404    403
POST /registration/<code>/lines                                   DSRAI  login  login  403    403    403    ok     403    403    404    403
POST /registration/<code>/save                                    D.R..  login  login  403    403    403    ok     403    403    404    403
POST /registration/<code>/save                                    .S.AI  login  login  403    403    403    409    403    403    404    403
POST /registration/<code>/send                                    DSR..  login  login  403    403    403    ok     403    403    404    403
POST /registration/<code>/send                                    ...AI  login  login  403    403    403    409    403    403    404    403
POST /registration/<code>/turn                                    D.RAI  login  login  403    403    403    ok     403    403    404    403
POST /registration/<code>/turn                                    .S...  login  login  403    403    403    409    403    403    404    403
POST /registration/<code>/withdraw                                D.RAI  login  login  403    403    403    409    403    403    404    403
POST /registration/<code>/withdraw                                .S...  login  login  403    403    403    403    403    403    404    403
POST /registration/send-all                                       -----  login  login  403    403    403    ok     403    403    409    403

# Invoices and budgets
                                                                         nobody half   worker peer   approv regist invoic deputy away   agency
GET  /budgets                                                     -----  login  login  403    403    ok     403    ok     ok     ok     ok
GET  /budgets/<budget_number>                                     -----  login  login  404    404    ok     404    ok     ok     404    ok
GET  /invoices                                                    -----  login  login  403    403    403    403    ok     403    ok     ok
GET  /invoices/<invoice>                                          -----  login  login  404    404    404    404    ok     404    404    ok
GET  /invoices/<invoice>/pdf                                      -----  login  login  404    404    404    404    ok     404    404    ok
GET  /invoices/<invoice>/timesheets                               -----  login  login  404    404    404    404    ok     404    404    ok
GET  /invoices/<invoice>/ubl                                      -----  login  login  404    404    404    404    ok     404    404    ok
GET  /invoices/list.csv                                           -----  login  login  403    403    403    403    ok     403    ok     ok
GET  /invoices/list.xlsx                                          -----  login  login  403    403    403    403    ok     403    ok     ok
GET  /invoices/zip                                                -----  login  login  403    403    403    403    ok     403    422    ok

# The agency's own places
                                                                         nobody half   worker peer   approv regist invoic deputy away   agency
GET  /bureau                                                      -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/assignments                                          -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/assignments                                          -----  login  login  403    403    403    403    403    403    403    422
GET  /bureau/assignments/<assignment>                             -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/assignments/<assignment>/change                      -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/assignments/<assignment>/change                      -----  login  login  403    403    403    403    403    403    403    422
POST /bureau/assignments/<assignment>/delete                      -----  login  login  403    403    403    403    403    403    403    409
POST /bureau/assignments/<assignment>/end                         -----  login  login  403    403    403    403    403    403    403    422
POST /bureau/assignments/<assignment>/rates                       -----  login  login  403    403    403    403    403    403    403    422
GET  /bureau/assignments/<assignment>/rates/<rate>                -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/assignments/<assignment>/rates/<rate>                -----  login  login  403    403    403    403    403    403    403    422
POST /bureau/assignments/<assignment>/rates/<rate>/delete         -----  login  login  403    403    403    403    403    403    403    409
GET  /bureau/assignments/new                                      -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/closing-days                                         -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/closing-days                                         -----  login  login  403    403    403    403    403    403    403    422
GET  /bureau/closing-days/<closing_day>                           -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/closing-days/<closing_day>                           -----  login  login  403    403    403    403    403    403    403    422
POST /bureau/closing-days/<closing_day>/delete                    -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/closing-days/holidays                                -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/closing-days/holidays                                -----  login  login  403    403    403    403    403    403    403    422
GET  /bureau/corrections                                          -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/corrections/<sheet>                                  DSRAI  login  login  403    403    403    403    403    403    403    ok
POST /bureau/corrections/<sheet>                                  DSRA.  login  login  403    403    403    403    403    403    403    409
POST /bureau/corrections/<sheet>                                  ....I  login  login  403    403    403    403    403    403    403    ok
POST /bureau/corrections/<sheet>/withdraw                         DSRAI  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/details                                              -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/details                                              -----  login  login  403    403    403    403    403    403    403    409
POST /bureau/details/second-step                                  -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/hour-types                                           -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/hour-types                                           -----  login  login  403    403    403    403    403    403    403    422
GET  /bureau/hour-types/<hour_type>                               -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/hour-types/<hour_type>                               -----  login  login  403    403    403    403    403    403    403    422
GET  /bureau/imports                                              -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/imports                                              -----  login  login  403    403    403    403    403    403    403    422
POST /bureau/imports/<job>/again                                  -----  login  login  403    403    403    403    403    403    403    409
POST /bureau/imports/<job>/confirm                                -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/imports/<job>/lines.csv                              -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/invoicing                                            -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/invoicing                                            -----  login  login  403    403    403    403    403    403    403    422
GET  /bureau/invoicing/<invoice>/credit                           -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/invoicing/<invoice>/credit                           -----  login  login  403    403    403    403    403    403    403    409
POST /bureau/invoicing/documents                                  -----  login  login  403    403    403    403    403    403    403    409
GET  /bureau/jobs/<job>                                           -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/mail                                                 -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/mail/<mail>/again                                    -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/mail/again                                           -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/organisations                                        -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/organisations                                        -----  login  login  403    403    403    403    403    403    403    422
GET  /bureau/organisations/<code>                                 -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/organisations/<code>/budget-numbers                  -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/organisations/<code>/budget-numbers                  -----  login  login  403    403    403    403    403    403    403    422
GET  /bureau/organisations/<code>/budget-numbers/<number>         -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/organisations/<code>/budget-numbers/<number>         -----  login  login  403    403    403    403    403    403    403    409
POST /bureau/organisations/<code>/budget-numbers/<number>/delete  -----  login  login  403    403    403    403    403    403    403    409
POST /bureau/organisations/<code>/budget-numbers/<number>/end     -----  login  login  403    403    403    403    403    403    403    422
GET  /bureau/organisations/<code>/budget-numbers/<number>/move    -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/organisations/<code>/budget-numbers/<number>/move    -----  login  login  403    403    403    403    403    403    403    422
GET  /bureau/organisations/<code>/change                          -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/organisations/<code>/change                          -----  login  login  403    403    403    403    403    403    403    409
POST /bureau/organisations/<code>/end                             -----  login  login  403    403    403    403    403    403    403    422
POST /bureau/organisations/<code>/resume                          -----  login  login  403    403    403    403    403    403    403    409
POST /bureau/organisations/<code>/sign-in                         -----  login  login  403    403    403    403    403    403    403    422
GET  /bureau/organisations/new/organisation                       -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/pay-periods                                          -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/pay-periods/<period>                                 -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/pay-periods/<period>                                 -----  login  login  403    403    403    403    403    403    403    422
POST /bureau/pay-periods/<period>/delete                          -----  login  login  403    403    403    403    403    403    403    409
GET  /bureau/pay-periods/year                                     -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/pay-periods/year                                     -----  login  login  403    403    403    403    403    403    403    422
POST /bureau/pay-periods/year/delete                              -----  login  login  403    403    403    403    403    403    403    409
POST /bureau/pay-periods/year/preview                             -----  login  login  403    403    403    403    403    403    403    422
GET  /bureau/payments                                             -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/payments/<payment>/take-back                         -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/payments/bank                                        -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/payments/bank                                        -----  login  login  403    403    403    403    403    403    403    422
POST /bureau/payments/bank/<entry>/book                           -----  login  login  403    403    403    403    403    403    403    404
POST /bureau/payments/bank/<entry>/put-back                       -----  login  login  403    403    403    403    403    403    403    404
POST /bureau/payments/bank/<entry>/set-aside                      -----  login  login  403    403    403    403    403    403    403    404
POST /bureau/payments/file                                        -----  login  login  403    403    403    403    403    403    403    422
GET  /bureau/payments/invoice/<invoice>                           -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/payments/invoice/<invoice>/pay                       -----  login  login  403    403    403    403    403    403    403    422
POST /bureau/payments/invoice/<invoice>/return                    -----  login  login  403    403    403    403    403    403    403    422
POST /bureau/payments/invoice/<invoice>/take-back/<payment>       -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/payments/mark                                        -----  login  login  403    403    403    403    403    403    403    422
POST /bureau/payments/record                                      -----  login  login  403    403    403    403    403    403    403    409
GET  /bureau/payroll                                              -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/payroll/<calendar>/<year>-<number>                   -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/payroll/<calendar>/<year>-<number>                   -----  login  login  403    403    403    403    403    403    403    422
GET  /bureau/payroll/batches/<batch>                              -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/payroll/batches/<batch>/<format>                     -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/payroll/batches/<batch>/hand-over                    -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/payroll/batches/<batch>/hand-over                    -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/payroll/batches/<batch>/undo                         -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/payroll/batches/<batch>/undo                         -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/people                                               -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/people                                               -----  login  login  403    403    403    403    403    403    403    422
GET  /bureau/people/<person>                                      -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/people/<person>/change                               -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/people/<person>/change                               -----  login  login  403    403    403    403    403    403    403    409
POST /bureau/people/<person>/close                                -----  login  login  403    403    403    403    403    403    403    422
POST /bureau/people/<person>/data                                 -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/people/<person>/erase                                -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/people/<person>/erase                                -----  login  login  403    403    403    403    403    403    403    409
POST /bureau/people/<person>/factors/ask                          -----  login  login  403    403    403    403    403    403    403    409
POST /bureau/people/<person>/factors/confirm                      -----  login  login  403    403    403    403    403    403    403    409
POST /bureau/people/<person>/factors/withdraw                     -----  login  login  403    403    403    403    403    403    403    409
POST /bureau/people/<person>/invite                               -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/people/<person>/reopen                               -----  login  login  403    403    403    403    403    403    403    409
POST /bureau/people/<person>/rights                               -----  login  login  403    403    403    403    403    403    403    422
POST /bureau/people/<person>/rights/<code>                        -----  login  login  403    403    403    403    403    403    403    422
POST /bureau/people/<person>/rights/<code>/remove                 -----  login  login  403    403    403    403    403    403    403    422
POST /bureau/people/<person>/sessions/<session>/end               -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/people/<person>/sessions/end                         -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/people/new                                           -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/progress                                             -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/progress/<code>/<year>/<number>                      DSRAI  login  login  403    403    403    403    403    403    403    ok
POST /bureau/progress/<code>/<year>/<number>                      D.R..  login  login  403    403    403    403    403    403    403    ok
POST /bureau/progress/<code>/<year>/<number>                      .S.AI  login  login  403    403    403    403    403    403    403    409
GET  /bureau/progress/<code>/<year>/<number>/change               DSR..  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/progress/<code>/<year>/<number>/change               ...AI  login  login  403    403    403    403    403    403    403    409
POST /bureau/progress/<code>/<year>/<number>/change               DSR..  login  login  403    403    403    403    403    403    403    ok
POST /bureau/progress/<code>/<year>/<number>/change               ...AI  login  login  403    403    403    403    403    403    403    409
POST /bureau/progress/remind                                      -----  login  login  403    403    403    403    403    403    403    ok
GET  /bureau/register                                             -----  login  login  403    403    403    403    403    403    403    ok
POST /bureau/register/terms                                       -----  login  login  403    403    403    403    403    403    403    409
"""

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
        lines.append(Row(method, path, named, dict(zip(roles, answers, strict=True))))
    return lines

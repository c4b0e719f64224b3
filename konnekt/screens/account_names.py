"""What happens to an account and how it is signed in with, where the history tells of it (change_text.py)."""

from flask_babel import lazy_gettext as N_

VERBS = {
    "invite_anew": N_("Password and second step voided, invited anew at the address of now"),
    "set_password": N_("Password set"),
    "change_password": N_("Password changed"),
    "add_factor": N_("Second step of signing in added"),
    "remove_factor": N_("Second step of signing in removed"),
    "add_passkey": N_("Passkey added"),
    "remove_passkey": N_("Passkey removed"),
    "refuse_passkey": N_("Passkey refused: its counter went back, as that of a copy does"),
    "bind_identity": N_("Sign-in with a provider connected"),
    "unbind_identity": N_("Sign-in with a provider removed"),
    "renew_recovery_codes": N_("Recovery codes made"),
    "use_recovery_code": N_("Recovery code used"),
    "sign_in_without_code": N_("Signed in without a code, since none could be mailed"),
    "remember_device": N_("Browser remembered"),
    "forget_device": N_("Browser forgotten"),
    "ask_factor_reset": N_("Asked to remove the second step of signing in"),
    "reset_factors": N_("Second step of signing in removed by the agency"),
    "withdraw_factor_reset": N_("Second step of signing in left as it is"),
    "choose_report_by_mail": N_("Report by mail chosen"),
    "begin_news": N_("News on a device begun"),
    "end_news": N_("News on a device ended"),
    "renew_deadline_feed": N_("Address for a calendar made"),
    "end_deadline_feed": N_("Address for a calendar removed"),
    "end_sessions": N_("Signed out by the agency"),
}

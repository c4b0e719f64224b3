"""Entering hours for others: whose, in which period; the agency changes or sends on behalf."""

__all__ = ["change", "registrar_sheets", "submit_on_behalf", "teams"]

"""Who signs in: accounts, passwords, second factors, sessions, devices, links by mail, limits on guessing."""

__all__ = [
    "agency_roles", "attempts", "choosing", "devices", "factor_resets", "factors", "known_devices", "links",
    "notices", "once_more", "passwords", "people", "quotas", "recovery_codes", "sessions", "sign_in",
]  # fmt: skip

"""Who signs in: accounts, passwords, providers, factors, sessions, devices, links, limits on guessing."""

__all__ = [
    "agency_roles", "attempts", "choosing", "devices", "factor_resets", "factors", "identities", "links",
    "mailed_codes", "news", "notices", "once_more", "openid", "passkeys", "passwords", "people",
    "provider_requests", "push", "quotas", "recovery_codes", "sessions", "sign_in", "sign_in_policy",
]  # fmt: skip

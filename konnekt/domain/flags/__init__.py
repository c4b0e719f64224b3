"""What is unusual about a sheet that waits: rules over inputs, whom a change affects, and its words.

Every verb that changes hours calls `changed` last.
"""

from konnekt.domain.flags.affected import affected_by
from konnekt.domain.flags.store import (
    changed,
    count_sums,
    forget_sums,
    imported,
    refresh,
    refresh_all_waiting,
    waiting,
    warnings,
)

__all__ = [
    "affected_by", "changed", "count_sums", "forget_sums", "imported", "inputs", "refresh",
    "refresh_all_waiting", "rules", "waiting", "warnings", "words",
]  # fmt: skip

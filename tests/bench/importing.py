"""How long the import of an agency's files takes: the first time and again."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
# A set of 120 workers that lies beside the repository where it is developed.
FILES = ROOT.parent / "shared" / "data" / "um"


def konnekt(environment: dict[str, str], *arguments: str) -> float:
    """Run the command; returns its seconds, starting Python included."""
    started = time.perf_counter()
    command = [str(Path(sys.executable).with_name("konnekt")), *arguments]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def measure(database: str) -> None:
    """Print the seconds of an import into an empty database, and of the same files again."""
    if not FILES.exists():
        print(f"  import                              no files in {FILES.name}/ beside the repository")
        return
    with tempfile.TemporaryDirectory(prefix="konnekt-bench-") as instance:
        environment = {**os.environ, "KONNEKT_INSTANCE": instance, "KONNEKT_DATABASE": database}
        konnekt(environment, "migrate")
        for title in ("import, first time", "import, again (changes nothing)"):
            print(f"  {title:35} {konnekt(environment, 'import', str(FILES)):6.2f} s")

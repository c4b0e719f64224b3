"""The tests of Konnekt."""

import os
import sys

# Hundreds of tests start the konnekt command: it is compiled once, whatever this shell says.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

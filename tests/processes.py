"""Processes that start with Konnekt imported: each forks from one that did it once."""

import multiprocessing

# Not fork: the tests have threads. Not spawn: importing takes ten times as long as what most of them do.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.command_line", "tests.conftest", "tests.preloaded"])

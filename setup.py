"""Beside pyproject.toml, which says all else, for one thing: what is gone from the source is not built again.

Setuptools copies into `build/`, and packs what lies there: a file that was removed since came back.
"""

import shutil

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildAfresh(build_py):
    def run(self) -> None:
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


setup(cmdclass={"build_py": BuildAfresh})

"""What the application imports when it is made: each process that forks from where this was imported has it."""

import pkgutil
from importlib import import_module

from konnekt import blueprints, screens

for _package in (blueprints, screens):
    for _module in pkgutil.walk_packages(_package.__path__, f"{_package.__name__}."):
        import_module(_module.name)

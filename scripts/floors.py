"""Print the lowest versions that pyproject.toml allows, as constraints of pip.

    python scripts/floors.py [EXTRA ...]

Without an extra these are the floors of the library alone.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
REQUIREMENT = re.compile(r"^([\w-]+)(?:\[[\w,]+\])?>=([\w.]+)")


def floors(*extras: str) -> dict[str, str]:
    """The lowest version of each package, by its name; where several floors hold, the last one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = list(project["dependencies"])
    for extra in extras:
        requirements += project["optional-dependencies"][extra]
    return {found[1]: found[2] for each in requirements if (found := REQUIREMENT.match(each))}


if __name__ == "__main__":
    for name, version in floors(*sys.argv[1:]).items():
        sys.stdout.write(f"{name}=={version}\n")

"""Makes a virtual environment with whatever this Python has: `venv`, or `virtualenv` where Debian left `ensurepip` out."""

import subprocess
import sys
import venv

NEEDED = (3, 11)

if sys.version_info < NEEDED:
    sys.exit(
        f"Weft needs Python {NEEDED[0]}.{NEEDED[1]} or newer; this is {sys.version.split()[0]}: make run PYTHON=python3.12"
    )
try:
    venv.create(sys.argv[1], with_pip=True, symlinks=True)
except (subprocess.CalledProcessError, ImportError):
    sys.exit("This Python cannot make virtual environments. On Debian: apt-get install python3-venv")

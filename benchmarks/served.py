"""gunicorn as an operator runs it: what is installed for development alone cannot be imported."""

import os
import sys

from gunicorn.app.wsgiapp import run

HIDDEN = "BENCHMARKS_HIDDEN"
"""Names of modules. Whoever starts the server finds them: looking here would count as memory."""

if __name__ == "__main__":
    sys.modules.update(dict.fromkeys(os.environ[HIDDEN].split()))
    run()

"""`flask keys rotate-data` in a process of its own, which stands still at a given secret.

`python -m tests.durability.rotator SECRETS HANDLE`: a byte on the handle says that so many were
sealed anew, of which the last batch is not committed; from then on it waits to be killed.
"""

import itertools
import os
import signal
import sys

from portal import create_app
from portal.two_factor import rotation


def main(secrets: int, handle: int) -> None:
    numbers, seal = itertools.count(1), rotation.sealed_secret

    def stop_there(secret: str, admin_id: int) -> bytes:
        if next(numbers) == secrets:
            os.write(handle, b".")
            signal.pause()
        return seal(secret, admin_id)

    rotation.sealed_secret = stop_there
    with create_app().app_context():
        rotation.rotate_data_keys()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

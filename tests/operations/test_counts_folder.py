"""A server's folder of counts goes with it, and with the next one's start where it was killed."""

import fcntl
import os
from urllib.request import urlopen

import pytest

from tests.processes import Portal

pytestmark = pytest.mark.one_database


@pytest.fixture
def temporary(tmp_path):
    """The machine's folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def portals(database, tmp_path):
    """Two installations on one machine."""
    with (
        Portal(database.clone(), tmp_path / "a") as one,
        Portal(database.clone(), tmp_path / "b") as other,
    ):
        one.folder.mkdir()
        other.folder.mkdir()
        yield one, other


def server_of(portal, temporary, workers=1):
    """It counts where it likes, as in production."""
    found = portal.server(workers)
    del found.environ["PROMETHEUS_MULTIPROC_DIR"]
    found.environ["TMPDIR"] = str(temporary)
    return found


def answers(portal) -> bool:
    with urlopen(f"{portal.url}/healthz", timeout=60) as answer:
        return answer.status == 200


def folders(temporary):
    return set(temporary.glob("portal-counts-*"))


def wait_for_the_last_of(folder):
    """Killed processes hold the folder's lock until they are gone."""
    opened = os.open(folder, os.O_RDONLY)
    fcntl.flock(opened, fcntl.LOCK_EX)
    os.close(opened)


def test_what_a_killed_server_left_is_removed_by_the_next_and_no_more(portals, temporary):
    one, other = portals
    foreign = temporary / "portal-counts-of-somebody"
    foreign.symlink_to(one.folder)
    with server_of(one, temporary, workers=2) as killed:
        assert answers(one)
        (left,) = folders(temporary) - {foreign}
        with server_of(other, temporary) as living:
            assert answers(other)
            killed.kill()
            wait_for_the_last_of(left)
            with server_of(one, temporary):
                assert answers(one)
                kept = folders(temporary) - {foreign}
                assert (len(kept), left in kept) == (2, False)
                assert answers(other)
            assert not living.is_over
    assert folders(temporary) == {foreign}
    assert one.folder.is_dir()

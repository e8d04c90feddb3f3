"""A server's folder of counts goes with it, and with the next one's start where it was killed."""

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


def test_what_a_killed_server_left_is_removed_by_the_next_and_no_more(portals, temporary):
    one, other = portals
    foreign = temporary / "portal-counts-of-somebody"
    foreign.symlink_to(one.folder)
    with server_of(one, temporary, workers=2) as killed, server_of(other, temporary) as living:
        assert answers(one)
        assert answers(other)
        both = folders(temporary) - {foreign}
        killed.kill()
        with server_of(one, temporary):
            assert answers(one)
            kept = folders(temporary) - {foreign}
            assert (len(both), len(kept), len(both & kept)) == (2, 2, 1)
            assert answers(other)
        assert not living.is_over
    assert folders(temporary) == {foreign}
    assert one.folder.is_dir()

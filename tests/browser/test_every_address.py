"""Every page opens on each database, for whoever the scenes say, without a browser."""

import pytest

from tests.browser.pages import NOT_PAGES, SCENES, pages_of

REDIRECTS = {302, 303, 308}


def test_every_page_is_on_the_list(served):
    assert pages_of(served.app) == SCENES.keys()
    assert served.app.view_functions.keys() >= NOT_PAGES


@pytest.mark.parametrize("endpoint", SCENES)
def test_a_page_opens(cast, endpoint):
    for scene in SCENES[endpoint]:
        visitor = cast.visitor(scene.who)
        answer = visitor.get(scene.path.format(**cast.names))
        while answer.status in REDIRECTS:
            answer = visitor.get(answer.location)
        assert answer.status == scene.status, scene

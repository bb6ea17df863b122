"""What an OpenID provider is asked for, and that it is held to it."""

import pytest

from idp.dev.upstreams.google import GoogleStage
from idp.federation.problems import UpstreamProblem
from tests.federation.direct import Direct
from tests.federation.lies import claiming


@pytest.mark.parametrize(
    ("auth_time", "max_age", "because"),
    [(None, 0, "stale"), (0, 0, "stale"), (0, 3600, "stale"), ("now", 0, None), ("now", 3600, None), (0, None, None)],
)
def test_a_provider_is_held_to_the_freshness_it_was_asked_for(
    there: Direct[GoogleStage], auth_time: object, max_age: int | None, because: str | None
) -> None:
    told = int(there.clock().timestamp()) if auth_time == "now" else auth_time
    connector, opening = there.connector(), there.opening(max_age=max_age)
    address = connector.authorization_url(opening)
    assert ("prompt=login" in address) == (max_age == 0)
    there.stage.forge = claiming(auth_time=told)
    answer = there.answer(address.replace("prompt=login", "prompt=consent"), "alice")

    if because is None:
        assert connector.identity(answer, opening, now=there.clock()).subject
    else:
        with pytest.raises(UpstreamProblem) as raised:
            connector.identity(answer, opening, now=there.clock())
        assert raised.value.because == because


def test_a_provider_that_posts_its_answer_is_asked_to(there: Direct[GoogleStage]) -> None:
    assert there.asked_for(there.connector(response_mode="form_post"))["response_mode"] == "form_post"
    assert "response_mode" not in there.asked_for()


def test_who_is_asked_who_they_are_here_is_asked_there_too(there: Direct[GoogleStage]) -> None:
    assert there.asked_for(choose=True)["prompt"] == "select_account"
    assert there.asked_for(choose=True, max_age=0)["prompt"] == "login"
    assert "prompt" not in there.asked_for()

"""Bodies of the API that no honest program sends."""

import pytest

DEEP = "[" * 200_000


@pytest.mark.parametrize(
    "body", [DEEP, DEEP + "]" * 200_000, '{"a":' * 100_000, "{", " ", "\ud83d"]
)
def test_a_body_that_cannot_be_read_is_a_bad_request(client, body):
    answer = client.post(
        "/api/admin/auth/login",
        data=body.encode("utf-8", "surrogatepass"),
        content_type="application/json",
    )
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("body", ["null", " null\n", "[]", "1", '"text"'])
def test_a_body_that_is_no_object_is_not_accepted(client, body):
    answer = client.post("/api/admin/auth/login", data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "validation_failed")


@pytest.mark.parametrize("depth", [50, 500, 900])
def test_a_nested_value_is_not_a_text(client, depth):
    body = f'{{"email": {"[" * depth + "]" * depth}, "password": "x"}}'
    answer = client.post("/api/admin/auth/login", data=body, content_type="application/json")
    assert answer.status_code in {400, 422}

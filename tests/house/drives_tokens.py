"""How each change of a token, an import or what is held of a person is driven once."""

import io
import re

from portal.customers.import_file import COLUMNS, read_file
from portal.customers.import_preview import judge
from portal.customers.imports import keep_preview
from portal.customers.tokens import issue_service_token
from tests.cast import actor, make_tenant, make_user

FILE = (",".join(COLUMNS) + "\nacme,Acme,uma,Uma User,uma@acme.test,\n").encode()
TOKEN = re.compile(r"bop_\w{58}")


def _kept(s, answer):
    """The token that was shown must stand nowhere else."""
    s.secrets.update(TOKEN.findall(answer.text))
    assert TOKEN.search(answer.text)
    return answer


def _service_token(s):
    sent = {"name": "Product", "scopes": ["customers:read"], "days": "30"}
    return _kept(s, s.here.submit("/tokens/service", **sent))


def _own_token(s):
    sent = {"name": "Script", "permissions": ["customers.view"], "days": "30"}
    return _kept(s, s.here.submit("/tokens/own", **sent))


def _revoke(s):
    issued = issue_service_token(by=actor(s.ann), name="Product", scopes=["customers:read"])
    s.secrets.add(issued.text)
    return s.here.submit(f"/tokens/{issued.row.public_id}/revoke")


def _mint(s):
    user = make_user(make_tenant())
    path, key = f"/api/customers/users/{user.id}/tokens", {"Idempotency-Key": "once"}
    return _kept(s, s.here.call("POST", path, {"expires_in": 600}, headers=key))


def _upload(s):
    fields = {"csrf_token": s.here.form_token(), "file": (io.BytesIO(FILE), "people.csv")}
    headers = {"Sec-Fetch-Site": "same-origin"}
    return s.here.post("/customers/imports", data=fields, headers=headers, buffered=True)


def _start(s):
    file = read_file(FILE)
    found = keep_preview(
        by=actor(s.ann), filename="people.csv", file=file, verdicts=judge(file.lines)
    )
    return s.here.submit(f"/customers/imports/{found.id}/start")


def _of_user(verb):
    def drive(s):
        user = make_user(make_tenant())
        sent = {"number": str(user.id), "reason": "They asked for it"}
        return s.here.submit(f"/customers/users/{user.id}/{verb}", **sent)

    return drive


DRIVES = {
    "customers.make_service_token": _service_token,
    "customers.make_own_token": _own_token,
    "customers.revoke_api_token": _revoke,
    "customers_api.mint_user_token": _mint,
    "customers.upload_import": _upload,
    "customers.start_import": _start,
    "customers.export": _of_user("export"),
    "customers.erase": _of_user("erase"),
}

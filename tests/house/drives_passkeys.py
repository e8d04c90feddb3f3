"""How each view of passkeys is driven once."""

import json
from typing import TYPE_CHECKING, Any

from werkzeug.test import TestResponse

from tests.client import Client
from tests.two_factor.authenticator import Authenticator
from tests.two_factor.passkey_steps import API, give_passkey, options, passkey_of, prove, sign_in

if TYPE_CHECKING:
    from tests.house.drives import Stage


def _key(s: "Stage") -> int:
    return int(passkey_of(give_passkey(s.ann)).id)


def _signed(client: Client, device: Authenticator, what: str) -> str:
    return json.dumps(device.sign(options(client, what)))


def _made(s: "Stage") -> dict[str, Any]:
    return Authenticator().make(options(s.here, "register"))


def _second_step(s: "Stage") -> TestResponse:
    signed = _signed(s.halfway, give_passkey(s.bea), "authenticate")
    return s.halfway.submit("/sign-in/passkey", credential=signed)


def _alone(s: "Stage") -> TestResponse:
    signed = _signed(s.visitor, give_passkey(s.bea), "sign-in")
    return s.visitor.submit("/sign-in/passkey-alone", credential=signed)


DRIVES = {
    "staff.passkey": _second_step,
    "two_factor.sign_in_with_passkey": _alone,
    "two_factor.add_passkey": lambda s: s.here.submit(
        "/account/passkeys/new", credential=json.dumps(_made(s)), label="Laptop"
    ),
    "two_factor.save_passkey_name": lambda s: s.here.submit(
        f"/account/passkeys/{_key(s)}/rename", label="Old laptop"
    ),
    "two_factor.remove_passkey": lambda s: s.here.submit(f"/account/passkeys/{_key(s)}/remove"),
    "two_factor_api.register_verify": lambda s: s.here.call(
        "POST", f"{API}/register/verify", {"credential": _made(s), "label": "Laptop"}
    ),
    "two_factor_api.name_passkey": lambda s: s.here.call(
        "PATCH", f"{API}/{_key(s)}", {"label": "Old laptop"}
    ),
    "two_factor_api.delete_passkey": lambda s: s.here.call("DELETE", f"{API}/{_key(s)}"),
    "two_factor_api.sign_in_verify": lambda s: sign_in(s.visitor, give_passkey(s.bea)),
    "two_factor_api.authenticate_verify": lambda s: prove(s.halfway, give_passkey(s.bea)),
}

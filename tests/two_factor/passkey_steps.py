"""What the tests of passkeys do over and over, as a program would over JSON."""

from typing import Any

from portal.core import clock
from portal.core.database import db
from portal.staff.models import Admin
from portal.two_factor.models import Passkey, PasskeyHolder
from tests.client import Client
from tests.two_factor.authenticator import Authenticator, plain

API = "/api/admin/passkeys"


def options(client: Client, what: str) -> dict[str, Any]:
    answer = client.call("POST", f"{API}/{what}/options", {})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def add(client: Client, label: str = "Laptop", device: Authenticator | None = None) -> Any:
    """Register a device of a browser that may; the device, and the answer."""
    device = device or Authenticator()
    made = device.make(options(client, "register"))
    body = {"credential": made, "label": label}
    return device, client.call("POST", f"{API}/register/verify", body)


def give_passkey(admin: Admin, label: str = "Laptop", **more: Any) -> Authenticator:
    """As if the person had registered it yesterday."""
    device = Authenticator()
    holder = db.session.get(PasskeyHolder, admin.id)
    if holder is None:
        handle = admin.id.to_bytes(32, "big")
        holder = PasskeyHolder(admin_id=admin.id, user_handle=handle, consecutive_failures=0)
        db.session.add(holder)
    device.handle = holder.user_handle
    values = {"sign_count": 0, "transports": ["internal"], "is_discoverable": True, **more}
    flags = {"is_backup_eligible": False, "is_backed_up": False}
    db.session.add(
        Passkey(
            admin_id=admin.id,
            credential_id=device.id,
            public_key=device._cose(),
            aaguid="00000000-0000-0000-0000-000000000000",
            label=label,
            **{"created_at": clock.now(), **flags, **values},
        )
    )
    admin.is_second_factor_on = True
    db.session.flush()
    return device


def passkey_of(device: Authenticator) -> Passkey:
    return db.session.query(Passkey).filter_by(credential_id=device.id).one()


def sign_in(client: Client, device: Authenticator, **more: Any) -> Any:
    """With the device alone."""
    signed = device.sign(options(client, "sign-in"), **more)
    return client.call("POST", f"{API}/sign-in/verify", {"credential": signed})


def prove(client: Client, device: Authenticator, **more: Any) -> Any:
    """As a second step or for something dangerous."""
    signed = device.sign(options(client, "authenticate"), **more)
    return client.call("POST", f"{API}/authenticate/verify", {"credential": signed})


def name_of(device: Authenticator) -> str:
    return plain(device.id)

"""What the staff room may ask for as a second step."""

from dataclasses import dataclass, replace
from functools import partial

from portal.staff.second_factor import Check, Proof, offer_ways, register
from portal.two_factor.authenticators import check_code
from portal.two_factor.backup_codes import code_set, look_for_code
from portal.two_factor.passkey_proofs import METHOD, check_passkey
from portal.two_factor.ways import ways_of


@dataclass(frozen=True, slots=True)
class Totp:
    """Codes of an authenticator app."""

    method: str = "totp"
    amr: str = "otp"

    def prepare(self, *, admin_id: int, code: str, session_id: str) -> Check:
        del session_id  # a code is consumed for the person, whatever the session
        return lambda: _reminding(admin_id, check_code(admin_id=admin_id, code=code))


@dataclass(frozen=True, slots=True)
class Backup:
    """Backup codes."""

    method: str = "backup"
    amr: str = "backup"

    def prepare(self, *, admin_id: int, code: str, session_id: str) -> Check:
        return look_for_code(admin_id=admin_id, code=code, session_id=session_id)


@dataclass(frozen=True, slots=True)
class Passkeys:
    """What a passkey signed. Its "code" is the browser's answer, as JSON."""

    method: str = METHOD
    amr: str = METHOD

    def prepare(self, *, admin_id: int, code: str, session_id: str) -> Check:
        check = partial(check_passkey, admin_id=admin_id, answer=code, session_id=session_id)
        return lambda: _reminding(admin_id, check())


def _reminding(admin_id: int, proof: Proof) -> Proof:
    """A right proof, which says so where the person's backup codes are all used up or too old."""
    if not proof.accepted:
        return proof
    codes = code_set(admin_id)
    return replace(proof, owes_codes=codes.total > 0 and not codes.remaining)


def register_factors() -> None:
    """Make the factors known to the sign-in."""
    register(Totp())
    register(Backup())
    register(Passkeys())
    offer_ways(ways_of)

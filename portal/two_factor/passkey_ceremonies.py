"""What a browser is asked to do with a passkey, and whether its answer is true (WebAuthn, 7).

Plain values in and out. The host comes from the settings, never from a request.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from portal.config import settings
from portal.core.errors import Conflict
from portal.two_factor.models import Passkey

if TYPE_CHECKING:
    from webauthn.helpers.structs import AuthenticationCredential, PublicKeyCredentialDescriptor

LONGEST_ANSWER = 16_384
LONGEST_ID = 1023  # WebAuthn 7.1, step 25
SHOWN_FOR = 60_000  # milliseconds that the browser's own dialog waits
DEFAULT_PORTS = {"http": 80, "https": 443}


class NoPasskeysHere(Conflict):
    """The portal is reached at an address to which no browser binds a passkey."""

    title = "Passkeys do not work at this address"


class BadAnswer(Exception):
    """What the browser sent proves nothing. The reason is for the ledger alone."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key pair that was made for this portal: its public half, and what is told of it."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]
    aaguid: str
    is_discoverable: bool
    is_backup_eligible: bool
    is_backed_up: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A signature that nobody has checked yet, and whose it claims to be."""

    credential_id: bytes
    user_handle: bytes | None
    credential: "AuthenticationCredential"


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that is right."""

    sign_count: int
    is_backed_up: bool


@cache
def _library() -> Any:
    """Of WebAuthn. It takes 6 MiB, so a process has it once somebody uses a passkey."""
    return import_module("webauthn")


def host() -> str:
    """The relying party's id.

    Raises:
        NoPasskeysHere: see the class.
    """
    found = settings().passkey_host
    if found is None:
        raise NoPasskeysHere(
            "They need a host name with https, or localhost. Ask who runs the portal."
        )
    return found


def creation_options(
    *, challenge: bytes, user_handle: bytes, email: str, name: str, own: Sequence[Passkey]
) -> dict[str, Any]:
    """For `navigator.credentials.create`. No authenticator makes a second key beside `own`."""
    library = _library()
    structs = library.helpers.structs
    options = library.generate_registration_options(
        rp_id=host(),
        rp_name=settings().brand,
        user_name=email,
        user_id=user_handle,
        user_display_name=name,
        challenge=challenge,
        timeout=SHOWN_FOR,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_described(own),
    )
    # Whether the key can be found without a name is told in this extension alone.
    return {**_plain(options), "extensions": {"credProps": True}}


def request_options(
    *, challenge: bytes, allowed: Sequence[Passkey] = (), must_verify: bool = False
) -> dict[str, Any]:
    """For `navigator.credentials.get`; without `allowed`, whoever has a passkey here may answer."""
    library = _library()
    degrees = library.helpers.structs.UserVerificationRequirement
    options = library.generate_authentication_options(
        rp_id=host(),
        challenge=challenge,
        timeout=SHOWN_FOR,
        allow_credentials=_described(allowed),
        user_verification=degrees.REQUIRED if must_verify else degrees.PREFERRED,
    )
    return _plain(options)


def _described(keys: Sequence[Passkey]) -> "list[PublicKeyCredentialDescriptor]":
    structs = _library().helpers.structs
    return [
        structs.PublicKeyCredentialDescriptor(
            id=key.credential_id,
            transports=[structs.AuthenticatorTransport(one) for one in _known(key.transports)],
        )
        for key in keys
    ]


def _known(transports: Sequence[str]) -> list[str]:
    """Without the words that only browsers of a later day know."""
    known = frozenset(_library().helpers.structs.AuthenticatorTransport)
    return [one for one in transports if one in known]


def _plain(options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_library().options_to_json(options))
    return found


def read_new_key(text: str, *, challenge: bytes | None) -> NewKey:
    """The key that was made in answer to this challenge.

    Raises:
        BadAnswer: see the class.
    """
    if challenge is None:
        raise BadAnswer("no_challenge")
    library = _library()
    try:
        sent = json.loads(text[:LONGEST_ANSWER])
        found = library.verify_registration_response(
            credential=sent,
            expected_challenge=challenge,
            expected_rp_id=host(),
            expected_origin=_origin(),
        )
        response = sent["response"]
        transports = _known(response.get("transports") or [])
        properties = (sent.get("clientExtensionResults") or {}).get("credProps") or {}
        is_discoverable = properties.get("rk") is True
    except Exception as error:  # whatever it breaks, a hostile answer is a refusal
        raise BadAnswer("registration") from error
    if len(found.credential_id) > LONGEST_ID:
        raise BadAnswer("registration")
    devices = library.helpers.structs.CredentialDeviceType
    return NewKey(
        credential_id=found.credential_id,
        public_key=found.credential_public_key,
        sign_count=found.sign_count,
        transports=transports,
        aaguid=found.aaguid,
        is_discoverable=is_discoverable,
        is_backup_eligible=found.credential_device_type is not devices.SINGLE_DEVICE,
        is_backed_up=found.credential_backed_up,
    )


def read_answer(text: str) -> Answer:
    """What was sent, unchecked.

    Raises:
        BadAnswer: see the class.
    """
    helpers = _library().helpers
    try:
        sent = helpers.parse_authentication_credential_json(text[:LONGEST_ANSWER])
    except Exception as error:  # whatever it breaks, a hostile answer is a refusal
        raise BadAnswer("malformed") from error
    return Answer(sent.raw_id, sent.response.user_handle, sent)


def check_signature(
    answer: Answer, *, challenge: bytes, public_key: bytes, must_verify: bool
) -> Signed:
    """Is it a signature of this key over this challenge, made for this portal?

    The sign count is the caller's to compare: what two answers at once may do to it is a matter
    of rows.

    Raises:
        BadAnswer: see the class.
    """
    try:
        fault = _fault(answer, challenge, must_verify=must_verify)
        if fault is None:
            found = _library().verify_authentication_response(
                credential=answer.credential,
                expected_challenge=challenge,
                expected_rp_id=host(),
                expected_origin=_origin(),
                credential_public_key=public_key,
                credential_current_sign_count=0,
                require_user_verification=must_verify,
            )
            return Signed(found.new_sign_count, found.credential_backed_up)
    except Exception as error:  # whatever it breaks, a hostile answer is a refusal
        raise BadAnswer("signature") from error
    raise BadAnswer(fault)


def _fault(answer: Answer, challenge: bytes, *, must_verify: bool) -> str | None:
    """What is wrong beside the signature, in a word for the ledger."""
    response, helpers = answer.credential.response, _library().helpers
    client = helpers.parse_client_data_json(response.client_data_json)
    signed = helpers.parse_authenticator_data(response.authenticator_data)
    holds = {
        "challenge": hmac.compare_digest(client.challenge, challenge),
        "origin": client.origin == _origin() and not client.cross_origin,
        "host": signed.rp_id_hash == hashlib.sha256(host().encode()).digest(),
        "user_presence": signed.flags.up,
        "user_verification": signed.flags.uv or not must_verify,
    }
    return next((reason for reason, is_right in holds.items() if not is_right), None)


def _origin() -> str:
    """As browsers write it: without a port that goes without saying."""
    parts = urlsplit(settings().base_url)
    port = "" if parts.port in {None, DEFAULT_PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"

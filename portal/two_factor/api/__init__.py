"""The JSON API of the second factor."""

from portal.two_factor.api import passkey_proof, passkeys, second_factor
from portal.two_factor.api.blueprint import api

__all__ = ["api", "passkey_proof", "passkeys", "second_factor"]

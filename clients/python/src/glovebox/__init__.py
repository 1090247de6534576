"""Run jobs in a Glovebox domain and read what they released.

A Client signs each act with its person's Ed25519 key, which never leaves this
machine. What comes back is what may leave the domain: figures with margins.
"""

from ._client import Check, Client, Failure, Reason, Refused, Run
from ._release import Release

__all__ = ["Check", "Client", "Failure", "Reason", "Refused", "Release", "Run"]

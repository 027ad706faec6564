"""A sign-in provider for one machine: OpenID Connect as far as the services ask for it."""

from hwb_rehearsal.issuer.application import IssuerRefusedError, make_issuer
from hwb_rehearsal.issuer.clients import LocalClients

__all__ = ["IssuerRefusedError", "LocalClients", "make_issuer"]

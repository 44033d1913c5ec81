"""An OpenAPI 3.1 description of every route of the server, made from the message definitions."""

from jupyter_sc2.openapi.describe import document, encoded

__all__ = ["document", "encoded"]

"""Requests in words: everyday requests to `%%starcoder`, whose answers are run and checked."""

"""`jupyter sc2 models`: weights, their licences and roles from a terminal, with or without a running server."""

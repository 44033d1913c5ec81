"""StarCoder2's own prompt formats, by token id. Pure: no I/O, no model, no server."""

FORMAT_VERSION = 2  # kept in the configuration of weights trained on it (`jupyter_sc2_format_version`)

"""Whether JupyterLab and its server will load us."""

from __future__ import annotations

from pathlib import Path

from jupyter_core.paths import jupyter_config_path, jupyter_path

from jupyter_sc2 import __version__
from jupyter_sc2.doctor.report import Check

SERVER, LAB = "jupyter_sc2", "jupyter-sc2"
AGAIN = "Install jupyter-sc2 again in the environment that JupyterLab runs in."


def installed() -> list[Check]:
    return [server_extension(), lab_extension()]


def server_extension() -> Check:
    from jupyter_server.extension.config import ExtensionConfigManager

    known = ExtensionConfigManager(read_config_path=jupyter_config_path()).get_jpserver_extensions()  # type: ignore[no-untyped-call]
    if known.get(SERVER):
        return Check("server extension", "ok", "enabled")
    if SERVER in known:
        return Check(
            "server extension",
            "problem",
            "disabled",
            f"Run `jupyter server extension enable {SERVER}` and restart Jupyter.",
        )
    return Check("server extension", "problem", "not known to this Jupyter", AGAIN)


def lab_extension() -> Check:
    from jupyterlab.commands import get_app_dir  # type: ignore[import-untyped]
    from jupyterlab_server.config import get_federated_extensions, get_page_config

    places = jupyter_path("labextensions")
    found = get_federated_extensions(places).get(LAB)
    if found is None:
        return Check("JupyterLab extension", "problem", "not found", AGAIN)
    page = get_page_config(places, app_settings_dir=str(Path(get_app_dir()) / "settings"))
    off = [name for name in page.get("disabledExtensions", []) if name == LAB or name.startswith(f"{LAB}:")]
    if LAB in off:
        advice = f"Run `jupyter labextension enable {LAB}` and reload the page."
        return Check("JupyterLab extension", "problem", "disabled", advice)
    if off:
        text = f"parts of it are disabled: {', '.join(sorted(off))[:200]}"
        return Check(
            "JupyterLab extension", "warn", text, "Run `jupyter labextension enable` with each name, if you miss them."
        )
    if found["version"] != __version__:
        text = f"version {found['version']} beside version {__version__} of the server"
        return Check("JupyterLab extension", "problem", text, f"{AGAIN} Then restart Jupyter and reload the page.")
    return Check("JupyterLab extension", "ok", f"version {found['version']}, enabled")

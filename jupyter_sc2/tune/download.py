"""Fetches the newest source distribution of each named package, checks its hash and declared licence."""

from __future__ import annotations

import json
import re
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from pypi_simple import PyPISimple

from jupyter_sc2.tune.sources import PACKAGES

MAX_ARCHIVE_BYTES = 200_000_000
_PERMITTED_WORDS = re.compile(r"BSD|MIT|Apache|PSF|Python Software Foundation|matplotlib", re.IGNORECASE)
_FOREIGN_WORDS = re.compile(r"\b(A?GPL|LGPL|GNU|MPL|Mozilla|proprietary|CC-BY-NC)", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """One downloaded source distribution. `sha256` is the index's own digest, verified on download."""

    package: str
    version: str
    licence: str
    declared: str
    sha256: str
    path: str


def declared_licence(archive: Path) -> str:
    """The licence fields of an archive's own PKG-INFO, joined; empty when it has none."""
    with tarfile.open(archive) as tar:
        for member in tar:
            if re.fullmatch(r"[^/]+/PKG-INFO", member.name) and (file := tar.extractfile(member)):
                text = file.read().decode("utf-8", "replace").split("\n\n", 1)[0]
                fields = re.findall(
                    r"^(?:License|License-Expression|Classifier: License ::)[: ]+(.*)$", text, re.MULTILINE
                )
                return "; ".join(field.strip() for field in fields)[:300]
    return ""


def fetch(package: str, folder: Path) -> Source | None:
    """Downloads one package; None when it has no usable source distribution or a licence outside the list."""
    licence = PACKAGES[package]
    try:
        with PyPISimple() as index:
            found = [
                file
                for file in index.get_project_page(package).packages
                if file.package_type == "sdist"
                and file.filename.endswith(".tar.gz")
                and not file.is_yanked
                and not re.search(r"\d(a|b|rc|\.dev)\d", file.version or "")
                and (file.size or 0) < MAX_ARCHIVE_BYTES
            ]
            newest = max(found, key=lambda file: str(file.upload_time))
            path = folder / newest.filename
            if not path.exists():
                index.download_package(newest, path, verify=True)
        declared = declared_licence(path)
    except Exception as error:
        print(f"skipped {package}: {error}", flush=True)
        return None
    if _FOREIGN_WORDS.search(declared) or (declared and not _PERMITTED_WORDS.search(declared)):
        print(f"skipped {package}: its archive declares {declared!r}", flush=True)
        return None
    return Source(package, newest.version or "", licence, declared, newest.digests.get("sha256", ""), path.name)


def fetch_all(folder: Path, workers: int = 8) -> list[Source]:
    """Downloads every package of `sources.PACKAGES` into `folder` and writes `sources.json` beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(workers) as pool:
        sources = [source for source in pool.map(lambda name: fetch(name, folder), PACKAGES) if source]
    (folder / "sources.json").write_text(json.dumps([asdict(source) for source in sources], indent=1) + "\n")
    return sources

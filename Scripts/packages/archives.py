"""Archives whose bytes depend on nothing but what is in them."""
import gzip
import hashlib
import base64
import pathlib
import stat
import tarfile
import time
import zipfile

import files


def sorted_files(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() or path.is_symlink())


def tar(folder: pathlib.Path, target: pathlib.Path):
    """A folder with all that is in it as .tar.gz."""
    def plain(entry):
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mtime = files.epoch()
        entry.mode = 0o755 if entry.isdir() or entry.mode & stat.S_IXUSR else 0o644
        return entry

    with target.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for path in [folder, *sorted(folder.rglob("*"))]:
                archive.add(path, path.relative_to(folder.parent), recursive=False, filter=plain)


def wheel(folder: pathlib.Path, information: str, target: pathlib.Path):
    """A folder as a wheel; the record of its files is added in the folder of its information."""
    record = folder / information / "RECORD"
    record.unlink(missing_ok=True)
    lines = []
    for path in sorted_files(folder):
        digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
        lines.append(f"{path.relative_to(folder)},sha256={digest},{path.stat().st_size}")
    record.write_text("\n".join(lines + [f"{information}/RECORD,,"]) + "\n")
    moment = time.gmtime(max(files.epoch(), 315532800))[:6]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted_files(folder):
            entry = zipfile.ZipInfo(str(path.relative_to(folder)), moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (0o100755 if path.stat().st_mode & stat.S_IXUSR else 0o100644) << 16
            archive.writestr(entry, path.read_bytes())

"""Where each library of a package comes from, under which licenses, and the SBOM that says so."""
import datetime
import json
import pathlib
import re
import shutil
import subprocess
import uuid

import files

# By Debian's source packages; what their copyright files say in other words than SPDX.
LICENSES = {
    "brotli": "MIT", "curl": "curl", "cyrus-sasl2": "BSD-4-Clause", "e2fsprogs": "MIT",
    "fonts-dejavu": "Bitstream-Vera",
    "gcc-12": "GPL-3.0-or-later WITH GCC-exception-3.1", "gcc-14": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "gmp": "LGPL-3.0-or-later OR GPL-2.0-or-later", "gnutls28": "LGPL-2.1-or-later", "hnswlib": "Apache-2.0",
    "keyutils": "LGPL-2.1-or-later",
    "krb5": "MIT", "libffi": "MIT", "libidn2": "LGPL-3.0-or-later OR GPL-2.0-or-later", "libpsl": "MIT",
    "libssh2": "BSD-3-Clause", "libtasn1-6": "LGPL-2.1-or-later",
    "libunistring": "LGPL-3.0-or-later OR GPL-2.0-or-later", "libzstd": "BSD-3-Clause OR GPL-2.0-only",
    "nettle": "LGPL-3.0-or-later OR GPL-2.0-or-later", "nghttp2": "MIT", "openblas": "BSD-3-Clause",
    "openldap": "OLDAP-2.8", "openssl": "Apache-2.0", "p11-kit": "BSD-3-Clause", "rtmpdump": "LGPL-2.1-or-later",
    "sqlite3": "blessing", "zlib": "Zlib",
}
# What pyvips-binary's libvips is built of, by the notices of its build.
OF_LIBVIPS = {
    "aom": "BSD-2-Clause", "cairo": "MPL-2.0", "cgif": "MIT", "expat": "MIT", "fontconfig": "HPND-sell-variant",
    "freetype": "FTL", "fribidi": "LGPL-2.1-or-later", "glib": "LGPL-2.1-or-later", "harfbuzz": "MIT-Modern-Variant",
    "highway": "BSD-3-Clause", "lcms": "MIT", "libarchive": "BSD-2-Clause", "libexif": "LGPL-2.1-or-later",
    "libffi": "MIT", "libheif": "LGPL-3.0-or-later", "libimagequant": "BSD-2-Clause", "libnsgif": "MIT",
    "libpng": "libpng-2.0", "librsvg": "LGPL-2.1-or-later", "libtiff": "libtiff", "libultrahdr": "Apache-2.0",
    "libvips": "LGPL-2.1-or-later", "libwebp": "BSD-3-Clause", "libxml2": "MIT",
    "mozjpeg": "IJG AND BSD-3-Clause AND Zlib", "pango": "LGPL-2.1-or-later", "pixman": "MIT",
    "proxy-libintl": "LGPL-2.1-or-later", "zlib-ng": "Zlib",
}
COMMON = pathlib.Path("/usr/share/common-licenses")


class Origin:
    """A part of a package and its license."""

    def __init__(self, name, version, license, place, texts=(), parts=()):
        self.name, self.version, self.license, self.place = name, version, license, place
        self.texts = [path for path in texts if path.exists()]
        self.parts = dict(parts)
        self.libraries: list[pathlib.Path] = []


def debian(path: pathlib.Path) -> Origin:
    """The package of Debian that a library is of."""
    for name in (str(path), str(path).removeprefix("/usr")):
        told = subprocess.run(["dpkg", "-S", name], capture_output=True, text=True).stdout
        if told:
            break
    else:
        raise SystemExit(f"{path}: no Debian package has it, so that its license is not known; take Debian's")
    package = told.split(": ")[0].split(",")[0]
    source, version = files.run("dpkg-query", "-W", "-f", "${source:Package} ${Version}", package).split()
    name = package.split(":")[0]
    return Origin(name, version, LICENSES.get(source, "NOASSERTION"), f"pkg:deb/debian/{name}@{version}?arch=amd64",
                  [pathlib.Path("/usr/share/doc") / name / "copyright"])


def swift() -> Origin:
    """The toolchain, whose runtime is taken along."""
    version = re.search(r"Swift version (\S+)", files.run("swift", "--version"))[1]
    text = pathlib.Path(shutil.which("swift")).resolve().parents[1] / "share/swift/LICENSE.txt"
    return Origin("swift", version, "Apache-2.0 WITH Swift-exception",
                  f"pkg:github/swiftlang/swift@swift-{version}-RELEASE", [text])


def libvips() -> Origin:
    version = files.FETCHED["pyvips-binary"][0]
    return Origin("pyvips-binary", version, "LGPL-3.0-or-later", f"pkg:pypi/pyvips-binary@{version}",
                  [COMMON / "LGPL-3", COMMON / "GPL-3"], OF_LIBVIPS)


def swift_packages() -> list[Origin]:
    """The Swift packages that are linked into the command, by the list of object files that it was linked of."""
    objects = files.ROOT / ".build/release/dreamsim.product/Objects.LinkFileList"
    modules = set(re.findall(r"/(\w+)\.build/", objects.read_text()))
    origins = []
    for pin in json.loads((files.ROOT / "Package.resolved").read_text())["pins"]:
        folder = files.ROOT / ".build/checkouts" / pin["location"].rstrip("/").removesuffix(".git").rsplit("/", 1)[-1]
        if not any((folder / inner / module).is_dir() for inner in ("Sources", "") for module in modules):
            continue
        texts = sorted(path for path in folder.iterdir() if re.match(r"(LICENSE|NOTICE)(\.txt|\.md)?$", path.name))
        words = "".join(path.read_text(errors="replace") for path in texts)
        license = ("Apache-2.0 WITH Swift-exception" if "Runtime Library Exception" in words else
                   "Apache-2.0" if "Apache License" in words else
                   "MIT" if "Permission is hereby granted, free of charge" in words else "NOASSERTION")
        place = pin["location"].removesuffix(".git").removeprefix("https://github.com/")
        version = pin["state"].get("version") or pin["state"]["revision"]
        origins.append(Origin(pin["identity"], version, license, f"pkg:github/{place}@{version}", texts))
    return origins


def headers() -> list[Origin]:
    """What is compiled in of the system's headers: the nearest-neighbor graph's."""
    return [debian(path) for path in [pathlib.Path("/usr/include/hnswlib/hnswlib.h")] if path.exists()]


def of(libraries: dict[str, pathlib.Path]) -> list[Origin]:
    """The origins of a package's libraries, by where each was taken from, and of what is linked into the command."""
    found = {origin.name: origin for origin in [*swift_packages(), *headers()]}
    toolchain = pathlib.Path(shutil.which("swift")).resolve().parents[1]
    for path in libraries.values():
        if path.is_relative_to(toolchain):
            origin = swift()
        elif path == files.libvips():
            origin = libvips()
        else:
            origin = debian(files.found("libopenblas.a") if path.is_relative_to(files.WORK) else path)
        found.setdefault(origin.name, origin).libraries.append(path)
    return [found[name] for name in sorted(found)]


def write_licenses(origins: list[Origin], folder: pathlib.Path):
    """Writes what each license says, one folder for each origin, and those that they refer to."""
    folder.mkdir(parents=True, exist_ok=True)
    common = set()
    for origin in origins:
        for text in origin.texts:
            (folder / origin.name).mkdir(exist_ok=True)
            shutil.copyfile(text, folder / origin.name / text.name)
            common |= set(re.findall(r"common-licenses/([\w.-]+\w)", text.read_text(errors="replace")))
        if origin.parts:
            (folder / origin.name / "parts.txt").write_text(
                "".join(f"{name}: {license}\n" for name, license in origin.parts.items()))
    for name in sorted(common):
        if (COMMON / name).is_file():
            (folder / "common").mkdir(exist_ok=True)
            shutil.copyfile(COMMON / name, folder / "common" / name)


def identifier(*words: str) -> str:
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", "-".join(words))


def entry(origin: Origin, purpose: str) -> dict:
    return {
        "SPDXID": identifier("Package", origin.name), "name": origin.name, "versionInfo": origin.version,
        "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "licenseConcluded": origin.license,
        "licenseDeclared": origin.license, "copyrightText": "NOASSERTION", "primaryPackagePurpose": purpose,
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                          "referenceLocator": origin.place}],
    }


def bill(name: str, origins: list[Origin]) -> str:
    """The SBOM of a package: SPDX 2.3 as JSON."""
    time = datetime.datetime.fromtimestamp(files.epoch(), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    own = Origin("dreamsim", files.VERSION, "MIT", f"pkg:generic/dreamsim@{files.VERSION}")
    packages, relations = [entry(own, "APPLICATION")], []
    for origin in origins:
        packages.append(entry(origin, "LIBRARY"))
        if origin.libraries:
            packages[-1]["comment"] = "files: " + ", ".join(sorted(path.name for path in origin.libraries))
        relations.append((own, "CONTAINS" if origin.libraries else "STATIC_LINK", origin))
        for part, license in origin.parts.items():
            inner = Origin(f"{origin.name}-{part}", "NOASSERTION", license, f"pkg:generic/{part}")
            packages.append({**entry(inner, "LIBRARY"), "name": part})
            relations.append((inner, "CONTAINED_BY", origin))
    content = json.dumps(packages, sort_keys=True)
    return json.dumps({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": name,
        "documentNamespace": f"https://spdx.org/spdxdocs/{name}-{uuid.uuid5(uuid.NAMESPACE_URL, name + content)}",
        "creationInfo": {"created": time, "creators": ["Tool: Scripts/packages"]},
        "packages": packages,
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
             "relatedSpdxElement": identifier("Package", "dreamsim")},
            *({"spdxElementId": identifier("Package", a.name), "relationshipType": kind,
               "relatedSpdxElement": identifier("Package", b.name)} for a, kind, b in relations),
        ],
    }, indent=1) + "\n"

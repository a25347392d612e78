#!/usr/bin/env bash
# Tries the packages of a folder in new Debian systems that have Python and nothing else. As root, with debootstrap.
#
#   Scripts/packages/bare_root.sh FOLDER [RELEASE ...]    # bookworm and trixie when none is named
#
# ROOTS is where the systems are kept, which take a minute each to make. Weights are fetched there, as a new user does; the
# certificates that this machine trusts are used, since a proxy's may be among them.
set -euo pipefail
packages=$(realpath "$1")
shift
cd "$(dirname "$0")/../.."
roots=${ROOTS:-/var/tmp/dreamsim-roots}
mkdir -p "$roots"

if [ "${BARE_ROOT_MOUNTS:-}" != own ]; then
    # What is mounted goes with this process.
    exec env BARE_ROOT_MOUNTS=own unshare --mount "$0" "$packages" "$@"
fi
mount --make-rprivate /

step() { printf '\n== %s: %s\n' "$release" "$1"; }
# Runs a command in the system, with nothing of this one's environment.
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"; }
in_try() { inside sh -c "cd /try && $1"; }
fail() {
    echo "FAILED: $1" >&2
    exit 1
}

# What every package must do, given how the command is called.
try() {
    in_try "$1 --version"
    in_try "$1 models pull lite lpips-alex"
    in_try "$1 compare scene.jpg shifted.jpg scene.png animated.webp scene.avif --metric ssim,psnr --resize 64"
    in_try "$1 compare scene.jpg shifted.jpg different.jpg --metric ssim,lpips-alex --sheet $2.png"
    in_try "$1 compare scene.jpg shifted.jpg different.jpg --model lite --offline --quiet"
    # An HEVC image is read, or refused with what to do.
    in_try "$1 compare scene.png scene.heic --metric psnr 2>&1" | tee "$root/try/heic.txt" || true
    grep -qE 'scene.heic$|no decoder for HEVC' "$root/try/heic.txt" || fail "HEIC"
    in_try "$1 index . --exclude '*.heic' --index /try/index --model pdq --quiet"
    in_try "$1 search scene.jpg --index /try/index -k 2"
    rm -rf "$root/try/index"
}

[ $# -gt 0 ] || set -- bookworm trixie
for release in "$@"; do
    clean=$roots/$release root=$roots/$release.tried
    if [ ! -e "$clean/etc/debian_version" ]; then
        step "making the system"
        debootstrap --variant=minbase --include=python3,python3-pip,python3-venv "$release" "$clean" >"$clean.log"
    fi
    rm -rf "$root"
    cp -a "$clean" "$root"
    mount -t proc proc "$root/proc"
    cp /etc/resolv.conf "$root/etc/" 2>/dev/null || true
    mkdir -p "$root/try" "$root/etc/ssl/certs"
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    cp Samples/{scene,shifted,different}.jpg "$root/try/"
    cp Tests/Fixtures/imaging/{scene.png,scene.avif,scene.heic,animated.webp} "$root/try/"
    step "$(inside sh -c 'ldd --version | head -1; cat /etc/debian_version; python3 --version' | tr '\n' ' ')"

    if ls "$packages"/*.tar.gz >/dev/null 2>&1; then
        step "tarball"
        tar -xzf "$packages"/dreamsim-*.tar.gz -C "$root/opt"
        try /opt/dreamsim-*/bin/dreamsim tarball
    fi
    if ls "$packages"/*.whl >/dev/null 2>&1; then
        step "wheel"
        cp "$packages"/*.whl "$root/try/"
        inside python3 -m venv /opt/venv
        inside env PIP_CERT=/etc/ssl/certs/ca-certificates.crt sh -c '/opt/venv/bin/pip install -q /try/*.whl'
        inside sh -c '/opt/venv/bin/pip list 2>/dev/null'
        try /opt/venv/bin/dreamsim wheel
        inside /opt/venv/bin/python -X importtime -c 'import dreamsim_native' 2>&1 | tail -1
        in_try "/opt/venv/bin/python -c \"
import dreamsim_native as ds
print('lite', ds.load('lite', offline=True).distance('scene.jpg', 'shifted.jpg'))\""
    fi
    if ls "$packages"/*.deb >/dev/null 2>&1; then
        step "Debian package"
        cp "$packages"/dreamsim_*.deb "$root/try/"
        inside apt-get -o APT::Sandbox::User=root update -qq
        in_try 'DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o APT::Sandbox::User=root \
            --no-install-recommends /try/dreamsim_*.deb >apt.log 2>&1' || fail "$(tail -20 "$root/try/apt.log")"
        inside sh -c 'grep -c "^Setting up" /try/apt.log | sed "s/$/ packages installed/"; dpkg --verify dreamsim'
        try dreamsim debian
        inside apt-get remove --purge -y -qq dreamsim >/dev/null 2>&1
        for path in /usr/bin/dreamsim /usr/lib/dreamsim /etc/default/dreamsim /usr/share/doc/dreamsim; do
            [ ! -e "$root$path" ] || fail "$path is left of the package"
        done
        step "Containerfile"
        Scripts/packages/containerfile.py "$root" "$packages"
    fi
    umount "$root/proc"
    echo "$release: all packages work; images of rankings are in $root/try"
done

"""nginx in front of the service, set up by the examples of packaging/nginx."""
import contextlib
import os
import re
import shutil
import socket
import subprocess
import time

from service import ROOT

FOLDER = "/tools/dreamsim"
MAIN = """{user}
daemon off;
worker_processes 1;
pid {scratch}/nginx.pid;
error_log {scratch}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {scratch}/body;
    proxy_temp_path {scratch}/proxy;
    fastcgi_temp_path {scratch}/fastcgi;
    uwsgi_temp_path {scratch}/uwsgi;
    scgi_temp_path {scratch}/scgi;
    include {scratch}/example.conf;
}}
"""


def adapted(text, port, target, certificate):
    """An example for this machine: on a port of its own, before a service that is elsewhere, with a certificate of its own or without TLS."""
    tls = [(r"listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"), (r"ssl_certificate .*;", f"ssl_certificate {certificate};"),
           (r"ssl_certificate_key .*;", f"ssl_certificate_key {certificate};")] if certificate else [
        (r"listen 443 ssl;", f"listen 127.0.0.1:{port};"), (r"ssl_certificate .*\n", "\n"), (r"ssl_certificate_key .*\n", "\n")]
    for pattern, replacement in [
            (r"server 127\.0\.0\.1:8080;", f"server {target};"), (r"listen \[::\]:443 ssl;\n", "\n"),
            (r"server_name .*;", "server_name 127.0.0.1;")] + tls:
        text, count = re.subn(pattern, replacement, text)
        assert count == 1, f"the example has {count} times '{pattern}'"
    return text


def make_certificate(file):
    """Writes a certificate of this machine that it has signed itself, and its key."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file, "-out", file.with_suffix(".part")],
        check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + file.with_suffix(".part").read_bytes())
    return file


@contextlib.contextmanager
def behind_nginx(example, address, scratch, keeps_path=False, with_tls=False):
    """The address at which nginx has the service of an address.

    keeps_path: whether the path stays as it is, where the example takes the folder away.
    with_tls: whether it is asked by https, by the certificate in 'site.pem' of the scratch folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    certificate = make_certificate(scratch / "site.pem") if with_tls else None
    text = adapted(
        (ROOT / "packaging/nginx" / example).read_text(), port, address.removeprefix("http://"), certificate)
    if keeps_path:
        assert "proxy_pass http://dreamsim/;" in text
        text = text.replace("proxy_pass http://dreamsim/;", "proxy_pass http://dreamsim;")
    (scratch / "example.conf").write_text(text)
    # Or the worker would be somebody who cannot look into a folder of root's.
    user = "user root;" if os.geteuid() == 0 else ""
    (scratch / "nginx.conf").write_text(MAIN.format(scratch=scratch, user=user))
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen([program, "-c", scratch / "nginx.conf", "-e", scratch / "error.log"])
    try:
        for _ in range(600):
            assert process.poll() is None, (scratch / "error.log").read_text()
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield f"{'https' if with_tls else 'http'}://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)

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


def adapted(text, port, target):
    """An example for this machine: without TLS, on a port of its own, before a service that is elsewhere."""
    for pattern, replacement in [
            (r"server 127\.0\.0\.1:8080;", f"server {target};"), (r"listen 443 ssl;", f"listen 127.0.0.1:{port};"),
            (r"listen \[::\]:443 ssl;\n", "\n"), (r"ssl_certificate .*\n", "\n"), (r"ssl_certificate_key .*\n", "\n"),
            (r"server_name .*;", "server_name 127.0.0.1;")]:
        text, count = re.subn(pattern, replacement, text)
        assert count == 1, f"the example has {count} times '{pattern}'"
    return text


@contextlib.contextmanager
def behind_nginx(example, address, scratch, keeps_path=False):
    """The address at which nginx has the service of an address.

    keeps_path: whether the path stays as it is, where the example takes the folder away."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    text = adapted((ROOT / "packaging/nginx" / example).read_text(), port, address.removeprefix("http://"))
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
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)

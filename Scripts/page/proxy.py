"""A proxy that has the service in a folder, as nginx with 'location /tools/dreamsim/' would, and nothing elsewhere."""
import contextlib
import http.client
import http.server
import threading

FOLDER = "/tools/dreamsim"
# What is for one connection only.
HOPS = ("connection", "transfer-encoding", "content-length", "keep-alive", "host", "origin")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self.path.startswith(FOLDER + "/"):
            self.answer(404, [], b"nothing here")
            return
        target = self.server.target
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOPS}
        headers["Host"] = target
        if "Origin" in self.headers:
            headers["Origin"] = f"http://{target}"
        connection = http.client.HTTPConnection(target, timeout=120)
        with contextlib.closing(connection), contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request(self.command, self.path.removeprefix(FOLDER), body or None, headers)
            response = connection.getresponse()
            self.answer(response.status, response.getheaders(), response.read())

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in HOPS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = forward

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def in_folder(address):
    """The address at which the service of an address is in a folder."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.target = address.removeprefix("http://")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{FOLDER}"
    finally:
        server.shutdown()
        server.server_close()

"""A server of files that fails as told: it cuts, drops, stalls, refuses, ignores ranges, or has another file meanwhile."""
import http.server
import re
import threading
import zlib


class Server:
    """Serves the same bytes under every name. `plan` has a fault for each of the coming requests, None for none."""

    def __init__(self, data):
        self.data, self.plan, self.requests = data, [], 0
        self.going, self.ended = threading.Event(), False
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                try:
                    owner.answer(self)
                except OSError:
                    self.close_connection = True

            def log_message(self, *arguments):
                pass

        # Commands that are killed leave connections behind.
        http.server.ThreadingHTTPServer.handle_error = lambda *arguments: None
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, handler):
        self.requests += 1
        fault, share = self.plan.pop(0) if self.plan else (None, 0)
        data = self.data
        if fault == "refuse":
            handler.send_response(503)
            handler.send_header("Content-Length", "0")
            return handler.end_headers()
        if fault == "drop":
            handler.close_connection = True
            return None
        first = re.fullmatch(r"bytes=(\d+)-", handler.headers.get("Range", ""))
        tag = f'"{zlib.crc32(data):x}"'
        is_whole = not first or fault == "whole" or handler.headers.get("If-Range", tag) != tag or int(first[1]) >= len(data)
        start = 0 if is_whole else int(first[1])
        handler.send_response(200 if is_whole else 206)
        if not is_whole:
            handler.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        handler.send_header("Content-Length", str(len(data) - start))
        handler.send_header("ETag", tag)
        handler.end_headers()
        body = data[start:]
        end = int(share * len(body)) if fault in ("cut", "stall") else len(body)
        for place in range(0, end, 65536):
            handler.wfile.write(body[place:min(end, place + 65536)])
        if fault == "stall":
            self.going.wait(30)
        if fault in ("cut", "stall"):
            handler.close_connection = True
        return None

    def end(self):
        self.going.set()
        self.server.shutdown()
        self.server.server_close()

"""A small web server on this machine: what stands at its paths, and what it was asked."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(slots=True)
class Site:
    address: str
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    moves: dict[str, str] = field(default_factory=dict)  # path → where it leads


@contextmanager
def served() -> Iterator[Site]:
    site = Site(address="")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, dict(self.headers)))
            if self.path in site.moves:
                self.send_response(302)
                self.send_header("Location", site.moves[self.path])
                self.send_header("Set-Cookie", "who=you")
                self.end_headers()
            elif self.path == "/slow":
                time.sleep(5)
            elif self.path == "/drip":
                self.wfile.write(b"HTTP/1.0 200 OK\r\n")
                for number in range(100):
                    self.wfile.write(f"X-{number}: slow\r\n".encode())
                    self.wfile.flush()
                    time.sleep(0.1)
            elif self.path == "/endless":
                self.send_response(200)
                self.end_headers()
                for _ in range(1_000):
                    self.wfile.write(b"x" * 65_536)
            else:
                self.send_response(404 if self.path == "/gone" else 200)
                self.end_headers()
                self.wfile.write(b"Here.")

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_args: object) -> None:
            """Whoever hung up has had enough."""

    server = Server(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

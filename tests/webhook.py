"""A web hook on this machine that answers as a test wants it to, and keeps every byte that it was sent."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Webhook:
    """`answers`: one a request, the last one for ever: a status, or `hang` (no answer until the test is over)."""

    def __init__(self, *answers: int | str) -> None:
        self.requests: list[bytes] = []
        self._answers = list(answers)
        self._over = threading.Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                hook.requests.append(f"{self.requestline}\n{self.headers}".encode() + body)
                answer = hook._answers.pop(0) if len(hook._answers) > 1 else hook._answers[0]
                if answer == "hang":
                    hook._over.wait(20)
                    return
                self.send_response(int(answer))
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, scheme: str = "json") -> str:
        return f"{scheme}://someone:s3cret-word@127.0.0.1:{self.port}/hook/t0ken"

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

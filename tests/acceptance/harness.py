"""Starts real programs on free loopback ports and talks to them. Python's standard library only."""
import http.client
import http.server
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

TOCSIN = os.environ.get("TOCSIN_BINARY", "")
DEADLINE_SECONDS = 60  # Generous: the machine may be busy. Nothing waits longer than it must.


def require_programs(*names):
    """Skips the test, saying why, when a real program is missing."""
    missing = [name for name in names if not shutil.which(name)]
    if missing:
        print(f"skipped: {', '.join(missing)} not installed", flush=True)
        raise unittest.SkipTest(f"{', '.join(missing)} not installed")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, seconds=DEADLINE_SECONDS):
    """Polls until `condition()` is truthy and returns that; fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    last_error = None
    while time.monotonic() < deadline:
        try:
            value = condition()
            if value:
                return value
        except (OSError, urllib.error.URLError, http.client.HTTPException, KeyError, IndexError,
                ValueError) as error:
            last_error = error
        time.sleep(0.05)
    raise AssertionError(f"timed out waiting for {what}" + (f" ({last_error})" if last_error else ""))


class Program:
    """A child process whose output goes to a file; ended by pid."""

    def __init__(self, arguments, log_path, **kwargs):
        self.log_path = Path(log_path)
        self.log = open(log_path, "ab")
        self.process = subprocess.Popen(arguments, stdout=self.log, stderr=subprocess.STDOUT,
                                        stdin=subprocess.DEVNULL, **kwargs)
        self.pid = self.process.pid

    def output(self):
        return self.log_path.read_text(errors="replace")

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(DEADLINE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"{self.process.args[0]} did not stop on signal {how}")
        self.log.close()
        return self.process.returncode

    def kill(self):
        return self.stop(signal.SIGKILL)


def get(url, timeout=20):
    """Status and body of a GET; error statuses are answers too."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def post(url, body=b"", content_type="application/x-www-form-urlencoded", timeout=20):
    request = urllib.request.Request(url, data=body, headers={"Content-Type": content_type})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


class Tocsin(Program):
    """The program under test, on a port and in a directory of its own."""

    def __init__(self, directory, config=None, alertmanager_config=None, port=None, extra=()):
        self.directory = Path(directory)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        arguments = [TOCSIN, f"--storage.tsdb.path={self.directory / 'data'}",
                     f"--web.listen-address=127.0.0.1:{self.port}", "--web.enable-lifecycle"]
        if config is not None:
            (self.directory / "prometheus.yml").write_text(config)
            arguments.append(f"--config.file={self.directory / 'prometheus.yml'}")
        if alertmanager_config is not None:
            (self.directory / "alertmanager.yml").write_text(alertmanager_config)
            arguments.append(f"--alertmanager.config.file={self.directory / 'alertmanager.yml'}")
        super().__init__(arguments + list(extra), self.directory / "tocsin.log",
                         cwd=self.directory)
        wait_until(self.is_ready, f"Tocsin to be ready; its log:\n{self.output()}")

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"Tocsin exited with {self.process.returncode}:\n{self.output()}")
        return get(f"{self.url}/-/ready")[0] == 200

    def api(self, path, **parameters):
        """The `data` of an API answer."""
        query = urllib.parse.urlencode(parameters, doseq=True)
        status, body = get(f"{self.url}/api/v1/{path}" + (f"?{query}" if query else ""))
        answer = json.loads(body)
        if status != 200:
            raise AssertionError(f"{path} answered {status}: {answer}")
        return answer["data"]

    def query(self, expression, **parameters):
        """The result of an instant query: [(metric, value)]."""
        data = self.api("query", query=expression, **parameters)
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(s["metric"], float(s["value"][1])) for s in data["result"]]

    def value(self, expression, **parameters):
        """The only value of an instant query, or None."""
        result = self.query(expression, **parameters)
        return result[0][1] if len(result) == 1 else None


class WebhookReceiver:
    """An HTTP server that keeps every body it is sent."""

    def __init__(self):
        self.requests = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((dict(self.headers), body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def bodies(self):
        return [json.loads(body) for _, body in list(self.requests)]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class AcceptanceTest(unittest.TestCase):
    """A test with a scratch directory and programs that are ended after it."""

    def setUp(self):
        self.assertTrue(TOCSIN and os.access(TOCSIN, os.X_OK), "TOCSIN_BINARY names the binary")
        self.scratch = tempfile.TemporaryDirectory(prefix="tocsin-test-")
        self.addCleanup(self.scratch.cleanup)
        self.directory = Path(self.scratch.name)
        self.started = []
        self.addCleanup(self.stop_all)

    def stop_all(self):
        for program in reversed(self.started):
            if program.process.poll() is None:
                program.process.kill()
                program.process.wait()
            if not program.log.closed:
                program.log.close()

    def start(self, arguments, name, **kwargs):
        program = Program(arguments, self.directory / f"{name}.log", **kwargs)
        self.started.append(program)
        return program

    def start_tocsin(self, *args, **kwargs):
        program = Tocsin(self.directory, *args, **kwargs)
        self.started.append(program)
        return program

    def start_redis(self, port):
        return self.start(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                           "--appendonly", "no", "--dir", str(self.directory)], "redis")

    def start_webhook(self):
        receiver = WebhookReceiver()
        self.addCleanup(receiver.close)
        return receiver


def redis_command(port, *words):
    """Sends one command in Redis' protocol and returns the first line of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        message = f"*{len(words)}\r\n" + "".join(f"${len(w)}\r\n{w}\r\n" for w in words)
        connection.sendall(message.encode())
        return connection.makefile("rb").readline().decode().strip()


def main():
    """Runs the tests of the calling script; the last lines are unittest's."""
    unittest.main(module=sys.modules["__main__"], verbosity=2)

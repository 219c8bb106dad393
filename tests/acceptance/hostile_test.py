#!/usr/bin/env python3
"""What the world throws at a monitoring server: hostile targets, clients and disks."""
import http.client
import os
import resource
import socket
import threading
import time
import urllib.parse
from pathlib import Path

import harness
from harness import free_port, get, post, wait_until

CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 900ms}}
scrape_configs:
  - job_name: self
    static_configs: [{{targets: ['127.0.0.1:{port}']}}]
  - job_name: good
    static_configs: [{{targets: ['127.0.0.1:{good}']}}]
  - job_name: silent
    static_configs: [{{targets: ['127.0.0.1:{silent}']}}]
  - job_name: endless
    body_size_limit: 10MB
    static_configs: [{{targets: ['127.0.0.1:{endless}']}}]
  - job_name: huge
    scrape_interval: 20s
    scrape_timeout: 15s
    sample_limit: 1000
    static_configs: [{{targets: ['127.0.0.1:{huge}']}}]
"""


class Target:
    """A raw TCP server; `serve(connection)` runs in a thread a connection."""

    def __init__(self, serve):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.serve = serve
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.run, args=(connection,), daemon=True).start()

    def run(self, connection):
        with connection:
            try:
                self.serve(connection)
            except OSError:
                pass


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"


def serve_good(connection):
    while connection.recv(65536):
        body = b"good_metric 1\n"
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def serve_silence(connection):
    while connection.recv(65536):
        pass


def serve_endlessly(connection):
    connection.recv(65536)
    connection.sendall(HEAD + b"\r\n")
    line = b"".join(b'endless{i="%d"} 1\n' % i for i in range(2000))
    while True:
        connection.sendall(line)


def serve_100_megabytes(connection):
    connection.recv(65536)
    line = b'huge{i="%08d",padding="' + b"x" * 80 + b'"} 1\n'
    count = 100_000_000 // len(line % 1)
    connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % (count * len(line % 1)))
    for start in range(0, count, 10_000):
        connection.sendall(b"".join(line % i for i in range(start, min(start + 10_000, count))))


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class HostileTest(harness.AcceptanceTest):
    def setUp(self):
        super().setUp()
        targets = {"good": Target(serve_good), "silent": Target(serve_silence),
                   "endless": Target(serve_endlessly), "huge": Target(serve_100_megabytes)}
        for target in targets.values():
            self.addCleanup(target.listener.close)
        port = free_port()
        self.tocsin = self.start_tocsin(
            CONFIG.format(port=port, **{name: t.port for name, t in targets.items()}), port=port)

    def last_error(self, job):
        for target in self.tocsin.api("targets")["activeTargets"]:
            if target["labels"]["job"] == job and target["health"] != "unknown":
                return target["lastError"]
        return None

    def test_each_hostile_target_has_its_error_and_the_others_go_on(self):
        for job, word in (("silent", "deadline exceeded"), ("endless", "body size limit"),
                          ("huge", "sample limit")):
            error = wait_until(lambda: self.last_error(job), f"an error of {job}")
            self.assertIn(word, error.lower().replace("_", " "), job)
        wait_until(lambda: self.tocsin.value('count_over_time(good_metric[5s]) >= 4'), "good scrapes")
        self.assertEqual(self.tocsin.value('sum_over_time(up{job="good"}[5s]) / '
                                           'count_over_time(up{job="good"}[5s])'), 1)
        self.assertEqual(self.tocsin.value('up{job="huge"}'), 0)

    def test_idle_connections_cost_nothing(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        idle = []
        threads_before = len(os.listdir(f"/proc/{self.tocsin.pid}/task"))
        for _ in range(500):
            connection = http.client.HTTPConnection("127.0.0.1", self.tocsin.port, timeout=20)
            connection.request("GET", "/-/healthy")
            connection.getresponse().read()
            idle.append(connection)
        self.assertLessEqual(len(os.listdir(f"/proc/{self.tocsin.pid}/task")), threads_before + 2)
        latencies = []
        active = http.client.HTTPConnection("127.0.0.1", self.tocsin.port, timeout=20)
        for _ in range(500):
            begin = time.perf_counter()
            active.request("GET", "/api/v1/query?query=1")
            answer = active.getresponse()
            answer.read()
            self.assertEqual(answer.status, 200)
            latencies.append(time.perf_counter() - begin)
        active.close()
        latencies.sort()
        begin = cpu_seconds(self.tocsin.pid)
        time.sleep(2)
        used = cpu_seconds(self.tocsin.pid) - begin
        print(f"500 idle connections: p50 {latencies[250] * 1e3:.2f} ms, "
              f"p99 {latencies[495] * 1e3:.2f} ms, CPU {used / 2:.1%} of a core with scrapes",
              flush=True)
        for connection in idle:
            connection.request("GET", "/-/healthy")
            self.assertEqual(connection.getresponse().read(), b"Prometheus Server is Healthy.\n")
            connection.close()

    def test_a_megabyte_of_query_is_answered(self):
        expression = "1" + " + 1" * 250_000
        status, body = post(f"{self.tocsin.url}/api/v1/query",
                            urllib.parse.urlencode({"query": expression}).encode(), timeout=60)
        self.assertIn(status, (200, 400, 422))
        self.assertIn(b'"status":', body)
        self.assertEqual(get(f"{self.tocsin.url}/-/healthy")[0], 200)

    def test_full_disk_refuses_samples_and_recovers(self):
        wait_until(lambda: self.tocsin.value("count_over_time(good_metric[10s]) >= 2"), "samples")
        # No file may grow: what a full disk looks like to one process.
        _, hard = resource.prlimit(self.tocsin.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.tocsin.pid, resource.RLIMIT_FSIZE, (1, hard))
        error = wait_until(lambda: self.last_error("good"), "an error of the good target")
        self.assertIn("WAL", error)
        self.assertEqual(get(f"{self.tocsin.url}/-/healthy")[0], 200)
        self.assertEqual(self.tocsin.value("vector(1)"), 1)
        resource.prlimit(self.tocsin.pid, resource.RLIMIT_FSIZE, (hard, hard))
        wait_until(lambda: self.last_error("good") == "", "the good target to recover")
        count = wait_until(lambda: self.tocsin.value("count_over_time(good_metric[1m])"), "samples")
        now = self.tocsin.value("time()")
        self.tocsin.kill()
        again = self.start_tocsin(port=self.tocsin.port,
                                  extra=[f"--config.file={self.directory / 'prometheus.yml'}"])
        self.assertGreaterEqual(again.value("count_over_time(good_metric[1m])", time=now), count)


if __name__ == "__main__":
    harness.main()

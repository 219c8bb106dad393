#!/usr/bin/env python3
"""A real Prometheus writes to Tocsin, and reads back from it."""
import json
import struct
import time
import urllib.parse
import urllib.request

import harness
from harness import free_port, get, wait_until

RECEIVER = ("--web.enable-remote-write-receiver",)

WRITER = """
global: {{scrape_interval: 1s, scrape_timeout: 900ms, external_labels: {{replica: a}}}}
scrape_configs:
  - job_name: node
    static_configs: [{{targets: ['127.0.0.1:{node}']}}]
  - job_name: self
    static_configs: [{{targets: ['127.0.0.1:{own}']}}]
remote_write:
  - url: http://127.0.0.1:{tocsin}/api/v1/write
    queue_config: {{batch_send_deadline: 200ms}}
"""

READER = """
remote_read:
  - url: http://127.0.0.1:{tocsin}/api/v1/read
    read_recent: true
"""

EXPRESSIONS = ("node_cpu_seconds_total", "count(node_memory_MemTotal_bytes)", "up",
               "sum by (mode) (rate(node_cpu_seconds_total[5s]))",
               "max_over_time(node_load1[10s])", '{__name__=~"node_network_.*_bytes_total"}',
               "count by (job) ({__name__=~\".+\"})")


def instant(url, expression, at):
    """{labels: value} of an instant query, external labels left out."""
    query = urllib.parse.urlencode({"query": expression, "time": at})
    answer = json.loads(get(f"{url}/api/v1/query?{query}")[1])
    assert answer["status"] == "success", answer
    result = {}
    for series in answer["data"]["result"]:
        labels = {k: v for k, v in series["metric"].items() if k != "replica"}
        result[tuple(sorted(labels.items()))] = series["value"][1]
    return result


def snappy(message):
    """A snappy block of one literal, which is what a client without a compressor sends."""
    return uvarint(len(message)) + bytes([62 << 2]) + struct.pack("<I", len(message) - 1)[:3] + message


def uvarint(number):
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7f | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, payload):
    """A protobuf field: bytes or an integer."""
    if isinstance(payload, int):
        return uvarint(number << 3) + uvarint(payload)
    return uvarint(number << 3 | 2) + uvarint(len(payload)) + payload


class RemoteWriteTest(harness.AcceptanceTest):
    def start_writer(self, tocsin):
        harness.require_programs("prometheus", "prometheus-node-exporter")
        node, own = free_port(), free_port()
        self.start(["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{node}"], "node")
        config = self.directory / "writer.yml"
        config.write_text(WRITER.format(node=node, own=own, tocsin=tocsin.port))
        self.start(["prometheus", f"--config.file={config}",
                    f"--storage.tsdb.path={self.directory / 'writer'}",
                    f"--web.listen-address=127.0.0.1:{own}"], "writer")
        return f"http://127.0.0.1:{own}"

    def test_prometheus_writes_and_reads_back(self):
        tocsin = self.start_tocsin(config="global: {}", extra=RECEIVER)
        writer = self.start_writer(tocsin)
        wait_until(lambda: (tocsin.value("count_over_time(up{job='node'}[1m])") or 0) > 15,
                   "15 scrapes to arrive")
        # What was scraped until now has arrived when later scrapes have, give or take a batch.
        at = time.time()
        wait_until(lambda: (tocsin.value("min(timestamp(up))") or 0) > at + 2, "later scrapes")
        for expression in EXPRESSIONS:
            with self.subTest(expression):
                theirs = instant(writer, expression, at)
                self.assertTrue(theirs)
                self.assertEqual(instant(tocsin.url, expression, at), theirs)
        self.assertEqual({m["replica"] for m, _ in tocsin.query("up")}, {"a"})

        port = free_port()
        config = self.directory / "reader.yml"
        config.write_text(READER.format(tocsin=tocsin.port))
        self.start(["prometheus", f"--config.file={config}",
                    f"--storage.tsdb.path={self.directory / 'reader'}",
                    f"--web.listen-address=127.0.0.1:{port}"], "reader")
        reader = f"http://127.0.0.1:{port}"
        wait_until(lambda: get(f"{reader}/-/ready")[0] == 200, "the reading Prometheus")
        for expression in EXPRESSIONS:
            with self.subTest(f"read: {expression}"):
                ours = instant(tocsin.url, expression, at)
                self.assertEqual(instant(reader, expression, at), ours)

        # The same selection as samples, which Prometheus would only ask for if there were no chunks.
        matcher = field(2, b"__name__") + field(3, b"up")
        query = field(1, int((at - 10) * 1000)) + field(2, int(at * 1000)) + field(3, matcher)
        request = urllib.request.Request(f"{tocsin.url}/api/v1/read", snappy(field(1, query)))
        with urllib.request.urlopen(request) as answer:
            self.assertEqual(answer.headers["Content-Type"], "application/x-protobuf")
            self.assertEqual(answer.headers["Content-Encoding"], "snappy")
            self.assertIn(b"__name__", answer.read())

    def test_acknowledged_samples_survive_kill(self):
        tocsin = self.start_tocsin(config="global: {}", extra=RECEIVER)
        now = int(time.time() * 1000) - 1000
        for i in range(20):
            label = field(1, field(1, b"__name__") + field(2, b"written_total"))
            sample = field(2, b"\x09" + struct.pack("<d", i) + field(2, now + i))
            status, body = self.write(tocsin, field(1, label + sample))
            self.assertEqual((status, body), (204, b""))
        self.assertEqual(tocsin.value("written_total"), 19)  # At once.
        tocsin.kill()
        again = self.start_tocsin(config="global: {}", port=tocsin.port, extra=RECEIVER)
        self.assertEqual(again.value("count_over_time(written_total[1m])"), 20)
        old = field(1, field(1, field(1, b"__name__") + field(2, b"written_total")) +
                    field(2, b"\x09" + struct.pack("<d", 7) + field(2, now)))
        self.assertEqual(self.write(again, old), (400, b"out of order sample\n"))

    def test_receiver_is_off_unless_asked_for(self):
        tocsin = self.start_tocsin(config="global: {}")
        status, body = self.write(tocsin, b"")
        self.assertEqual(status, 404)
        self.assertIn(b"--web.enable-remote-write-receiver", body)

    def write(self, tocsin, message):
        request = urllib.request.Request(
            f"{tocsin.url}/api/v1/write", snappy(message) if message else b"\x00",
            {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf"})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


if __name__ == "__main__":
    harness.main()

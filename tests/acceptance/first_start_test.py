#!/usr/bin/env python3
"""A start without any configuration: the embedded default."""
import subprocess
import time

import harness
from harness import free_port, get, wait_until


class FirstStartTest(harness.AcceptanceTest):
    def test_default_scrapes_itself_and_loads_the_shipped_rules(self):
        tocsin = self.start_tocsin()
        wait_until(lambda: tocsin.value('up{job="tocsin"}') == 1, "a scrape of itself")
        files = {g["file"].rsplit("/", 1)[1] for g in tocsin.api("rules")["groups"]}
        self.assertEqual(files, {"targets.yml", "node.yml", "redis.yml", "services.yml"})
        self.assertEqual(get(f"{tocsin.url}/")[0], 200)
        self.assertIn(f"127.0.0.1:{tocsin.port}", tocsin.output())

    def test_finds_a_local_exporter_and_pages_to_the_terminal(self):
        harness.require_programs("prometheus-redis-exporter")
        # The usual port may be taken on this machine; then whoever has it is what is found.
        exporter = self.start(["prometheus-redis-exporter", "-web.listen-address=127.0.0.1:9121",
                               f"-redis.addr=redis://127.0.0.1:{free_port()}"], "redis_exporter")
        wait_until(lambda: get("http://127.0.0.1:9121/metrics")[0] == 200, "the exporter")
        if exporter.process.poll() is not None:
            print("skipped: port 9121 is in use", flush=True)
            self.skipTest("port 9121 is in use")
        tocsin = self.start_tocsin()
        wait_until(lambda: tocsin.value('redis_up{job="redis"}') == 0, "the exporter to be found")
        # Redis is down: the shipped rule fires after 10 s and the page appears on the terminal.
        page = wait_until(lambda: "RedisDown" in tocsin.output() and tocsin.output(), "the page")
        self.assertIn("does not answer", page)

    def test_second_start_is_ready_within_two_seconds(self):
        tocsin = self.start_tocsin()
        wait_until(lambda: tocsin.value('up{job="tocsin"}') == 1, "a scrape of itself")
        self.assertEqual(tocsin.stop(), 0)
        begin = time.monotonic()
        self.start_tocsin(port=tocsin.port)
        print(f"second start: ready after {time.monotonic() - begin:.2f} s", flush=True)

    def test_names_of_the_program(self):
        version = subprocess.run([harness.TOCSIN, "--version"], capture_output=True, text=True)
        self.assertEqual(version.returncode, 0)
        self.assertIn("tocsin", version.stdout)
        for name, word in (("prometheus", "--storage.tsdb.path"), ("alertmanager", "--data.retention")):
            by_subcommand = subprocess.run([harness.TOCSIN, name, "--help"], capture_output=True,
                                           text=True)
            self.assertIn(word, by_subcommand.stdout)
            link = self.directory / name
            link.symlink_to(harness.TOCSIN)
            by_name = subprocess.run([link, "--help"], capture_output=True, text=True)
            self.assertEqual(by_name.stdout, by_subcommand.stdout)


class AlertmanagerAloneTest(harness.AcceptanceTest):
    def test_takes_alerts_and_sends_them(self):
        webhook = self.start_webhook()
        (self.directory / "alertmanager.yml").write_text(
            "route: {receiver: hook, group_wait: 100ms}\n"
            "receivers:\n  - name: hook\n    webhook_configs:\n"
            f"      - url: http://127.0.0.1:{webhook.port}/\n")
        port = free_port()
        self.start([harness.TOCSIN, "alertmanager",
                    f"--config.file={self.directory / 'alertmanager.yml'}",
                    f"--storage.path={self.directory / 'data'}",
                    f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="], "am")
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: get(f"{url}/-/ready")[0] == 200, "Alertmanager to be ready")
        status, _ = harness.post(f"{url}/api/v2/alerts", b'[{"labels":{"alertname":"A"}}]',
                                 "application/json")
        self.assertEqual(status, 200)
        wait_until(lambda: webhook.requests, "the page")
        self.assertEqual(webhook.bodies()[0]["commonLabels"], {"alertname": "A"})


if __name__ == "__main__":
    harness.main()

#!/usr/bin/env python3
"""Debian's promtool and amtool, and a plain user's habits, against a running Tocsin."""
import json
import subprocess

import harness
from harness import free_port, get, post, wait_until

CONFIG = """
global: {scrape_interval: 500ms, scrape_timeout: 400ms, evaluation_interval: 500ms}
rule_files: [rules.yml]
scrape_configs:
  - job_name: self
    static_configs: [{targets: ['127.0.0.1:%d']}]
"""

RULES = """
groups:
  - name: always
    rules:
      - alert: AlwaysFiring
        expr: vector(1)
        labels: {severity: info}
"""


def run(*arguments, **kwargs):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60, **kwargs)


class ToolsTest(harness.AcceptanceTest):
    def setUp(self):
        super().setUp()
        port = free_port()
        self.alertmanager_port = free_port()
        (self.directory / "rules.yml").write_text(RULES)
        self.tocsin = self.start_tocsin(
            CONFIG % port, port=port,
            extra=[f"--alertmanager.web.listen-address=127.0.0.1:{self.alertmanager_port}"])
        wait_until(lambda: self.tocsin.value("count_over_time(up[1m]) >= 3"), "scrapes of itself")

    def promtool(self, *arguments, **kwargs):
        done = run("promtool", *arguments, **kwargs)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def amtool(self, *arguments):
        done = run("amtool", f"--alertmanager.url=http://127.0.0.1:{self.alertmanager_port}",
                   *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_promtool_queries(self):
        harness.require_programs("promtool")
        url = self.tocsin.url
        self.assertIn('up{instance="127.0.0.1:', self.promtool("query", "instant", url, "up"))
        self.assertIn(" => ", self.promtool("query", "instant", url, "sum(up)"))
        self.assertIn("@[", self.promtool("query", "range", "--step=1s", url, "up"))
        self.assertIn('job="self"', self.promtool("query", "series", "--match=up", url))
        self.assertIn("__name__", self.promtool("query", "labels", url, "__name__")
                      + self.promtool("query", "series", "--match={job='self'}", url))
        self.assertEqual(self.promtool("query", "labels", url, "job").split(), ["self"])

    def test_promtool_accepts_our_own_metrics(self):
        harness.require_programs("promtool")
        status, page = get(f"{self.tocsin.url}/metrics")
        self.assertEqual(status, 200)
        done = run("promtool", "check", "metrics", input=page.decode())
        # What it has against a name that is Prometheus' own.
        complaints = [line for line in (done.stdout + done.stderr).splitlines()
                      if not line.startswith("prometheus_target_scrapes_exceeded_native_histogram_")]
        self.assertEqual(complaints, [])

    def test_amtool_silences_an_alert(self):
        harness.require_programs("amtool")
        wait_until(lambda: "AlwaysFiring" in self.amtool("alert", "query"), "the alert")
        silence = self.amtool("silence", "add", "--duration=1h", "--comment=maintenance",
                              "--author=me", "alertname=AlwaysFiring").strip()
        self.assertIn(silence, self.amtool("silence", "query"))
        wait_until(lambda: "AlwaysFiring" not in self.amtool("alert", "query"), "the silence to act")
        self.assertIn("AlwaysFiring", self.amtool("alert", "query", "--silenced"))
        self.amtool("silence", "expire", silence)
        self.assertNotIn(silence, self.amtool("silence", "query"))
        wait_until(lambda: "AlwaysFiring" in self.amtool("alert", "query"), "the alert again")

    def test_alertmanager_api_is_on_the_main_port_too(self):
        status, body = get(f"{self.tocsin.url}/alertmanager/api/v2/status")
        self.assertEqual(status, 200)
        self.assertIn("versionInfo", json.loads(body))

    def test_reload_is_atomic(self):
        rules = self.directory / "rules.yml"
        rules.write_text(RULES.replace("vector(1)", "vector("))
        status, body = post(f"{self.tocsin.url}/-/reload")
        self.assertEqual(status, 500)
        self.assertIn(b"rules.yml", body)
        self.assertEqual(self.tocsin.value("prometheus_config_last_reload_successful") or 1, 1)
        groups = self.tocsin.api("rules")["groups"]
        self.assertEqual([r["name"] for g in groups for r in g["rules"]], ["AlwaysFiring"])
        rules.write_text(RULES.replace("AlwaysFiring", "Renamed"))
        self.assertEqual(post(f"{self.tocsin.url}/-/reload")[0], 200)
        groups = self.tocsin.api("rules")["groups"]
        self.assertEqual([r["name"] for g in groups for r in g["rules"]], ["Renamed"])
        (self.directory / "prometheus.yml").write_text("global: {scrape_intervall: 1s}\n")
        status, body = post(f"{self.tocsin.url}/-/reload")
        self.assertEqual(status, 500)
        self.assertRegex(body.decode(), r"prometheus\.yml:1:\d+: .*scrape_intervall")
        self.assertEqual(len(self.tocsin.api("targets")["activeTargets"]), 1)

    def test_quit_stops_cleanly(self):
        self.assertEqual(post(f"{self.tocsin.url}/-/quit")[0], 200)
        self.assertEqual(self.tocsin.process.wait(30), 0)

    def test_unknown_flag_names_the_nearest(self):
        done = run(harness.TOCSIN, "--config.fil=x")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("did you mean --config.file?", done.stderr)

    def test_wrong_configuration_says_where(self):
        bad = self.directory / "bad.yml"
        bad.write_text("scrape_configs:\n  - job_name: a\n    scrape_interval: 5x\n")
        done = run(harness.TOCSIN, f"--config.file={bad}",
                   f"--storage.tsdb.path={self.directory / 'other'}",
                   f"--web.listen-address=127.0.0.1:{free_port()}")
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"bad\.yml:3:\d+: .*5x")


if __name__ == "__main__":
    harness.main()

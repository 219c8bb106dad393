#!/usr/bin/env python3
"""A shop's night: Redis dies and comes back. Real redis-server, redis_exporter and node_exporter."""
import datetime
import re
import signal

import harness
from harness import free_port, get, redis_command, wait_until

CONFIG = """
global:
  scrape_interval: 500ms
  scrape_timeout: 400ms
  evaluation_interval: 500ms
  external_labels:
    region: test
rule_files:
  - rules.yml
scrape_configs:
  - job_name: redis
    static_configs:
      - targets: ['127.0.0.1:{redis_exporter}']
        labels: {{tier: cache}}
  - job_name: node
    static_configs:
      - targets: ['127.0.0.1:{node_exporter}']
"""

RULES = """
groups:
  - name: shop
    rules:
      - record: instance:redis_hits:ratio
        expr: redis_keyspace_hits_total / (redis_keyspace_hits_total + redis_keyspace_misses_total)
      - alert: RedisDown
        expr: redis_up == 0
        for: {hold}
        labels: {{severity: critical}}
        annotations:
          summary: 'Redis of {{{{ $labels.instance }}}} is down (value {{{{ $value }}}})'
"""

ALERTMANAGER = """
route:
  receiver: team.oncall
  group_by: [alertname, tier]
  group_wait: 500ms
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: team.oncall
    webhook_configs:
      - url: http://127.0.0.1:{webhook}/page
        send_resolved: true
"""

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


class RedisOutageTest(harness.AcceptanceTest):
    def start_shop(self, hold):
        harness.require_programs("redis-server", "prometheus-redis-exporter",
                                 "prometheus-node-exporter")
        self.ports = {name: free_port() for name in ("redis", "redis_exporter", "node_exporter")}
        self.redis = self.start_redis(self.ports["redis"])
        self.start(["prometheus-redis-exporter",
                    f"-redis.addr=redis://127.0.0.1:{self.ports['redis']}",
                    f"-web.listen-address=127.0.0.1:{self.ports['redis_exporter']}"], "redis_exporter")
        self.start(["prometheus-node-exporter",
                    f"--web.listen-address=127.0.0.1:{self.ports['node_exporter']}"],
                   "node_exporter")
        self.webhook = self.start_webhook()
        for name in ("redis_exporter", "node_exporter"):
            wait_until(lambda: get(f"http://127.0.0.1:{self.ports[name]}/metrics")[0] == 200, name)
        wait_until(lambda: redis_command(self.ports["redis"], "PING") == "+PONG", "redis")
        (self.directory / "rules.yml").write_text(RULES.format(hold=hold))
        self.config = CONFIG.format(**self.ports)
        self.alertmanager_config = ALERTMANAGER.format(webhook=self.webhook.port)
        return self.start_tocsin(self.config, self.alertmanager_config)

    def alert_states(self, tocsin):
        return [a["state"] for a in tocsin.api("alerts")["alerts"]]

    def check_page(self, body, status, tocsin):
        """Every field of a webhook body, version 4."""
        labels = {"alertname": "RedisDown", "instance": f"127.0.0.1:{self.ports['redis_exporter']}",
                  "job": "redis", "region": "test", "severity": "critical", "tier": "cache"}
        annotations = {"summary": f"Redis of {labels['instance']} is down (value 0)"}
        self.assertEqual(list(body), ["receiver", "status", "alerts", "notification_reason",
                                      "groupLabels", "commonLabels", "commonAnnotations",
                                      "routeLabels", "externalURL", "version", "groupKey",
                                      "truncatedAlerts"])
        self.assertEqual(body["receiver"], r"team\.oncall")
        self.assertEqual(body["status"], status)
        self.assertEqual(body["notification_reason"],
                         "first notification" if status == "firing" else "all alerts resolved")
        self.assertEqual(body["groupLabels"], {"alertname": "RedisDown", "tier": "cache"})
        self.assertEqual(body["commonLabels"], labels)
        self.assertEqual(body["commonAnnotations"], annotations)
        self.assertEqual(body["routeLabels"], {})
        self.assertEqual(body["version"], "4")
        self.assertEqual(body["groupKey"], '{}:{alertname="RedisDown", tier="cache"}')
        self.assertEqual(body["truncatedAlerts"], 0)
        self.assertTrue(body["externalURL"].startswith("http://"))
        self.assertEqual(len(body["alerts"]), 1)
        alert = body["alerts"][0]
        self.assertEqual(list(alert), ["status", "labels", "annotations", "startsAt", "endsAt",
                                       "generatorURL", "fingerprint"])
        self.assertEqual(alert["status"], status)
        self.assertEqual(alert["labels"], labels)
        self.assertEqual(alert["annotations"], annotations)
        self.assertRegex(alert["startsAt"], TIME)
        if status == "firing":
            self.assertEqual(alert["endsAt"], "0001-01-01T00:00:00Z")
        else:
            self.assertRegex(alert["endsAt"], TIME)
            self.assertGreater(alert["endsAt"], alert["startsAt"])
        self.assertIn("/graph?g0.expr=redis_up+%3D%3D+0&g0.tab=1", alert["generatorURL"])
        self.assertRegex(alert["fingerprint"], "^[0-9a-f]{16}$")
        return alert

    def test_fault_to_page_to_resolved(self):
        tocsin = self.start_shop(hold="1s")
        redis = self.ports["redis"]
        # The numbers a dashboard shows are the ones Redis has.
        redis_command(redis, "SET", "cart", "1")
        for _ in range(30):
            redis_command(redis, "GET", "cart")
        for _ in range(10):
            redis_command(redis, "GET", "nothing")
        wait_until(lambda: tocsin.value("redis_keyspace_hits_total") == 30, "hits to be scraped")
        wait_until(lambda: tocsin.value("instance:redis_hits:ratio") == 0.75, "the recorded ratio")
        wait_until(lambda: tocsin.value("count_over_time(redis_commands_processed_total[10s]) >= 4"),
                   "a few scrapes")
        rate = tocsin.value("rate(redis_commands_processed_total[10s])")
        self.assertGreater(rate, 0)
        self.assertEqual(tocsin.value('up{job="node"}'), 1)
        self.assertGreater(tocsin.value("count(node_cpu_seconds_total)"), 0)
        self.assertEqual(self.alert_states(tocsin), [])

        self.redis.stop()
        wait_until(lambda: self.alert_states(tocsin) == ["pending"], "the alert to be pending")
        wait_until(lambda: self.alert_states(tocsin) == ["firing"], "the alert to fire")
        wait_until(lambda: len(self.webhook.requests) == 1, "the page")
        headers, _ = self.webhook.requests[0]
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertRegex(headers["User-Agent"], "^Alertmanager/")
        fired = self.check_page(self.webhook.bodies()[0], "firing", tocsin)
        self.assertEqual(tocsin.value('ALERTS{alertname="RedisDown",alertstate="firing"}'), 1)
        wait_until(lambda: tocsin.value("instance:redis_hits:ratio") is None,
                   "the recorded ratio to go stale")

        self.redis = self.start_redis(redis)
        wait_until(lambda: len(self.webhook.requests) == 2, "the resolved notice")
        resolved = self.check_page(self.webhook.bodies()[1], "resolved", tocsin)
        self.assertEqual(resolved["startsAt"], fired["startsAt"])
        self.assertEqual(resolved["fingerprint"], fired["fingerprint"])
        wait_until(lambda: self.alert_states(tocsin) == [], "no alerts")
        self.assertEqual(tocsin.stop(), 0)
        self.assertEqual(len(self.webhook.requests), 2)

    def samples(self, tocsin, series, end):
        data = tocsin.api("query", query=f"{series}[10m]", time=end)
        return [tuple(v) for r in data["result"] for v in r["values"]]

    def test_kill_9_in_the_middle_loses_no_sample_and_no_page(self):
        tocsin = self.start_shop(hold="6s")
        wait_until(lambda: tocsin.value("count_over_time(redis_up[1m]) > 5"), "some scrapes")
        self.redis.stop()
        wait_until(lambda: self.alert_states(tocsin) == ["pending"], "the alert to be pending")
        active_at = tocsin.api("alerts")["alerts"][0]["activeAt"]
        # Half of the time until it fires.
        wait_until(lambda: tocsin.value(
            'time() - ALERTS_FOR_STATE{alertname="RedisDown"} >= 3'), "three seconds pending")
        end = tocsin.value("time()")
        before = self.samples(tocsin, 'redis_up{job="redis"}', end)
        self.assertGreater(len(before), 5)

        self.assertEqual(tocsin.kill(), -signal.SIGKILL)
        tocsin = self.start_tocsin(self.config, self.alertmanager_config)
        ready_at = datetime.datetime.now(datetime.timezone.utc)
        self.assertEqual(self.samples(tocsin, 'redis_up{job="redis"}', end), before)
        wait_until(lambda: self.alert_states(tocsin) == ["firing"], "the alert to fire")
        # Restored, not begun anew: only the time it was down does not count as pending, as upstream.
        restored_at = tocsin.api("alerts")["alerts"][0]["activeAt"]
        self.assertGreater(restored_at, active_at)
        self.assertLess(restored_at, ready_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
        wait_until(lambda: len(self.webhook.requests) == 1, "the page")
        self.check_page(self.webhook.bodies()[0], "firing", tocsin)

        # Killed after the page: it is not sent again, and the resolved notice still comes.
        tocsin.kill()
        tocsin = self.start_tocsin(self.config, self.alertmanager_config)
        wait_until(lambda: self.alert_states(tocsin) == ["firing"], "the alert to be restored")
        wait_until(lambda: tocsin.value("count_over_time(redis_up[4s]) >= 6"), "further rounds")
        self.assertEqual(len(self.webhook.requests), 1)
        self.redis = self.start_redis(self.ports["redis"])
        wait_until(lambda: len(self.webhook.requests) == 2, "the resolved notice")
        self.check_page(self.webhook.bodies()[1], "resolved", tocsin)


if __name__ == "__main__":
    harness.main()

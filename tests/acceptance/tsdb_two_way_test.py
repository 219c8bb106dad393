#!/usr/bin/env python3
"""The data directory goes from Prometheus to Tocsin and back: every sample stays, bit for bit."""
import json
import math
import signal
import subprocess
import time
import urllib.parse

import harness
from harness import free_port, get, wait_until

HOUR = 3600


def dump(data):
    """All samples of a data directory as Prometheus' own tool reads them."""
    result = subprocess.run(["promtool", "tsdb", "dump", str(data)], capture_output=True, text=True,
                            check=True)
    return set(result.stdout.splitlines())


def block_names(data):
    return {entry.name for entry in data.iterdir() if entry.is_dir() and len(entry.name) == 26}


class TwoWayTest(harness.AcceptanceTest):
    def setUp(self):
        harness.require_programs("prometheus", "promtool")
        super().setUp()
        self.data = self.directory / "data"
        self.data.mkdir()

    def backfill(self, begin, hours):
        """Blocks of two hours that promtool makes of a text page."""
        page = self.directory / "backfill.om"
        with open(page, "w") as out:
            for series in range(20):
                out.write(f"# TYPE backfilled_{series} gauge\n")
                for second in range(begin, begin + hours * HOUR, 60):
                    value = math.sin(second / 1000) * 10 ** (series % 7) + series
                    out.write(f'backfilled_{series}{{job="old"}} {value!r} {second}\n')
            out.write("# EOF\n")
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", str(page),
                        str(self.data)], check=True, capture_output=True)

    def run_prometheus(self, until):
        """Runs Prometheus, scraping itself, until `until(its url)` is true."""
        port = free_port()
        config = self.directory / "prometheus-itself.yml"
        config.write_text("scrape_configs:\n  - job_name: itself\n    scrape_interval: 1s\n"
                          f"    static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n")
        program = self.start(["prometheus", f"--config.file={config}",
                              f"--storage.tsdb.path={self.data}",
                              f"--web.listen-address=127.0.0.1:{port}"], "prometheus")
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: get(f"{url}/-/ready")[0] == 200, "Prometheus to be ready")
        wait_until(lambda: until(url), "Prometheus to have scraped itself")
        self.assertEqual(program.stop(), 0, program.output())

    def scrapes(self, url):
        query = urllib.parse.quote("sum(count_over_time(up[1h]))")
        result = json.loads(get(f"{url}/api/v1/query?query={query}")[1])["data"]["result"]
        return float(result[0]["value"][1]) if result else 0

    def check_tools(self):
        for command in ("list", "analyze"):
            subprocess.run(["promtool", "tsdb", command, str(self.data)], check=True,
                           capture_output=True)

    def test_blocks_and_log_survive_both_ways(self):
        begin = (int(time.time()) // (2 * HOUR) - 16) * 2 * HOUR
        self.backfill(begin, hours=24)
        self.run_prometheus(lambda url: self.scrapes(url) >= 3)
        first = dump(self.data)
        self.assertGreaterEqual(len(first), 20 * 24 * 60)
        blocks = block_names(self.data)

        for how in (signal.SIGTERM, signal.SIGKILL):
            if how == signal.SIGTERM:
                # Prometheus compacts as it starts; there must be something left to do.
                self.backfill(begin - 24 * HOUR, hours=24)
                first = dump(self.data)
                blocks = block_names(self.data)
            started = time.time()
            tocsin = self.start_tocsin()
            wait_until(lambda: (tocsin.value('max(timestamp(up{job="tocsin"}))') or 0) > started,
                       "a scrape of itself")
            self.assertEqual(
                tocsin.value(f"sum(count_over_time(backfilled_7[24h] @ {begin + 24 * HOUR - 1}))"),
                24 * 60)
            if how == signal.SIGTERM:
                wait_until(lambda: blocks - block_names(self.data), "a compaction", seconds=150)
            tocsin.stop(how)
            after = dump(self.data)
            self.assertEqual(first - after, set(), f"samples lost after {how}")
            self.assertGreater(len(after), len(first))
            self.check_tools()
            first = after

        self.run_prometheus(lambda url: self.scrapes(url) >= 3)
        self.assertEqual(first - dump(self.data), set())


if __name__ == "__main__":
    harness.main()

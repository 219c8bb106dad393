#!/usr/bin/env python3
"""The same pages, scraped by Tocsin and by Debian's Prometheus: the same series, values, metadata and
exemplars. What version 3 of Prometheus does otherwise than Debian's 2.42 is undone before comparing:
it writes the bounds of buckets and quantiles in one form ("1" is "1.0")."""
import http.server
import json
import os
import threading
import urllib.parse
from pathlib import Path

import harness
from harness import free_port, get, require_programs, wait_until

ROOT = Path(__file__).resolve().parents[2]
UPSTREAM = Path(os.environ.get("TOCSIN_UPSTREAM_DIR", ROOT.parent / "shared" / "upstream"))
TESTDATA = UPSTREAM / "prometheus" / "model" / "textparse" / "testdata"
PAGES = ROOT.parent / "shared" / "pages"

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROTOBUF = ("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
            "encoding=delimited")

OWN_PAGES = {
    "own_text": (TEXT, b"""# HELP a_total Said \\\\ and \\n so.
# TYPE a_total counter
a_total{x="\\"quoted\\" \\\\ \\n"} 1e3
a_total{x="",y="z"} +Inf
# TYPE h histogram
h_bucket{le="1"} 2
h_bucket{le="+Inf"} 3
h_sum 4.5
h_count 3
untyped NaN
"""),
    "own_openmetrics": (OPENMETRICS, b"""# HELP a_seconds Help \\"here\\".
# TYPE a_seconds counter
# UNIT a_seconds seconds
a_seconds_total{x="y"} 17 # {trace_id="abc"} 1.5
# TYPE h histogram
h_bucket{le="1.0"} 2 # {trace_id="def"} 0.5
h_bucket{le="+Inf"} 3
h_sum 4.5
h_count 3
# TYPE i info
i_info{version="1"} 1
# TYPE s stateset
s{s="a"} 1
# EOF
"""),
}


def file_pages():
    pages = {}
    for path in sorted(TESTDATA.glob("*.txt")) if TESTDATA.is_dir() else []:
        kind = OPENMETRICS if ".om." in path.name else TEXT
        pages["upstream_" + path.name.replace(".", "_")] = (kind, path.read_bytes())
    kinds = {".prom": TEXT, ".om": OPENMETRICS, ".protobuf": PROTOBUF}
    for path in sorted(PAGES.iterdir()) if PAGES.is_dir() else []:
        if path.suffix in kinds:
            pages[path.name.replace(".", "_")] = (kinds[path.suffix], path.read_bytes())
    if not pages:
        print(f"skipped: no pages in {TESTDATA} and {PAGES}; only our own are compared", flush=True)
    return pages


class PageServer:
    """Serves each page at /<name>, in its one format whatever is asked for."""

    def __init__(self, pages):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                kind, body = pages[self.path.lstrip("/")]
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def make_config(port, pages):
    jobs = [f"""
  - job_name: {name}
    metrics_path: /{name}
    honor_timestamps: false
    static_configs:
      - targets: ['127.0.0.1:{port}']""" for name in pages]
    return "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:" + "".join(jobs)


def canonical(labels):
    """Labels with bounds as numbers, so that both ways to write them are the same."""
    return tuple(sorted((name, str(float(value)) if name in ("le", "quantile") else value)
                        for name, value in labels.items()))


class Server:
    def __init__(self, url):
        self.url = url

    def api(self, path, **parameters):
        status, body = get(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
        return json.loads(body).get("data") if status == 200 else None

    def is_scraped(self, job):
        data = self.api("query", query=f'up{{job="{job}"}}')
        return bool(data and data["result"])

    def last_error(self, job):
        """Without the place in the page, which only Tocsin tells."""
        targets = self.api("targets", state="active")["activeTargets"]
        error = [t["lastError"] for t in targets if t["scrapePool"] == job][0]
        return error.split(" (line ")[0]

    def samples(self, job):
        """By labels: the value, or a histogram's count and sum."""
        result = self.api("query", query=f'{{job="{job}",__name__!~"up|scrape_.*"}}')["result"]
        samples = {}
        for series in result:
            if "histogram" in series:
                histogram = series["histogram"][1]
                samples[canonical(series["metric"])] = (histogram["count"], histogram["sum"])
            else:
                samples[canonical(series["metric"])] = series["value"][1]
        return samples

    def metadata(self, job):
        data = self.api("targets/metadata", match_target=f'{{job="{job}"}}') or []
        return sorted((m["metric"], m["type"], m["help"], m["unit"]) for m in data)

    def exemplars(self, job):
        data = self.api("query_exemplars", query=f'{{job="{job}"}}', start="0", end="4000000000")
        return {canonical(series["seriesLabels"]): sorted(
            (canonical(e["labels"]), e["value"]) for e in series["exemplars"][:1])
            for series in data or []}


class ScrapeFormatsTest(harness.AcceptanceTest):
    def setUp(self):
        super().setUp()
        require_programs("prometheus")
        self.pages = {**OWN_PAGES, **file_pages()}
        server = PageServer(self.pages)
        self.addCleanup(server.close)
        config = make_config(server.port, self.pages)
        tocsin = self.start_tocsin(
            config, extra=["--enable-feature=native-histograms,exemplar-storage"])
        self.tocsin = Server(tocsin.url)
        self.prometheus = Server(self.start_prometheus(config))

    def start_prometheus(self, config):
        port = free_port()
        directory = self.directory / "peer"
        directory.mkdir()
        (directory / "prometheus.yml").write_text(config)
        self.start(["prometheus", f"--config.file={directory / 'prometheus.yml'}",
                    f"--storage.tsdb.path={directory / 'data'}",
                    f"--web.listen-address=127.0.0.1:{port}",
                    "--enable-feature=native-histograms,exemplar-storage"], "prometheus")
        return f"http://127.0.0.1:{port}"

    def test_both_store_the_same(self):
        for job in self.pages:
            for server in (self.tocsin, self.prometheus):
                wait_until(lambda s=server, j=job: s.is_scraped(j), f"{server.url} to scrape {job}")
        for job in self.pages:
            with self.subTest(page=job):
                self.assertEqual(self.tocsin.last_error(job), self.prometheus.last_error(job))
                self.assertEqual(self.tocsin.samples(job), self.prometheus.samples(job))
                self.assertEqual(self.tocsin.metadata(job), self.prometheus.metadata(job))
                self.assertEqual(self.tocsin.exemplars(job), self.prometheus.exemplars(job))


if __name__ == "__main__":
    harness.main()

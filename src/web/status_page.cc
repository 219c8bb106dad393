#include "web/status_page.h"

#include <fmt/core.h>

#include <algorithm>

#include "model/duration.h"
#include "model/number_text.h"
#include "web/status_page_assets.h"

namespace tocsin::web {
namespace {

using rules::AlertState;
using scraper::TargetHealth;

// Enough to see what is wrong; the API has all of them.
constexpr size_t kMaxRows = 500;

std::string LabelsCell(const Labels& labels) {
  return "<code>" + EscapeHtml(labels.ToString()) + "</code>";
}

std::string TimeCell(int64_t unix_ns) {
  if (unix_ns == 0) return "<span class=\"dim\">never</span>";
  // Whole seconds are enough for people.
  return EscapeHtml(FormatRfc3339Nano(unix_ns / 1'000'000'000 * 1'000'000'000));
}

std::string Section(std::string_view title, std::string_view note, const std::string& content) {
  return fmt::format("<section><h2>{} <span class=\"dim\">{}</span></h2>\n{}</section>\n", title,
                     note, content);
}

std::string Table(std::string_view header_cells, const std::string& rows) {
  return fmt::format("<table><thead><tr>{}</tr></thead><tbody>\n{}</tbody></table>\n", header_cells,
                     rows);
}

std::string Header(const StatusPageDependencies& page) {
  const std::string prefix = EscapeHtml(page.path_prefix);
  std::string links;
  const auto link = [&](std::string_view path, std::string_view text) {
    links += fmt::format("<a href=\"{}{}\">{}</a>", prefix, EscapeHtml(path), text);
  };
  link("/api/v1/targets", "targets");
  link("/api/v1/rules", "rules");
  link("/api/v1/alerts", "alerts");
  link("/api/v1/status/config", "configuration");
  link("/api/v1/status/flags", "flags");
  link("/api/v1/status/tsdb", "storage");
  link("/metrics", "metrics");
  if (!page.alertmanager_path.empty()) link(page.alertmanager_path + "/api/v2/alerts", "pages");
  return fmt::format("<header><h1>{}</h1><span class=\"dim\">{}</span><nav>{}</nav></header>\n",
                     EscapeHtml(page.title), EscapeHtml(page.version), links);
}

std::string QueryBox() {
  return "<section><h2>Query</h2>\n<form id=\"query-form\" method=\"get\">"
         "<textarea name=\"query\" rows=\"2\" spellcheck=\"false\" aria-label=\"PromQL "
         "expression\" "
         "placeholder=\"sum by (job) (up)\"></textarea>"
         "<button type=\"submit\">Run</button></form>\n"
         "<div id=\"answer\" aria-live=\"polite\"></div></section>\n";
}

std::string AlertsSection(const std::vector<rules::GroupView>& groups) {
  std::string rows;
  size_t firing = 0;
  size_t pending = 0;
  for (const auto& group : groups) {
    for (const auto& rule : group.rules) {
      for (const auto& alert : rule.alerts) {
        const bool is_firing = alert.state == AlertState::kFiring;
        ++(is_firing ? firing : pending);
        if (firing + pending > kMaxRows) continue;
        rows += fmt::format(
            "<tr><td class=\"{}\">{}</td><td>{}</td><td>{}</td><td class=\"number\">{}</td>"
            "<td>{}</td></tr>\n",
            is_firing ? "bad" : "warn", AlertStateText(alert.state), EscapeHtml(rule.name),
            LabelsCell(alert.labels), FormatFloatGeneral(alert.value),
            TimeCell(alert.active_at_ns));
      }
    }
  }
  const std::string note = fmt::format("{} firing, {} pending", firing, pending);
  if (rows.empty()) return Section("Alerts", note, "<p class=\"good\">Nothing fires.</p>\n");
  return Section(
      "Alerts", note,
      Table("<th>State</th><th>Alert</th><th>Labels</th><th>Value</th><th>Since</th>", rows));
}

std::string TargetRow(const scraper::ActiveTargetView& target) {
  const char* style = target.health == TargetHealth::kUp     ? "good"
                      : target.health == TargetHealth::kDown ? "bad"
                                                             : "dim";
  return fmt::format(
      "<tr><td>{}</td><td class=\"{}\">{}</td><td>{}</td><td>{}</td><td>{}</td>"
      "<td class=\"number\">{:.1f} ms</td><td class=\"bad\">{}</td></tr>\n",
      EscapeHtml(target.scrape_pool), style, TargetHealthText(target.health),
      EscapeHtml(target.scrape_url), LabelsCell(target.labels),
      TimeCell(target.last_scrape_ms * 1'000'000), target.last_scrape_duration_seconds * 1000,
      EscapeHtml(target.last_error));
}

std::string TargetsSection(std::vector<scraper::ActiveTargetView> targets) {
  const auto is_up = [](const auto& target) { return target.health == TargetHealth::kUp; };
  const auto up = std::count_if(targets.begin(), targets.end(), is_up);
  // What needs somebody's attention first.
  std::stable_partition(targets.begin(), targets.end(),
                        [](const auto& target) { return target.health == TargetHealth::kDown; });
  std::string rows;
  for (size_t i = 0; i < std::min(targets.size(), kMaxRows); ++i) rows += TargetRow(targets[i]);
  const std::string note = fmt::format("{} of {} up", up, targets.size());
  if (rows.empty()) return Section("Targets", note, "<p>No targets are configured.</p>\n");
  return Section("Targets", note,
                 Table("<th>Job</th><th>Health</th><th>Endpoint</th><th>Labels</th>"
                       "<th>Last scrape</th><th>Took</th><th>Error</th>",
                       rows));
}

std::string RulesSection(const std::vector<rules::GroupView>& groups) {
  std::string rows;
  size_t bad = 0;
  size_t count = 0;
  for (const auto& group : groups) {
    for (const auto& rule : group.rules) {
      ++count;
      if (rule.health != rules::RuleHealth::kBad) continue;
      if (++bad > kMaxRows) continue;
      rows += fmt::format(
          "<tr><td>{}</td><td>{}</td><td><code>{}</code></td><td class=\"bad\">{}</td></tr>\n",
          EscapeHtml(group.name), EscapeHtml(rule.name), EscapeHtml(rule.query),
          EscapeHtml(rule.last_error));
    }
  }
  const std::string note = fmt::format("{} in {} groups, {} failing", count, groups.size(), bad);
  if (rows.empty()) return Section("Rules", note, "");
  return Section("Rules", note,
                 Table("<th>Group</th><th>Rule</th><th>Expression</th><th>Error</th>", rows));
}

std::string SystemSection(const StatusPageDependencies& page) {
  std::string rows;
  const auto row = [&](std::string_view name, const std::string& value) {
    rows += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", name, value);
  };
  if (page.runtime) {
    const RuntimeInformation now = page.runtime();
    row("Started", TimeCell(now.start_time_ns));
    row("Host", EscapeHtml(now.hostname));
    row("Working directory", EscapeHtml(now.working_directory));
    row("Configuration",
        now.reload_config_success
            ? "loaded " + TimeCell(now.last_config_time_ns)
            : "<span class=\"bad\">the last reload failed</span>, in force since " +
                  TimeCell(now.last_config_time_ns));
    row("Retention", EscapeHtml(now.storage_retention));
  }
  if (page.head_statistics) {
    const tsdb::HeadStatistics head = page.head_statistics(1);
    row("Series in memory", std::to_string(head.series_count));
    row("Chunks in memory", std::to_string(head.chunk_count));
  }
  return rows.empty() ? rows
                      : Section("System", "", "<table><tbody>\n" + rows + "</tbody></table>");
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&#34;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::string RenderStatusPage(const StatusPageDependencies& page) {
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>{}</title><style>{}</style></head>\n<body data-prefix=\"{}\">\n",
      EscapeHtml(page.title), kStatusPageStyle, EscapeHtml(page.path_prefix));
  html += Header(page);
  html += QueryBox();
  const auto groups = page.rule_groups ? page.rule_groups() : std::vector<rules::GroupView>();
  html += AlertsSection(groups);
  if (page.active_targets) html += TargetsSection(page.active_targets(""));
  html += RulesSection(groups);
  html += SystemSection(page);
  html += fmt::format("<script>{}</script></body></html>\n", kStatusPageScript);
  return html;
}

void AddStatusPage(http::Router& router, StatusPageDependencies dependencies) {
  router.Handle("GET", "/",
                [page = std::move(dependencies)](http::Request&, http::Response& response) {
                  response.SetText(200, RenderStatusPage(page));
                  response.SetHeader("Content-Type", "text/html; charset=utf-8");
                  response.SetHeader("X-Content-Type-Options", "nosniff");
                  response.SetHeader(
                      "Content-Security-Policy",
                      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                      "connect-src 'self'; form-action 'self'; base-uri 'none'");
                });
}

}  // namespace tocsin::web

#include "compare/host_page.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/check.h"

namespace tocsin::compare {
namespace {

constexpr size_t kSecondsWidth = 9;  // 123456.78
constexpr size_t kBytesWidth = 15;   // 1.234567891e+11
constexpr size_t kCountWidth = 8;

/// xorshift64*: the load must cost next to nothing beside what is measured.
uint64_t NextRandom(uint64_t& state) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545f4914f6cdd1dULL;
}

void WriteDigits(char* end, size_t count, uint64_t value) {
  for (; count > 0; --count, value /= 10) *--end = static_cast<char>('0' + value % 10);
}

}  // namespace

HostPage::HostPage() {
  AddProcessors();
  AddDisks();
  AddNetwork();
  AddFilesystems();
  AddMemory();
  AddSystemd();
  AddRequests();
  AddHistograms();
  AddKernel();
  CHECK(series_ == kSeries, "a host has exactly a thousand series");
}

HostPage::Host HostPage::MakeHost(uint64_t seed) const {
  Host host;
  host.random_state = seed * 0x9e3779b97f4a7c15ULL + 1;
  for (const Slot& slot : slots_) {
    const uint64_t start = slot.kind == Kind::kBytes ? 1'000'000'000 : 10'000'000;
    host.values.push_back(start + NextRandom(host.random_state) % start);
    // Buckets of one histogram start equal, so that they stay cumulative.
    if (slot.kind == Kind::kBucket) host.values.back() = host.values[host.values.size() - 2];
  }
  return host;
}

void HostPage::Render(Host& host) {
  uint64_t bucket_step = 0;
  for (size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    uint64_t& value = host.values[i];
    const uint64_t step = NextRandom(host.random_state) % (slot.max_step + 1);
    char* const out = text_.data() + slot.offset;
    switch (slot.kind) {
      case Kind::kSeconds:
        value += step;
        WriteDigits(out + 6, 6, value / 100);
        WriteDigits(out + kSecondsWidth, 2, value % 100);
        break;
      case Kind::kBytes:
        value += step;
        *out = static_cast<char>('0' + value / 1'000'000'000 % 10);
        WriteDigits(out + 11, 9, value % 1'000'000'000);
        break;
      case Kind::kGauge:
        value += step;
        value -= slot.max_step / 2;
        WriteDigits(out + kCountWidth, kCountWidth, value);
        break;
      case Kind::kFirstBucket:
      case Kind::kBucket:
        bucket_step = step + (slot.kind == Kind::kBucket ? bucket_step : 0);
        value += bucket_step;
        WriteDigits(out + kCountWidth, kCountWidth, value);
        break;
      case Kind::kCount:
        value += step;
        WriteDigits(out + kCountWidth, kCountWidth, value);
        break;
    }
  }
}

void HostPage::AddHeader(std::string_view name, std::string_view type) {
  text_ += fmt::format("# HELP {} The {} of this host, as its kernel or service counts it.\n", name,
                       name);
  text_ += fmt::format("# TYPE {} {}\n", name, type);
}

void HostPage::AddConstant(std::string_view series, std::string_view value) {
  text_ += fmt::format("{} {}\n", series, value);
  ++series_;
}

void HostPage::AddChanging(std::string_view series, Kind kind, uint64_t max_step) {
  text_ += fmt::format("{} ", series);
  slots_.push_back({text_.size(), kind, max_step});
  switch (kind) {
    case Kind::kSeconds:
      text_ += "000000.00";
      break;
    case Kind::kBytes:
      text_ += "0.000000000e+11";
      break;
    default:
      text_.append(kCountWidth, '0');
      break;
  }
  text_ += '\n';
  ++series_;
}

void HostPage::AddProcessors() {  // 64, all changing
  AddHeader("node_cpu_seconds_total", "counter");
  for (int cpu = 0; cpu < 8; ++cpu) {
    for (const char* mode :
         {"idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"}) {
      AddChanging(fmt::format("node_cpu_seconds_total{{cpu=\"{}\",mode=\"{}\"}}", cpu, mode),
                  Kind::kSeconds, 300);
    }
  }
}

void HostPage::AddDisks() {  // 80, 40 changing
  for (const char* name :
       {"read_bytes_total", "written_bytes_total", "reads_completed_total",
        "writes_completed_total", "io_time_seconds_total", "reads_merged_total",
        "writes_merged_total", "discards_completed_total", "flush_requests_total", "io_now"}) {
    const std::string metric = fmt::format("node_disk_{}", name);
    AddHeader(metric, "counter");
    for (int disk = 0; disk < 8; ++disk) {
      const std::string series = fmt::format("{}{{device=\"nvme{}n1\"}}", metric, disk);
      const std::string_view text = name;
      if (text.ends_with("bytes_total")) {
        AddChanging(series, Kind::kBytes, 4096);
      } else if (text.ends_with("s_completed_total") && text.find("discards") == text.npos) {
        AddChanging(series, Kind::kCount, 100);
      } else if (text.starts_with("io_time")) {
        AddChanging(series, Kind::kSeconds, 200);
      } else {
        AddConstant(series, "0");
      }
    }
  }
}

void HostPage::AddNetwork() {  // 96, 24 changing
  for (const char* direction : {"receive", "transmit"}) {
    for (const char* name :
         {"bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast"}) {
      const std::string metric = fmt::format("node_network_{}_{}_total", direction, name);
      AddHeader(metric, "counter");
      const bool is_changing =
          std::string_view(name) == "bytes" || std::string_view(name) == "packets";
      for (int nic = 0; nic < 6; ++nic) {
        const std::string series = fmt::format("{}{{device=\"eth{}\"}}", metric, nic);
        if (is_changing) {
          AddChanging(series, name[0] == 'b' ? Kind::kBytes : Kind::kCount, 1500);
        } else {
          AddConstant(series, "0");
        }
      }
    }
  }
}

void HostPage::AddFilesystems() {  // 60, 12 changing
  for (const char* name : {"avail_bytes", "size_bytes", "files", "files_free", "readonly"}) {
    const std::string metric = fmt::format("node_filesystem_{}", name);
    AddHeader(metric, "gauge");
    for (int mount = 0; mount < 12; ++mount) {
      const std::string series = fmt::format(
          "{}{{device=\"/dev/nvme{}n1p1\",device_error=\"\",fstype=\"ext4\",mountpoint=\"/srv/"
          "volume-{:02}\"}}",
          metric, mount % 8, mount);
      if (name[0] == 'a') {
        AddChanging(series, Kind::kGauge, 8192);
      } else {
        AddConstant(series, name[0] == 'r' ? "0" : "5.2710469632e+10");
      }
    }
  }
}

void HostPage::AddMemory() {  // 50, 22 changing
  for (int i = 0; i < 50; ++i) {
    const std::string metric = fmt::format("node_memory_Area{:02}_bytes", i);
    AddHeader(metric, "gauge");
    if (i < 22) {
      AddChanging(metric, Kind::kGauge, 65536);
    } else {
      AddConstant(metric, "1.6777216e+07");
    }
  }
}

void HostPage::AddSystemd() {  // 250, constant
  AddHeader("node_systemd_unit_state", "gauge");
  for (int unit = 0; unit < 50; ++unit) {
    for (const char* state : {"activating", "active", "deactivating", "failed", "inactive"}) {
      AddConstant(fmt::format("node_systemd_unit_state{{name=\"application-worker-{:02}.service\","
                              "state=\"{}\",type=\"notify\"}}",
                              unit, state),
                  std::string_view(state) == "active" ? "1" : "0");
    }
  }
}

void HostPage::AddRequests() {  // 100, all changing
  AddHeader("http_requests_total", "counter");
  for (int handler = 0; handler < 10; ++handler) {
    for (const char* method : {"GET", "POST"}) {
      for (const char* code : {"200", "302", "404", "429", "500"}) {
        AddChanging(
            fmt::format("http_requests_total{{code=\"{}\",handler=\"/api/v1/resources/{:02}\","
                        "method=\"{}\",service=\"checkout-frontend\",version=\"v1.42.7\"}}",
                        code, handler, method),
            Kind::kCount, code[0] == '2' ? 500 : 20);
      }
    }
  }
}

void HostPage::AddHistograms() {  // 140, all changing
  constexpr std::array<const char*, 12> kBounds = {"0.005", "0.01", "0.025", "0.05", "0.1", "0.25",
                                                   "0.5",   "1",    "2.5",   "5",    "10",  "+Inf"};
  AddHeader("http_request_duration_seconds", "histogram");
  for (int handler = 0; handler < 10; ++handler) {
    const std::string labels = fmt::format(
        "handler=\"/api/v1/resources/{:02}\",service=\"checkout-frontend\",version=\"v1.42.7\"",
        handler);
    for (const char* bound : kBounds) {
      AddChanging(
          fmt::format("http_request_duration_seconds_bucket{{{},le=\"{}\"}}", labels, bound),
          bound == kBounds[0] ? Kind::kFirstBucket : Kind::kBucket, 40);
    }
    AddChanging(fmt::format("http_request_duration_seconds_sum{{{}}}", labels), Kind::kSeconds,
                3000);
    AddChanging(fmt::format("http_request_duration_seconds_count{{{}}}", labels), Kind::kCount,
                480);
  }
}

void HostPage::AddKernel() {  // 160, 28 changing
  for (const char* name :
       {"processed", "dropped", "times_squeezed", "cpu_collision", "received_rps", "flow_limit"}) {
    const std::string metric = fmt::format("node_softnet_{}_total", name);
    AddHeader(metric, "counter");
    for (int cpu = 0; cpu < 8; ++cpu)
      AddConstant(fmt::format("{}{{cpu=\"{}\"}}", metric, cpu), "0");
  }
  for (const char* name :
       {"running_seconds_total", "waiting_seconds_total", "timeslices_total", "forks_total"}) {
    const std::string metric = fmt::format("node_schedstat_{}", name);
    AddHeader(metric, "counter");
    for (int cpu = 0; cpu < 8; ++cpu) {
      const std::string series = fmt::format("{}{{cpu=\"{}\"}}", metric, cpu);
      if (name[0] == 'f' && cpu >= 4) {
        AddConstant(series, "0");
      } else {
        AddChanging(series, Kind::kCount, 900);
      }
    }
  }
  for (int i = 0; i < 80; ++i) {
    const std::string metric = fmt::format("node_netstat_Counter{:02}", i);
    AddHeader(metric, "untyped");
    AddConstant(metric, "12345");
  }
}

}  // namespace tocsin::compare

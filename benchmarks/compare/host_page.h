#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::compare {

/// The scrape page of a synthetic host, as node_exporter and an instrumented service would give it:
/// exactly 1000 series, 57 % of them constant, the others moving by uniform random steps, in about
/// 110 KB. One text for all hosts, in which the numbers have fixed widths: a scrape only patches
/// digits. Confined to a thread.
class HostPage {
 public:
  static constexpr size_t kSeries = 1000;

  HostPage();

  /// The numbers of one host. They only go up, or wander for gauges.
  struct Host {
    uint64_t random_state = 0;
    std::vector<uint64_t> values;
  };
  /// A host whose numbers depend on `seed` alone.
  Host MakeHost(uint64_t seed) const;

  /// Moves the host on by one scrape and writes its numbers into the text.
  void Render(Host& host);

  std::string_view text() const { return text_; }
  size_t changing_series() const { return slots_.size(); }

 private:
  /// How a number is printed and how it moves.
  enum class Kind {
    kSeconds,      ///< Counter, 123456.78
    kBytes,        ///< Counter, 1.234567891e+11, as Go prints large numbers
    kCount,        ///< Counter, 12345678
    kGauge,        ///< Wanders, 12345678
    kBucket,       ///< Counter, at least what the bucket before it moved
    kFirstBucket,  ///< Begins a histogram
  };
  struct Slot {
    size_t offset;
    Kind kind;
    uint64_t max_step;
  };

  void AddHeader(std::string_view name, std::string_view type);
  void AddConstant(std::string_view series, std::string_view value);
  void AddChanging(std::string_view series, Kind kind, uint64_t max_step);
  void AddProcessors();
  void AddDisks();
  void AddNetwork();
  void AddFilesystems();
  void AddMemory();
  void AddSystemd();
  void AddRequests();
  void AddHistograms();
  void AddKernel();

  std::string text_;
  std::vector<Slot> slots_;
  size_t series_ = 0;
};

}  // namespace tocsin::compare

#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin {

inline constexpr std::string_view kMetricNameLabel = "__name__";
inline constexpr std::string_view kAlertNameLabel = "alertname";

/// A label as views into the set that holds it.
struct LabelView {
  std::string_view name;
  std::string_view value;
  friend bool operator==(const LabelView&, const LabelView&) = default;
};

/// An immutable label set, sorted by name, in one allocation. The encoding is the one that
/// Prometheus hashes (model/labels/labels_stringlabels.go): each string after its length, one byte
/// below 255, else 0xFF and three bytes little endian; so Hash() agrees with it. Names and values
/// are below 16 MiB. Value type; thread-compatible.
class Labels {
 public:
  Labels() = default;
  /// From pairs in any order. Later duplicates of a name win; empty values are left out.
  Labels(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs);
  static Labels FromPairs(std::vector<std::pair<std::string, std::string>> pairs);
  /// Takes an encoding as bytes() gives it. The caller guarantees that it is sorted and well
  /// formed.
  static Labels FromEncoded(std::string encoded) {
    Labels result;
    result.encoded_ = std::move(encoded);
    return result;
  }

  class Iterator {
   public:
    using value_type = LabelView;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(const char* at) : at_(at) {}
    LabelView operator*() const {
      const char* p = at_;
      const std::string_view name = Next(p);
      return {name, Next(p)};
    }
    Iterator& operator++() {
      Next(at_);
      Next(at_);
      return *this;
    }
    Iterator operator++(int) {
      Iterator old = *this;
      ++*this;
      return old;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    static std::string_view Next(const char*& p) {
      size_t size = static_cast<unsigned char>(*p++);
      if (size == 255) {
        size = static_cast<unsigned char>(p[0]) |
               static_cast<size_t>(static_cast<unsigned char>(p[1])) << 8 |
               static_cast<size_t>(static_cast<unsigned char>(p[2])) << 16;
        p += 3;
      }
      const std::string_view result(p, size);
      p += size;
      return result;
    }
    const char* at_ = nullptr;
  };

  Iterator begin() const { return Iterator(encoded_.data()); }
  Iterator end() const { return Iterator(encoded_.data() + encoded_.size()); }
  bool empty() const { return encoded_.empty(); }
  /// Number of labels; walks the set.
  size_t size() const;

  /// The value of `name`, or "" when it is absent: PromQL does not tell the two apart.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const;

  /// XXH64 of the encoding, as Prometheus' default build.
  uint64_t Hash() const;
  /// FNV-1a over name 0xFF value 0xFF: Alertmanager's and Prometheus' fingerprint.
  uint64_t Fingerprint() const;

  /// `{a="b", c="d"}` or `name{a="b"}` as Prometheus prints label sets; names that need it are
  /// quoted.
  std::string ToString() const;

  /// Without / with only the given names (any order).
  Labels Without(const std::vector<std::string>& names) const;
  Labels Only(const std::vector<std::string>& names) const;
  Labels WithoutName() const;

  const std::string& bytes() const { return encoded_; }

  friend bool operator==(const Labels&, const Labels&) = default;
  /// Order of upstream's labels.Compare: by first differing name, then value, then length.
  friend std::strong_ordering operator<=>(const Labels& a, const Labels& b);

 private:
  friend class LabelsBuilder;
  std::string encoded_;
};

/// Appends one string in the encoding of Labels.
void AppendLabelString(std::string& out, std::string_view text);

/// Collects changes to a label set. Setting "" deletes. Confined to a thread.
class LabelsBuilder {
 public:
  LabelsBuilder() = default;
  explicit LabelsBuilder(const Labels& base) { Reset(base); }

  void Reset(const Labels& base);
  void Clear() { labels_.clear(); }
  void Set(std::string_view name, std::string_view value);
  void Delete(std::string_view name);
  std::string_view Get(std::string_view name) const;
  /// Calls `visit(name, value)` in order of names. `visit` must not change the builder.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const auto& [name, value] : labels_) visit(name, value);
  }
  bool empty() const { return labels_.empty(); }
  Labels Build() const;

 private:
  std::vector<std::pair<std::string, std::string>> labels_;  // Sorted by name, no empty values.
};

/// Hashes Labels for unordered containers.
struct LabelsHash {
  using is_avalanching = void;
  size_t operator()(const Labels& labels) const { return labels.Hash(); }
};

/// [a-zA-Z_][a-zA-Z0-9_]* and, for metrics, also ':'.
bool IsLegacyLabelName(std::string_view name);
bool IsLegacyMetricName(std::string_view name);
/// Prometheus 3's rule for names: not empty and valid UTF-8.
bool IsValidUtf8Name(std::string_view name);
bool IsValidUtf8(std::string_view text);

/// `text` in Go's double quotes (strconv.Quote).
std::string GoQuote(std::string_view text);
void AppendGoQuoted(std::string& out, std::string_view text);

}  // namespace tocsin

#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/compression.h"
#include "base/crc32c.h"
#include "base/varint.h"
#include "remote/histogram_message.h"
#include "remote/read_server.h"
#include "storage/queryable.h"

namespace tocsin::remote {

// What a client of remote read does, told as text.

struct QueryMatcher {
  int type = 0;
  std::string name;
  std::string value;
};
using QueryMatchers = std::vector<QueryMatcher>;
struct Query {
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  QueryMatchers matchers;
  std::optional<std::pair<int64_t, int64_t>> hinted_range = {};
};
inline constexpr int kSamplesType = 0;
inline constexpr int kStreamedChunks = 1;

/// An uncompressed prometheus.ReadRequest.
inline std::string ReadRequestBytes(const std::vector<Query>& queries,
                                    const std::vector<int>& types = {}) {
  std::string bytes;
  protozero::pbf_writer request(bytes);
  for (const Query& query : queries) {
    protozero::pbf_writer message(request, 1);
    message.add_int64(1, query.start_ms);
    message.add_int64(2, query.end_ms);
    for (const QueryMatcher& matcher : query.matchers) {
      protozero::pbf_writer one(message, 3);
      one.add_enum(1, matcher.type);
      one.add_string(2, matcher.name);
      one.add_string(3, matcher.value);
    }
    if (query.hinted_range) {
      protozero::pbf_writer hints(message, 4);
      hints.add_int64(3, query.hinted_range->first);
      hints.add_int64(4, query.hinted_range->second);
    }
  }
  for (const int type : types) request.add_enum(2, type);
  return bytes;
}

inline std::string LabelText(protozero::pbf_reader label) {
  std::string name;
  std::string value;
  while (label.next()) {
    std::string& text = label.tag() == 1 ? name : value;
    text = label.get_string();
  }
  return name + "=" + value;
}

/// The series of a SAMPLES answer, a line each, after a line for their query.
inline std::string SamplesText(const std::string& body) {
  std::string bytes;
  if (!SnappyDecompress(body, 1 << 24, bytes)) return "not snappy: " + body;
  std::string text;
  protozero::pbf_reader answer(bytes);
  while (answer.next(1)) {
    text += "query\n";
    protozero::pbf_reader result = answer.get_message();
    while (result.next(1)) {
      protozero::pbf_reader series = result.get_message();
      std::string separator;
      while (series.next()) {
        if (series.tag() == 1) {
          text += separator + LabelText(series.get_message());
        } else if (series.tag() == 2) {
          protozero::pbf_reader sample = series.get_message();
          double value = 0;
          int64_t timestamp_ms = 0;
          while (sample.next()) {
            if (sample.tag() == 1) value = sample.get_double();
            if (sample.tag() == 2) timestamp_ms = sample.get_int64();
          }
          text += fmt::format("{}{}@{}", separator, value, timestamp_ms);
        } else {
          const auto histogram = DecodeHistogram(series.get_string());
          text += fmt::format("{}histogram({})@{}", separator,
                              std::get<FloatHistogram>(histogram->histogram).count,
                              histogram->timestamp_ms);
        }
        separator = " ";
      }
      text += "\n";
    }
  }
  return text;
}

inline std::string ReadAll(const ReadAnswer& answer) {
  std::string all = answer.body;
  for (std::string piece; answer.stream && answer.stream(piece);) all += piece;
  return all;
}

/// The frames of a stream, `query labels encoding:min-max…` a line each.
inline std::string FramesText(const std::string& bytes) {
  std::string text;
  for (ByteReader reader(bytes); reader.remaining() > 0;) {
    const uint64_t size = reader.ReadUvarint();
    const uint32_t crc = reader.ReadBE32();
    const std::string frame(reader.ReadBytes(size));
    if (reader.failed() || Crc32c(frame) != crc) return text + "broken frame";
    std::string line;
    int64_t query_index = 0;
    protozero::pbf_reader response(frame);
    while (response.next()) {
      if (response.tag() == 2) {
        query_index = response.get_int64();
        continue;
      }
      protozero::pbf_reader series = response.get_message();
      while (series.next()) {
        if (series.tag() == 1) {
          line += " " + LabelText(series.get_message());
          continue;
        }
        protozero::pbf_reader chunk = series.get_message();
        int64_t numbers[5] = {};
        while (chunk.next()) {
          if (chunk.tag() == 4) {
            chunk.skip();
          } else {
            int64_t& number = numbers[chunk.tag()];
            number = chunk.get_int64();
          }
        }
        line += fmt::format(" {}:{}-{}", numbers[3], numbers[1], numbers[2]);
      }
    }
    text += std::to_string(query_index) + line + "\n";
  }
  return text;
}

/// A storage that also gives chunks: two samples each, whose bytes are of no matter.
class ChunkedStorage final : public storage::Queryable {
 public:
  explicit ChunkedStorage(storage::Queryable& inner) : inner_(inner) {}

  Result<std::unique_ptr<storage::Querier>> MakeQuerier(int64_t start_ms, int64_t end_ms) override {
    TOCSIN_ASSIGN_OR_RETURN(auto querier, inner_.MakeQuerier(start_ms, end_ms));
    return std::make_unique<ChunkedQuerier>(*this, std::move(querier));
  }

  int fails_after = -1;  ///< Series after which chunks cannot be read; -1: never.

 private:
  class ChunkedSet final : public storage::SeriesSet {
   public:
    ChunkedSet(ChunkedStorage& storage, std::unique_ptr<storage::SeriesSet> inner)
        : storage_(storage), inner_(std::move(inner)) {}
    size_t size() const override { return inner_->size(); }
    Labels LabelsOf(size_t index) const override { return inner_->LabelsOf(index); }
    Status Read(size_t index, int64_t start_ms, int64_t end_ms,
                storage::SampleBuffer& out) const override {
      return inner_->Read(index, start_ms, end_ms, out);
    }
    Status ReadChunks(size_t index, int64_t start_ms, int64_t end_ms,
                      std::vector<storage::EncodedChunk>& out) const override {
      if (storage_.fails_after >= 0 && index >= static_cast<size_t>(storage_.fails_after)) {
        return Error(ErrorCode::kCorruption, "block is corrupt");
      }
      storage::SampleBuffer samples;
      TOCSIN_RETURN_IF_ERROR(inner_->Read(index, start_ms, end_ms, samples));
      for (size_t i = 0; i < samples.timestamps_ms.size(); i += 2) {
        const size_t last = std::min(i + 1, samples.timestamps_ms.size() - 1);
        out.push_back({samples.timestamps_ms[i], samples.timestamps_ms[last], 1, "bytes"});
      }
      return {};
    }

   private:
    ChunkedStorage& storage_;
    const std::unique_ptr<storage::SeriesSet> inner_;
  };
  class ChunkedQuerier final : public storage::Querier {
   public:
    ChunkedQuerier(ChunkedStorage& storage, std::unique_ptr<storage::Querier> inner)
        : storage_(storage), inner_(std::move(inner)) {}
    Result<std::unique_ptr<storage::SeriesSet>> Select(std::span<const Matcher> matchers,
                                                       const storage::SelectHints& hints) override {
      TOCSIN_ASSIGN_OR_RETURN(auto series, inner_->Select(matchers, hints));
      return std::make_unique<ChunkedSet>(storage_, std::move(series));
    }
    Result<std::vector<std::string>> LabelNames(std::span<const Matcher> matchers,
                                                size_t limit) override {
      return inner_->LabelNames(matchers, limit);
    }
    Result<std::vector<std::string>> LabelValues(const std::string& name,
                                                 std::span<const Matcher> matchers,
                                                 size_t limit) override {
      return inner_->LabelValues(name, matchers, limit);
    }

   private:
    ChunkedStorage& storage_;
    const std::unique_ptr<storage::Querier> inner_;
  };

  storage::Queryable& inner_;
};

}  // namespace tocsin::remote

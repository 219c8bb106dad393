#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/fs.h"
#include "model/labels.h"
#include "model/matcher.h"
#include "storage/queryable.h"
#include "tsdb/block/block_meta.h"
#include "tsdb/block/block_reader.h"

namespace tocsin::tsdb {

/// Series and their samples as plain maps: what a block is compared with. Values are bits, so that
/// NaNs compare too.
using Samples = std::map<int64_t, uint64_t>;
using Model = std::map<Labels, Samples>;

inline constexpr int64_t kBlockStartMs = 1'600'000'000'000 / 7'200'000 * 7'200'000;
inline constexpr int64_t kBlockEndMs = kBlockStartMs + 7'200'000;

/// A name that only depends on `number`.
Ulid MakeTestUlid(uint64_t number);

/// `series_count` series with labels as targets have them, with up to `max_samples` samples each.
Model RandomModel(std::mt19937_64& random, size_t series_count, size_t max_samples);

/// The distinct label names and values, sorted.
std::vector<std::string> SymbolsOf(const Model& model);
std::vector<storage::EncodedChunk> EncodeSamples(const Samples& samples);

/// Writes a block of [kBlockStartMs, kBlockEndMs) into `parent`.
Result<BlockMeta> WriteModelBlock(Fs& fs, const std::string& parent, const Ulid& ulid,
                                  const Model& model);

/// What a querier over [start_ms, end_ms] says.
Result<Model> ReadModel(storage::Querier& querier, std::span<const Matcher> matchers,
                        int64_t start_ms, int64_t end_ms);
/// All of a block.
Result<Model> ReadModel(std::shared_ptr<const BlockReader> block);

/// What of the model lies in the range and matches; series without samples there are left out.
Model Restrict(const Model& model, std::span<const Matcher> matchers, int64_t start_ms,
               int64_t end_ms);

/// Matches every series.
std::vector<Matcher> AnySeries();
Matcher Match(MatchType type, std::string_view name, std::string_view value);

/// A directory of the machine's file system that goes with its object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Copies a directory from one file system to another.
Status CopyDirectory(Fs& from, const std::string& source, Fs& to, const std::string& target);

}  // namespace tocsin::tsdb

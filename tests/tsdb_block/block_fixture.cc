#include "tsdb_block/block_fixture.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <bit>
#include <set>

#include "tsdb/block/block_querier.h"
#include "tsdb/block/block_writer.h"
#include "tsdb/chunks/chunk_writer.h"

namespace tocsin::tsdb {
namespace {

double RandomValue(std::mt19937_64& random, double last) {
  switch (random() % 8) {
    case 0:
      return std::bit_cast<double>(random());  // Anything, also NaN.
    case 1:
      return std::bit_cast<double>(uint64_t{0x7ff0000000000002});  // Stale.
    case 2:
      return last;
    default:
      return static_cast<double>(random() % 1'000'000) / 100;
  }
}

}  // namespace

Ulid MakeTestUlid(uint64_t number) {
  return Ulid::Make(kBlockEndMs, [number] { return number; });
}

Model RandomModel(std::mt19937_64& random, size_t series_count, size_t max_samples) {
  Model model;
  while (model.size() < series_count) {
    const Labels labels{{"__name__", fmt::format("metric_{}", random() % 20)},
                        {"instance", fmt::format("10.0.0.{}:9100", random() % 50)},
                        {"job", random() % 2 ? "node" : "api"},
                        {random() % 3 == 0 ? "path" : "le", std::to_string(random() % 30)},
                        {"zone", random() % 4 == 0 ? "" : "a"}};
    Samples& samples = model[labels];
    const size_t count = 1 + random() % max_samples;
    int64_t time_ms = kBlockStartMs + static_cast<int64_t>(random() % 60'000);
    double value = 0;
    for (size_t i = 0; i < count && time_ms < kBlockEndMs; ++i) {
      value = RandomValue(random, value);
      samples[time_ms] = std::bit_cast<uint64_t>(value);
      time_ms += random() % 10 == 0 ? static_cast<int64_t>(1 + random() % 20'000) : 15'000;
    }
  }
  return model;
}

std::vector<std::string> SymbolsOf(const Model& model) {
  std::set<std::string> symbols;
  for (const auto& [labels, samples] : model) {
    for (const LabelView label : labels) {
      symbols.emplace(label.name);
      symbols.emplace(label.value);
    }
  }
  return {symbols.begin(), symbols.end()};
}

std::vector<storage::EncodedChunk> EncodeSamples(const Samples& samples) {
  std::vector<storage::EncodedChunk> chunks;
  ChunkWriter writer(chunks);
  for (const auto& [time_ms, bits] : samples) writer.Append(time_ms, std::bit_cast<double>(bits));
  writer.Finish();
  return chunks;
}

Result<BlockMeta> WriteModelBlock(Fs& fs, const std::string& parent, const Ulid& ulid,
                                  const Model& model) {
  TOCSIN_ASSIGN_OR_RETURN(const std::unique_ptr<BlockWriter> writer,
                          BlockWriter::Create(fs, parent, ulid));
  const std::vector<std::string> symbols = SymbolsOf(model);
  const std::vector<std::string_view> views(symbols.begin(), symbols.end());
  TOCSIN_RETURN_IF_ERROR(writer->AddSymbols(views));
  for (const auto& [labels, samples] : model) {
    const std::vector<storage::EncodedChunk> chunks = EncodeSamples(samples);
    TOCSIN_RETURN_IF_ERROR(writer->AddSeries(labels, chunks));
  }
  BlockMeta meta;
  meta.min_time_ms = kBlockStartMs;
  meta.max_time_ms = kBlockEndMs;
  meta.compaction.level = 1;
  return writer->Finish(meta);
}

Result<Model> ReadModel(storage::Querier& querier, std::span<const Matcher> matchers,
                        int64_t start_ms, int64_t end_ms) {
  TOCSIN_ASSIGN_OR_RETURN(const std::unique_ptr<storage::SeriesSet> set,
                          querier.Select(matchers, {start_ms, end_ms, 0, 0}));
  Model model;
  storage::SampleBuffer buffer;
  Labels last;
  for (size_t i = 0; i < set->size(); ++i) {
    TOCSIN_RETURN_IF_ERROR(set->Read(i, start_ms, end_ms, buffer));
    const Labels labels = set->LabelsOf(i);
    if (i > 0 && labels <= last) return Error(ErrorCode::kInternal, "series are not sorted");
    last = labels;
    if (buffer.timestamps_ms.empty()) continue;
    Samples& samples = model[labels];
    for (size_t k = 0; k < buffer.timestamps_ms.size(); ++k) {
      samples[buffer.timestamps_ms[k]] = std::bit_cast<uint64_t>(buffer.values[k]);
    }
  }
  return model;
}

Result<Model> ReadModel(std::shared_ptr<const BlockReader> block) {
  const int64_t start_ms = block->min_time_ms();
  const int64_t end_ms = block->max_time_ms() - 1;
  BlockQuerier querier(std::move(block), start_ms, end_ms);
  return ReadModel(querier, AnySeries(), start_ms, end_ms);
}

Model Restrict(const Model& model, std::span<const Matcher> matchers, int64_t start_ms,
               int64_t end_ms) {
  Model restricted;
  for (const auto& [labels, samples] : model) {
    const bool matches = std::ranges::all_of(
        matchers, [&labels = labels](const Matcher& matcher) { return matcher.Matches(labels); });
    const auto begin = samples.lower_bound(start_ms);
    const auto end = samples.upper_bound(end_ms);
    if (matches && start_ms <= end_ms && begin != end) restricted[labels] = Samples(begin, end);
  }
  return restricted;
}

std::vector<Matcher> AnySeries() { return {Match(MatchType::kRegex, "__name__", ".*")}; }

Matcher Match(MatchType type, std::string_view name, std::string_view value) {
  auto matcher = Matcher::Make(type, name, value);
  EXPECT_TRUE(matcher.ok());
  return *matcher;
}

TemporaryDirectory::TemporaryDirectory() : path_(testing::TempDir() + "/tsdb_block.XXXXXX") {
  EXPECT_NE(::mkdtemp(path_.data()), nullptr);
}

TemporaryDirectory::~TemporaryDirectory() { EXPECT_TRUE(PosixFs().RemoveAll(path_)); }

Status CopyDirectory(Fs& from, const std::string& source, Fs& to, const std::string& target) {
  TOCSIN_RETURN_IF_ERROR(to.CreateDirectories(target));
  TOCSIN_ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, from.List(source));
  for (const DirectoryEntry& entry : entries) {
    const std::string old_path = source + "/" + entry.name;
    const std::string new_path = target + "/" + entry.name;
    if (entry.is_directory) {
      TOCSIN_RETURN_IF_ERROR(CopyDirectory(from, old_path, to, new_path));
      continue;
    }
    TOCSIN_ASSIGN_OR_RETURN(const std::string bytes, from.ReadFile(old_path));
    TOCSIN_ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file,
                            to.OpenForWriting(new_path, /*truncate=*/true));
    TOCSIN_RETURN_IF_ERROR(file->Append(bytes));
    TOCSIN_RETURN_IF_ERROR(file->Close());
  }
  return {};
}

}  // namespace tocsin::tsdb

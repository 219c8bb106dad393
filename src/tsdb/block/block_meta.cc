#include "tsdb/block/block_meta.h"

#include <algorithm>

#include "base/json_value.h"
#include "base/json_writer.h"
#include "tsdb/block/block_layout.h"

namespace tocsin::tsdb {
namespace {

constexpr int64_t kVersion = 1;

Error Malformed(std::string_view what) {
  return Errorf(ErrorCode::kCorruption, "malformed block meta: {}", what);
}

// Reads the members of one JSON object. The first that is of the wrong kind is remembered. A
// missing one, or null, keeps the default, as Go's decoder has it. Confined to a thread.
class MemberReader {
 public:
  explicit MemberReader(const JsonValue& object) : object_(object) {
    if (!object.AsObject() && !object.is_null()) problem_ = "not an object";
  }

  template <typename Integer>
  void Read(std::string_view key, Integer& out) {
    const JsonValue* value = Find(key);
    if (!value) return;
    const int64_t* number = value->AsInt();
    if (!number || (std::is_unsigned_v<Integer> && *number < 0)) return Fail(key);
    out = static_cast<Integer>(*number);
  }
  void Read(std::string_view key, bool& out) {
    const JsonValue* value = Find(key);
    if (!value) return;
    if (!value->AsBool()) return Fail(key);
    out = *value->AsBool();
  }
  void Read(std::string_view key, Ulid& out) {
    if (const JsonValue* value = Find(key)) ReadUlid(key, *value, out);
  }
  void ReadUlid(std::string_view key, const JsonValue& value, Ulid& out) {
    if (!value.AsString()) return Fail(key);
    const Result<Ulid> ulid = Ulid::Parse(*value.AsString());
    if (!ulid) return Fail(key);
    out = *ulid;
  }
  /// Calls `visit(element)` for each element of an array.
  template <typename Visit>
  void ForEach(std::string_view key, Visit visit) {
    const JsonValue* value = Find(key);
    if (!value) return;
    if (!value->AsArray()) return Fail(key);
    for (const JsonValue& element : *value->AsArray()) visit(element);
  }
  const JsonValue* Find(std::string_view key) const {
    const JsonValue* value = object_.Find(key);
    return value && !value->is_null() ? value : nullptr;
  }
  void Fail(std::string_view key) {
    if (problem_.empty()) problem_ = key;
  }
  Status status() const {
    if (problem_.empty()) return {};
    return Malformed(problem_);
  }

 private:
  const JsonValue& object_;
  std::string problem_;
};

Status ReadStats(const JsonValue& json, BlockStats& stats) {
  MemberReader members(json);
  members.Read("numSamples", stats.sample_count);
  members.Read("numFloatSamples", stats.float_sample_count);
  members.Read("numHistogramSamples", stats.histogram_sample_count);
  members.Read("numSeries", stats.series_count);
  members.Read("numChunks", stats.chunk_count);
  members.Read("numTombstones", stats.tombstone_count);
  return members.status();
}

Status ReadDescription(const JsonValue& json, BlockDescription& description) {
  MemberReader members(json);
  members.Read("ulid", description.ulid);
  members.Read("minTime", description.min_time_ms);
  members.Read("maxTime", description.max_time_ms);
  return members.status();
}

Status ReadCompaction(const JsonValue& json, BlockCompaction& compaction) {
  MemberReader members(json);
  members.Read("level", compaction.level);
  members.Read("deletable", compaction.is_deletable);
  members.Read("failed", compaction.has_failed);
  members.ForEach("sources", [&](const JsonValue& element) {
    members.ReadUlid("sources", element, compaction.sources.emplace_back());
  });
  Status parents;
  members.ForEach("parents", [&](const JsonValue& element) {
    if (parents) parents = ReadDescription(element, compaction.parents.emplace_back());
  });
  TOCSIN_RETURN_IF_ERROR(parents);
  members.ForEach("hints", [&](const JsonValue& element) {
    if (!element.AsString()) return members.Fail("hints");
    compaction.hints.push_back(*element.AsString());
  });
  return members.status();
}

// Writes JSON as Go's json.MarshalIndent(value, "", "\t").
class IndentedWriter {
 public:
  void Open(char bracket) {
    out_.push_back(bracket);
    ++depth_;
    is_empty_ = true;
  }
  void Close(char bracket) {
    --depth_;
    if (!is_empty_) NewLine();
    out_.push_back(bracket);
    is_empty_ = false;
  }
  void Element() {
    if (!is_empty_) out_.push_back(',');
    NewLine();
    is_empty_ = false;
  }
  void Key(std::string_view key) {
    Element();
    Text(key);
    out_ += ": ";
  }
  void Text(std::string_view text) { AppendJsonString(out_, text, JsonWriter::Escape::kHtml); }
  void Number(std::string_view key, int64_t value) {
    Key(key);
    out_ += std::to_string(value);
  }
  void Count(std::string_view key, uint64_t value) {
    if (value != 0) Key(key), out_ += std::to_string(value);
  }
  void Flag(std::string_view key, bool value) {
    if (value) Key(key), out_ += "true";
  }
  std::string Take() { return std::move(out_); }

 private:
  void NewLine() {
    out_.push_back('\n');
    out_.append(depth_, '\t');
  }
  std::string out_;
  size_t depth_ = 0;
  bool is_empty_ = true;
};

void Write(IndentedWriter& out, const BlockDescription& description) {
  out.Key("ulid");
  out.Text(description.ulid.ToString());
  out.Number("minTime", description.min_time_ms);
  out.Number("maxTime", description.max_time_ms);
}

void Write(IndentedWriter& out, const BlockStats& stats) {
  out.Open('{');
  out.Count("numSamples", stats.sample_count);
  out.Count("numFloatSamples", stats.float_sample_count);
  out.Count("numHistogramSamples", stats.histogram_sample_count);
  out.Count("numSeries", stats.series_count);
  out.Count("numChunks", stats.chunk_count);
  out.Count("numTombstones", stats.tombstone_count);
  out.Close('}');
}

template <typename Items, typename WriteItem>
void WriteArray(IndentedWriter& out, std::string_view key, const Items& items, WriteItem write) {
  if (items.empty()) return;
  out.Key(key);
  out.Open('[');
  for (const auto& item : items) {
    out.Element();
    write(item);
  }
  out.Close(']');
}

void Write(IndentedWriter& out, const BlockCompaction& compaction) {
  out.Open('{');
  out.Number("level", compaction.level);
  WriteArray(out, "sources", compaction.sources,
             [&](const Ulid& ulid) { out.Text(ulid.ToString()); });
  out.Flag("deletable", compaction.is_deletable);
  WriteArray(out, "parents", compaction.parents, [&](const BlockDescription& parent) {
    out.Open('{');
    Write(out, parent);
    out.Close('}');
  });
  out.Flag("failed", compaction.has_failed);
  WriteArray(out, "hints", compaction.hints, [&](const std::string& hint) { out.Text(hint); });
  out.Close('}');
}

}  // namespace

bool BlockCompaction::HasHint(std::string_view hint) const {
  return std::ranges::find(hints, hint) != hints.end();
}

Result<BlockMeta> ParseBlockMeta(std::string_view json) {
  const Result<JsonValue> document = ParseJson(json);
  if (!document) return Malformed(document.error().message());
  MemberReader members(*document);
  BlockMeta meta;
  int64_t version = 0;
  members.Read("version", version);
  members.Read("ulid", meta.ulid);
  members.Read("minTime", meta.min_time_ms);
  members.Read("maxTime", meta.max_time_ms);
  TOCSIN_RETURN_IF_ERROR(members.status());
  if (version != kVersion) {
    return Errorf(ErrorCode::kCorruption, "unexpected meta file version {}", version);
  }
  if (const JsonValue* stats = members.Find("stats")) {
    TOCSIN_RETURN_IF_ERROR(ReadStats(*stats, meta.stats));
  }
  if (const JsonValue* compaction = members.Find("compaction")) {
    TOCSIN_RETURN_IF_ERROR(ReadCompaction(*compaction, meta.compaction));
  }
  return meta;
}

std::string FormatBlockMeta(const BlockMeta& meta) {
  IndentedWriter out;
  out.Open('{');
  Write(out, meta.Describe());
  out.Key("stats");
  Write(out, meta.stats);
  out.Key("compaction");
  Write(out, meta.compaction);
  out.Number("version", kVersion);
  out.Close('}');
  return out.Take();
}

Result<BlockMeta> ReadBlockMeta(Fs& fs, const std::string& directory) {
  constexpr uint64_t kMaxBytes = uint64_t{64} << 20;  // Sources of years of blocks are below 1 MiB.
  const std::string path = JoinPath(directory, kMetaFileName);
  TOCSIN_ASSIGN_OR_RETURN(const std::string json, fs.ReadFile(path, kMaxBytes));
  Result<BlockMeta> meta = ParseBlockMeta(json);
  if (!meta) return meta.error().WithContext(path);
  return meta;
}

Status WriteBlockMeta(Fs& fs, const std::string& directory, const BlockMeta& meta) {
  return fs.WriteFileAtomically(JoinPath(directory, kMetaFileName), FormatBlockMeta(meta));
}

}  // namespace tocsin::tsdb

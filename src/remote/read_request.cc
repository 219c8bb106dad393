#include "remote/read_request.h"

#include <algorithm>
#include <string>

#include "base/compression.h"
#include "remote/wire_reader.h"

// message ReadRequest: 1 queries Query*, 2 accepted_response_types enum*
// message Query: 1 start_timestamp_ms int64, 2 end_timestamp_ms int64, 3 matchers LabelMatcher*,
//                4 hints ReadHints
// message LabelMatcher: 1 type enum, 2 name string, 3 value string
// message ReadHints: 1 step_ms int64, 2 func string, 3 start_ms int64, 4 end_ms int64,
//                    5 grouping string*, 6 by bool, 7 range_ms int64

namespace tocsin::remote {
namespace {

constexpr uint64_t kSamples = 0;
constexpr uint64_t kXorChunks = 1;
// Nobody sends more than a few; each holds a snapshot of storage while it is answered.
constexpr size_t kMaxQueries = 10'000;

int64_t Int64(WireReader& reader, const char* name) {
  return static_cast<int64_t>(reader.Varint(name));
}

Result<Matcher> DecodeMatcher(std::string_view message) {
  uint64_t type = 0;
  std::string_view name;
  std::string_view value;
  WireReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 1) {
      type = reader.Varint("Type");
    } else if (reader.field() == 2) {
      name = reader.Bytes("Name");
    } else if (reader.field() == 3) {
      value = reader.Bytes("Value");
    } else {
      reader.Skip();
    }
  }
  TOCSIN_RETURN_IF_ERROR(reader.status());
  constexpr MatchType kTypes[] = {MatchType::kEqual, MatchType::kNotEqual, MatchType::kRegex,
                                  MatchType::kNotRegex};
  if (type >= std::size(kTypes)) return Error(ErrorCode::kInvalidArgument, "invalid matcher type");
  return Matcher::Make(kTypes[type], name, value);
}

Status DecodeHints(std::string_view message, storage::SelectHints& hints) {
  WireReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 1) {
      hints.step_ms = Int64(reader, "StepMs");
    } else if (reader.field() == 3) {
      hints.start_ms = Int64(reader, "StartMs");
    } else if (reader.field() == 4) {
      hints.end_ms = Int64(reader, "EndMs");
    } else if (reader.field() == 7) {
      hints.range_ms = Int64(reader, "RangeMs");
    } else {
      reader.Skip();
    }
  }
  return reader.status();
}

Result<ReadQuery> DecodeQuery(std::string_view message) {
  ReadQuery query;
  bool has_hints = false;
  WireReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 1) {
      query.start_ms = Int64(reader, "StartTimestampMs");
    } else if (reader.field() == 2) {
      query.end_ms = Int64(reader, "EndTimestampMs");
    } else if (reader.field() == 3) {
      const std::string_view matcher = reader.Bytes("Matchers");
      if (reader.failed()) break;
      TOCSIN_ASSIGN_OR_RETURN(Matcher decoded, DecodeMatcher(matcher));
      query.matchers.push_back(std::move(decoded));
    } else if (reader.field() == 4) {
      TOCSIN_RETURN_IF_ERROR(DecodeHints(reader.Bytes("Hints"), query.hints));
      has_hints = true;
    } else {
      reader.Skip();
    }
  }
  TOCSIN_RETURN_IF_ERROR(reader.status());
  storage::SelectHints& hints = query.hints;
  hints.start_ms = has_hints ? std::max(hints.start_ms, query.start_ms) : query.start_ms;
  hints.end_ms = has_hints ? std::min(hints.end_ms, query.end_ms) : query.end_ms;
  return query;
}

std::string TypeText(uint64_t type) {
  if (type == kSamples) return "SAMPLES";
  if (type == kXorChunks) return "STREAMED_XOR_CHUNKS";
  return std::to_string(type);
}

}  // namespace

Result<ReadRequest> DecodeReadRequest(std::string_view body, size_t max_decoded_bytes) {
  std::string message;
  TOCSIN_RETURN_IF_ERROR(SnappyDecompress(body, max_decoded_bytes, message));
  ReadRequest request;
  WireReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 1) {
      const std::string_view query = reader.Bytes("Queries");
      if (reader.failed()) break;
      if (request.queries.size() == kMaxQueries) {
        return Errorf(ErrorCode::kInvalidArgument, "more than {} queries", kMaxQueries);
      }
      TOCSIN_ASSIGN_OR_RETURN(ReadQuery decoded, DecodeQuery(query));
      request.queries.push_back(std::move(decoded));
    } else if (reader.field() == 2) {
      reader.Varints("AcceptedResponseTypes", [&](uint64_t type) {
        if (request.accepted_types.size() < kMaxQueries) request.accepted_types.push_back(type);
      });
    } else {
      reader.Skip();
    }
  }
  TOCSIN_RETURN_IF_ERROR(reader.status());
  return request;
}

Result<ReadResponseType> NegotiateResponseType(const std::vector<uint64_t>& accepted_types) {
  if (accepted_types.empty()) return ReadResponseType::kSamples;
  for (const uint64_t type : accepted_types) {
    if (type == kSamples) return ReadResponseType::kSamples;
    if (type == kXorChunks) return ReadResponseType::kXorChunks;
  }
  std::string names;
  for (const uint64_t type : accepted_types) {
    if (!names.empty()) names += ' ';
    names += TypeText(type);
  }
  return Errorf(ErrorCode::kInvalidArgument,
                "server does not support any of the requested response types: [{}]; supported: "
                "map[SAMPLES:{{}} STREAMED_XOR_CHUNKS:{{}}]",
                names);
}

bool AcceptsSamples(const std::vector<uint64_t>& accepted_types) {
  return accepted_types.empty() ||
         std::ranges::find(accepted_types, kSamples) != accepted_types.end();
}

std::vector<Matcher> WithoutExternalLabels(const std::vector<Matcher>& matchers,
                                           const Labels& external) {
  std::vector<Matcher> result;
  for (const Matcher& matcher : matchers) {
    const bool demands_it =
        matcher.type() == MatchType::kEqual && external.Get(matcher.name()) == matcher.value();
    result.push_back(demands_it ? Matcher::Equal(matcher.name(), "") : matcher);
  }
  return result;
}

}  // namespace tocsin::remote

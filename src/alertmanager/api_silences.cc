#include <algorithm>
#include <optional>

#include "alertmanager/api.h"
#include "alertmanager/api_alert_view.h"
#include "alertmanager/api_errors.h"
#include "alertmanager/timestamp_text.h"

namespace tocsin::alertmanager {

namespace {

void WriteMatcher(JsonWriter& json, const Matcher& matcher) {
  const MatchType type = matcher.type();
  json.BeginObject();
  json.KeyBool("isEqual", type == MatchType::kEqual || type == MatchType::kRegex);
  json.KeyBool("isRegex", type == MatchType::kRegex || type == MatchType::kNotRegex);
  json.KeyString("name", matcher.name());
  json.KeyString("value", matcher.value());
  json.EndObject();
}

void WriteSilence(JsonWriter& json, const Silence& silence, int64_t now_ns) {
  json.BeginObject();
  json.KeyString("id", silence.id);
  json.Key("status");
  json.BeginObject();
  json.KeyString("state", SilenceStateText(silence.StateAt(now_ns)));
  json.EndObject();
  json.KeyString("updatedAt", FormatTimestampMilli({silence.updated_at_ns, 0}));
  if (!silence.annotations.empty()) {
    json.Key("annotations");
    json.BeginObject();
    for (const auto& [name, value] : silence.annotations) json.KeyString(name, value);
    json.EndObject();
  }
  json.KeyString("comment", silence.comment);
  json.KeyString("createdBy", silence.created_by);
  json.KeyString("endsAt", FormatTimestampMilli({silence.ends_at_ns, 0}));
  json.Key("matchers");
  json.BeginArray();
  for (const Matcher& matcher : silence.matcher_sets.front()) WriteMatcher(json, matcher);
  json.EndArray();
  json.KeyString("startsAt", FormatTimestampMilli({silence.starts_at_ns, 0}));
  json.EndObject();
}

int StateRank(SilenceState state) {
  switch (state) {
    case SilenceState::kActive:
      return 1;
    case SilenceState::kPending:
      return 2;
    case SilenceState::kExpired:
      break;
  }
  return 3;
}

// Active ones by their end, pending ones by their start, expired ones the latest first.
bool SilenceComesBefore(const Silence& a, const Silence& b, int64_t now_ns) {
  const SilenceState state = a.StateAt(now_ns);
  const SilenceState other = b.StateAt(now_ns);
  if (state != other) return StateRank(state) < StateRank(other);
  switch (state) {
    case SilenceState::kActive:
      return a.ends_at_ns < b.ends_at_ns;
    case SilenceState::kPending:
      return a.starts_at_ns < b.starts_at_ns;
    case SilenceState::kExpired:
      break;
  }
  return a.ends_at_ns > b.ends_at_ns;
}

// Matchers are compared as they are written, not by what they match.
bool HasMatchers(const Silence& silence, const std::vector<Matcher>& wanted) {
  const MatcherSet& matchers = silence.matcher_sets.front();
  return std::all_of(wanted.begin(), wanted.end(), [&](const Matcher& matcher) {
    return std::find(matchers.begin(), matchers.end(), matcher) != matchers.end();
  });
}

/// Reads the silence of a POST body: the framework's refusals, or the handler's own text.
class SilenceReader {
 public:
  std::optional<ApiRefusal> Read(const JsonValue& body) {
    if (body.AsObject() == nullptr) return UnreadableBody("silence", "the body is not an object");
    if (auto refusal = ReadText(body, "comment", true, silence.comment)) return refusal;
    if (auto refusal = ReadText(body, "createdBy", true, silence.created_by)) return refusal;
    if (auto refusal = ReadTime(body, "endsAt", silence.ends_at_ns)) return refusal;
    if (auto refusal = ReadMatcherList(body.Find("matchers"))) return refusal;
    if (auto refusal = ReadTime(body, "startsAt", silence.starts_at_ns)) return refusal;
    if (auto refusal = ReadText(body, "id", false, silence.id)) return refusal;
    return ReadAnnotations(body.Find("annotations"));
  }

  Silence silence;
  std::string matcher_error;  ///< Of a matcher that does not compile.

 private:
  static std::optional<ApiRefusal> ReadText(const JsonValue& body, const char* name,
                                            bool is_required, std::string& text) {
    const JsonValue* value = body.Find(name);
    if (value == nullptr || value->is_null()) {
      return is_required ? std::optional(MissingField(name)) : std::nullopt;
    }
    if (value->AsString() == nullptr) {
      return UnreadableBody("silence", std::string(name) + " is not a string");
    }
    text = *value->AsString();
    return std::nullopt;
  }

  static std::optional<ApiRefusal> ReadTime(const JsonValue& body, const char* name,
                                            int64_t& unix_ns) {
    std::string text;
    if (auto refusal = ReadText(body, name, true, text)) return refusal;
    const auto time = ParseTimestamp(text);
    if (!time) return UnreadableBody("silence", time.error().message());
    unix_ns = time->unix_ns;
    return std::nullopt;
  }

  std::optional<ApiRefusal> ReadMatcherList(const JsonValue* list) {
    if (list == nullptr || list->is_null()) return MissingField("matchers");
    const JsonValue::Array* matchers = list->AsArray();
    if (matchers == nullptr) return UnreadableBody("silence", "matchers is not an array");
    constexpr int kTooFewItemsCode = 612;
    if (matchers->empty()) {
      return ApiRefusal{kTooFewItemsCode, "matchers in body should have at least 1 items"};
    }
    silence.matcher_sets.emplace_back();
    for (size_t i = 0; i < matchers->size(); ++i) {
      if (auto refusal = ReadMatcher((*matchers)[i], fmt::format("matchers.{}.", i))) {
        return refusal;
      }
    }
    return std::nullopt;
  }

  std::optional<ApiRefusal> ReadMatcher(const JsonValue& body, const std::string& path) {
    const JsonValue* name = body.Find("name");
    const JsonValue* value = body.Find("value");
    const JsonValue* is_regex = body.Find("isRegex");
    const JsonValue* is_equal = body.Find("isEqual");
    for (const auto& [field, found] :
         {std::pair("isRegex", is_regex), {"name", name}, {"value", value}}) {
      if (found == nullptr || found->is_null()) return MissingField(path + field);
    }
    const bool is_readable = name->AsString() != nullptr && value->AsString() != nullptr &&
                             is_regex->AsBool() != nullptr &&
                             (is_equal == nullptr || is_equal->is_null() || is_equal->AsBool());
    if (!is_readable) return UnreadableBody("silence", path + " has a field of the wrong type");
    const bool equal = is_equal == nullptr || is_equal->is_null() || *is_equal->AsBool();
    const MatchType type = *is_regex->AsBool() ? (equal ? MatchType::kRegex : MatchType::kNotRegex)
                                               : (equal ? MatchType::kEqual : MatchType::kNotEqual);
    auto matcher = MakeSilenceMatcher(type, *name->AsString(), *value->AsString());
    if (!matcher) {
      matcher_error = matcher.error().message();
    } else {
      silence.matcher_sets.front().push_back(*std::move(matcher));
    }
    return std::nullopt;
  }

  std::optional<ApiRefusal> ReadAnnotations(const JsonValue* annotations) {
    if (annotations == nullptr || annotations->is_null()) return std::nullopt;
    const JsonValue::Object* object = annotations->AsObject();
    if (object == nullptr) return UnreadableBody("silence", "annotations is not an object");
    for (const auto& [name, value] : *object) {
      if (value.AsString() == nullptr) {
        return UnreadableBody("silence", "an annotation is not a string");
      }
      silence.annotations[name] = *value.AsString();
    }
    return std::nullopt;
  }
};

// Answers and returns false when the path names no UUID.
bool ReadSilenceId(const http::Request& request, std::string& id, http::Response& response) {
  id = request.PathParameter("silenceID");
  if (IsUuid(id)) return true;
  SendRefusal(WrongType("silenceID", "path", "uuid", id), response);
  return false;
}

}  // namespace

void GetSilences(Core& core, const http::Request& request, http::Response& response) {
  const auto matchers = ReadMatchers(core, request, "filter", response);
  if (!matchers) return;
  const bool wants_state[] = {ReadBool(request, "pending", true), ReadBool(request, "active", true),
                              ReadBool(request, "expired", true)};
  const int64_t now_ns = core.dependencies.clock.NowNs();
  core.metrics.silences_queries.Increment();
  std::vector<SilencePtr> silences = core.silences.List();
  std::erase_if(silences, [&](const SilencePtr& silence) {
    return !wants_state[static_cast<int>(silence->StateAt(now_ns))] ||
           !HasMatchers(*silence, *matchers);
  });
  std::stable_sort(silences.begin(), silences.end(), [&](const auto& a, const auto& b) {
    return SilenceComesBefore(*a, *b, now_ns);
  });
  std::string out;
  JsonWriter json(out);
  json.BeginArray();
  for (const SilencePtr& silence : silences) WriteSilence(json, *silence, now_ns);
  json.EndArray();
  SendJson(std::move(out), response);
}

void PostSilences(Core& core, const http::Request& request, http::Response& response) {
  JsonValue body;
  if (!ReadJsonBody(request, "silence", body, response)) return;
  SilenceReader reader;
  if (const auto refusal = reader.Read(body)) {
    SendRefusal(*refusal, response);
    return;
  }
  if (!reader.matcher_error.empty()) {
    const char* lead = "failed to convert API silence to internal silence: ";
    SendErrorText(400, lead + reader.matcher_error, response);
    return;
  }
  const Silence& silence = reader.silence;
  if (silence.starts_at_ns >= silence.ends_at_ns) {
    SendErrorText(400, "Failed to create silence: start time must be before end time", response);
    return;
  }
  if (silence.ends_at_ns < core.dependencies.clock.NowNs()) {
    SendErrorText(400, "Failed to create silence: end time can't be in the past", response);
    return;
  }
  const auto id = core.silences.Set(std::move(reader.silence));
  if (!id) {
    const int status = id.error().code() == ErrorCode::kNotFound ? 404 : 400;
    SendErrorText(status, id.error().message(), response);
    return;
  }
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  json.KeyString("silenceID", *id);
  json.EndObject();
  SendJson(std::move(out), response);
}

void GetSilence(Core& core, const http::Request& request, http::Response& response) {
  std::string id;
  if (!ReadSilenceId(request, id, response)) return;
  const SilencePtr silence = core.silences.Find(id);
  if (!silence) {
    response.status = 404;
    return;
  }
  if (silence->matcher_sets.size() > 1) {
    SendErrorText(500, "silence has several sets of matchers, which this API cannot show",
                  response);
    return;
  }
  std::string out;
  JsonWriter json(out);
  WriteSilence(json, *silence, core.dependencies.clock.NowNs());
  SendJson(std::move(out), response);
}

void DeleteSilence(Core& core, const http::Request& request, http::Response& response) {
  std::string id;
  if (!ReadSilenceId(request, id, response)) return;
  const auto status = core.silences.Expire(id);
  if (status) return;
  if (status.error().code() == ErrorCode::kNotFound) {
    response.status = 404;
  } else {
    SendErrorText(500, status.error().message(), response);
  }
}

}  // namespace tocsin::alertmanager

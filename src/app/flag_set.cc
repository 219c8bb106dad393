#include "app/flag_set.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/check.h"
#include "config/byte_size.h"
#include "model/duration.h"
#include "model/number_text.h"

namespace tocsin::app {

namespace {

constexpr size_t kHelpColumn = 44;
constexpr size_t kHelpWidth = 100;

// Levenshtein distance, for "did you mean".
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

bool IsTrue(std::string_view text) { return text == "true" || text == "1"; }

Status CheckValue(const FlagSpec& spec, const std::string& text) {
  const auto refuse = [&](std::string_view why) {
    return Errorf(ErrorCode::kInvalidArgument, "invalid value \"{}\" for flag --{}: {}", text,
                  spec.name, why);
  };
  switch (spec.kind) {
    case FlagSpec::Kind::kString:
    case FlagSpec::Kind::kStrings:
      return {};
    case FlagSpec::Kind::kBool:
      if (IsTrue(text) || text == "false" || text == "0") return {};
      return refuse("want true or false");
    case FlagSpec::Kind::kDuration: {
      const auto parsed = ParseDurationMs(text);
      return parsed ? Status() : refuse(parsed.error().message());
    }
    case FlagSpec::Kind::kByteSize: {
      const auto parsed = ParseByteSize(text);
      return parsed ? Status() : refuse(parsed.error().message());
    }
    case FlagSpec::Kind::kInteger: {
      int64_t value = 0;
      const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error == std::errc() && at == text.data() + text.size()) return {};
      return refuse("want a whole number");
    }
    case FlagSpec::Kind::kNumber:
      if (ParseGoFloat(text)) return {};
      return refuse("want a number");
  }
  return {};
}

void AppendWrapped(std::string& out, std::string_view text) {
  size_t column = kHelpColumn;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    if (column + space > kHelpWidth) {
      out.append("\n").append(kHelpColumn, ' ');
      column = kHelpColumn;
    }
    out.append(text.substr(0, space)).push_back(' ');
    column += space + 1;
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  out.back() = '\n';
}

}  // namespace

Result<uint64_t> ParseByteSize(std::string_view text) { return config::ParseByteSize(text); }

FlagSet::FlagSet(std::string program, std::string description, std::span<const FlagSpec> specs)
    : program_(std::move(program)), description_(std::move(description)), specs_(specs) {
  for (const FlagSpec& spec : specs_) {
    Value value;
    if (spec.kind != FlagSpec::Kind::kStrings || !spec.default_value.empty()) {
      value.texts.emplace_back(spec.default_value);
    }
    values_.emplace(spec.name, std::move(value));
  }
}

Error FlagSet::UnknownFlag(std::string_view argument) const {
  std::string_view name = argument.substr(0, argument.find('='));
  name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
  const FlagSpec* nearest = nullptr;
  size_t nearest_distance = std::max<size_t>(name.size() / 2, 2);
  for (const FlagSpec& spec : specs_) {
    const size_t distance = EditDistance(name, spec.name);
    if (distance < nearest_distance) {
      nearest = &spec;
      nearest_distance = distance;
    }
  }
  if (nearest == nullptr) {
    return Errorf(ErrorCode::kInvalidArgument, "unknown flag {} (--help lists all flags)",
                  argument);
  }
  return Errorf(ErrorCode::kInvalidArgument, "unknown flag {}, did you mean --{}?", argument,
                nearest->name);
}

// `--name=`: the library takes it for a missing value, upstream's users mean "".
void FlagSet::TakeEmptyValues(std::vector<std::string>& arguments) {
  std::erase_if(arguments, [this](const std::string& argument) {
    if (!argument.starts_with("--") || !argument.ends_with('=')) return false;
    const auto at = values_.find(std::string_view(argument).substr(2, argument.size() - 3));
    if (at == values_.end()) return false;
    at->second = {{""}, true};
    return true;
  });
}

Status FlagSet::ParseWithLibrary(std::vector<std::string> arguments) {
  CLI::App parser;
  parser.set_help_flag();
  parser.allow_extras();
  parser.add_flag("-h,--help", help_requested_);
  parser.add_flag("--version", version_requested_);
  std::map<std::string, std::vector<std::string>> given;
  std::map<std::string, bool> switches;
  std::map<std::string, CLI::Option*> options;
  for (const FlagSpec& spec : specs_) {
    const std::string name(spec.name);
    CLI::Option* option = nullptr;
    if (spec.kind == FlagSpec::Kind::kBool) {
      option = parser.add_flag("--" + name + ",!--no-" + name, switches[name]);
    } else {
      option = parser.add_option("--" + name, given[name])->expected(1);
      option->multi_option_policy(spec.kind == FlagSpec::Kind::kStrings
                                      ? CLI::MultiOptionPolicy::TakeAll
                                      : CLI::MultiOptionPolicy::TakeLast);
    }
    options[name] = option;
  }
  try {
    std::reverse(arguments.begin(), arguments.end());  // The library takes them from the back.
    parser.parse(std::move(arguments));
  } catch (const CLI::Error& error) {
    return Errorf(ErrorCode::kInvalidArgument, "{}", error.what());
  }
  if (const auto rest = parser.remaining(); !rest.empty()) {
    if (rest.front().starts_with("-")) return UnknownFlag(rest.front());
    return Errorf(ErrorCode::kInvalidArgument, "unexpected argument {}", rest.front());
  }
  for (const FlagSpec& spec : specs_) {
    const std::string name(spec.name);
    if (options[name]->count() == 0) continue;
    const bool is_switch = spec.kind == FlagSpec::Kind::kBool;
    values_[name] = {
        is_switch ? std::vector<std::string>{switches[name] ? "true" : "false"} : given[name],
        true};
  }
  return {};
}

Status FlagSet::CheckValues() const {
  for (const FlagSpec& spec : specs_) {
    const Value& value = Find(spec.name);
    if (!value.is_set) continue;
    for (const std::string& text : value.texts) TOCSIN_RETURN_IF_ERROR(CheckValue(spec, text));
  }
  return {};
}

Status FlagSet::Parse(const std::vector<std::string>& arguments) {
  std::vector<std::string> rest = arguments;
  TakeEmptyValues(rest);
  TOCSIN_RETURN_IF_ERROR(ParseWithLibrary(std::move(rest)));
  return CheckValues();
}

const FlagSet::Value& FlagSet::Find(std::string_view name) const {
  const auto at = values_.find(name);
  CHECK(at != values_.end(), "the flag is in the table");
  return at->second;
}

const std::string& FlagSet::String(std::string_view name) const { return Find(name).texts.front(); }

const std::vector<std::string>& FlagSet::Strings(std::string_view name) const {
  return Find(name).texts;
}

bool FlagSet::Bool(std::string_view name) const { return IsTrue(String(name)); }

int64_t FlagSet::DurationMs(std::string_view name) const {
  return ParseDurationMs(String(name)).value_or(0);
}

int64_t FlagSet::Integer(std::string_view name) const {
  int64_t value = 0;
  const std::string& text = String(name);
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

double FlagSet::Number(std::string_view name) const {
  return ParseGoFloat(String(name)).value_or(0);
}

uint64_t FlagSet::Bytes(std::string_view name) const {
  return ParseByteSize(String(name)).value_or(0);
}

bool FlagSet::IsSet(std::string_view name) const { return Find(name).is_set; }

std::map<std::string, std::string> FlagSet::Values() const {
  std::map<std::string, std::string> result;
  for (const FlagSpec& spec : specs_) {
    std::string joined;
    for (const std::string& text : Find(spec.name).texts) {
      joined.append(joined.empty() ? "" : ",").append(text);
    }
    result.emplace(spec.name, std::move(joined));
  }
  return result;
}

std::vector<std::string> FlagSet::AcceptedWithoutEffect() const {
  std::vector<std::string> result;
  for (const FlagSpec& spec : specs_) {
    if (spec.standing == FlagSpec::Standing::kAccepted && IsSet(spec.name)) {
      result.push_back(fmt::format("--{}: {}", spec.name, spec.help));
    }
  }
  return result;
}

std::string FlagSet::Help() const {
  std::string out = fmt::format("usage: {} [flags]\n\n{}\n\n", program_, description_);
  const auto append = [&out](std::string left, std::string_view help) {
    if (left.size() + 1 > kHelpColumn) {
      out.append(left).append("\n").append(kHelpColumn, ' ');
    } else {
      out.append(left).append(kHelpColumn - left.size(), ' ');
    }
    AppendWrapped(out, help);
  };
  append("  -h, --help", "Show this text.");
  append("      --version", "Show the version.");
  for (const FlagSpec& spec : specs_) {
    if (spec.standing == FlagSpec::Standing::kHidden) continue;
    std::string left = fmt::format("      --{}", spec.name);
    if (spec.kind == FlagSpec::Kind::kBool) {
      if (spec.default_value == "true") left = fmt::format("      --[no-]{}", spec.name);
    } else {
      left += spec.default_value.empty() ? "=…" : fmt::format("={}", spec.default_value);
      if (spec.kind == FlagSpec::Kind::kStrings) left += " …";
    }
    append(std::move(left), spec.help);
  }
  return out;
}

}  // namespace tocsin::app

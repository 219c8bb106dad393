#include "tsdb/series_selector.h"

#include <algorithm>
#include <string_view>

namespace tocsin::tsdb {
namespace {

// Up to so many posting sets are applied one by one; more are united first.
constexpr size_t kFewSets = 4;

// A matcher over pairs of the dictionary: keep series that carry one of them, or those that carry
// none.
struct PairFilter {
  std::vector<PairId> pairs;
  bool keeps_carriers = true;
  size_t posting_count = 0;  // An upper bound of what `pairs` select.
};

std::vector<PairId> LookUp(const LabelDictionary& dictionary, NameId name,
                           std::span<const std::string> values) {
  std::vector<PairId> pairs;
  for (const std::string& value : values) {
    const PairId pair = dictionary.FindPair(name, value);
    if (pair != LabelDictionary::kNone) pairs.push_back(pair);
  }
  return pairs;
}

std::vector<PairId> Scan(const LabelDictionary& dictionary, NameId name, const Matcher& matcher,
                         bool wanted) {
  const bool is_regex =
      matcher.type() == MatchType::kRegex || matcher.type() == MatchType::kNotRegex;
  const std::string_view prefix =
      is_regex ? std::string_view(matcher.regex().literal_prefix()) : "";
  // What a value without the prefix is worth, without asking the expression.
  const bool without_prefix = matcher.type() == MatchType::kNotRegex;
  std::vector<PairId> pairs;
  for (const PairId pair : dictionary.pairs_of(name)) {
    const std::string_view value = dictionary.value_of(pair);
    const bool matches = value.starts_with(prefix) ? matcher.Matches(value) : without_prefix;
    if (matches == wanted) pairs.push_back(pair);
  }
  return pairs;
}

// Series without the label have the value "". So a matcher that refuses "" keeps carriers of the
// values that match, and one that accepts "" drops carriers of the values that do not.
PairFilter MakeFilter(const LabelDictionary& dictionary, const Matcher& matcher) {
  PairFilter filter;
  filter.keeps_carriers = !matcher.MatchesEmpty();
  const NameId name = dictionary.FindName(matcher.name());
  if (name == LabelDictionary::kNone) return filter;
  const bool is_equality =
      matcher.type() == MatchType::kEqual || matcher.type() == MatchType::kNotEqual;
  // True if `values` are just the ones that the filter is about.
  const bool names_values = filter.keeps_carriers == (matcher.type() == MatchType::kEqual ||
                                                      matcher.type() == MatchType::kRegex);
  if (is_equality && names_values) {
    filter.pairs = LookUp(dictionary, name, std::span(&matcher.value(), 1));
  } else if (!is_equality && names_values && !matcher.regex().literal_choices().empty()) {
    filter.pairs = LookUp(dictionary, name, matcher.regex().literal_choices());
  } else {
    filter.pairs = Scan(dictionary, name, matcher, filter.keeps_carriers);
  }
  for (const PairId pair : filter.pairs) filter.posting_count += dictionary.postings(pair).size();
  return filter;
}

IdBitmap Unite(const LabelDictionary& dictionary, const std::vector<PairId>& pairs) {
  IdBitmap bitmap;
  for (const PairId pair : pairs) bitmap.Add(dictionary.postings(pair));
  return bitmap;
}

std::vector<SeriesId> Begin(const LabelDictionary& dictionary, const PairFilter& filter) {
  std::vector<SeriesId> ids;
  if (filter.pairs.size() == 1) {
    dictionary.postings(filter.pairs.front()).AppendTo(ids);
  } else if (!filter.pairs.empty()) {
    ids = Unite(dictionary, filter.pairs).ToIds();
  }
  return ids;
}

void Apply(const LabelDictionary& dictionary, const PairFilter& filter,
           std::vector<SeriesId>& ids) {
  if (filter.keeps_carriers ? filter.pairs.size() == 1 : filter.pairs.size() <= kFewSets) {
    for (const PairId pair : filter.pairs) {
      const PostingSet& postings = dictionary.postings(pair);
      filter.keeps_carriers ? postings.Intersect(ids) : postings.Subtract(ids);
    }
    return;
  }
  const IdBitmap united = Unite(dictionary, filter.pairs);
  std::erase_if(ids, [&](SeriesId id) { return united.Contains(id) != filter.keeps_carriers; });
}

}  // namespace

std::vector<SeriesId> SelectSeries(const SeriesIndex& index, std::span<const Matcher> matchers) {
  const LabelDictionary& dictionary = index.dictionary();
  std::vector<PairFilter> filters;
  for (const Matcher& matcher : matchers) filters.push_back(MakeFilter(dictionary, matcher));
  // The filter that leaves fewest goes first.
  std::ranges::sort(filters, [](const PairFilter& a, const PairFilter& b) {
    if (a.keeps_carriers != b.keeps_carriers) return a.keeps_carriers;
    return a.posting_count < b.posting_count;
  });
  std::vector<SeriesId> ids;
  size_t applied = 0;
  if (!filters.empty() && filters.front().keeps_carriers) {
    ids = Begin(dictionary, filters.front());
    applied = 1;
  } else {
    index.all().AppendTo(ids);
  }
  for (; applied < filters.size() && !ids.empty(); ++applied) {
    Apply(dictionary, filters[applied], ids);
  }
  return ids;
}

}  // namespace tocsin::tsdb

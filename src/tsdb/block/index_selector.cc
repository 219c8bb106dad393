#include "tsdb/block/index_selector.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace tocsin::tsdb {
namespace {

// A matcher over label pairs: keep series that carry one of them, or those that carry none.
struct PairFilter {
  std::vector<PostingsView> lists;
  bool keeps_carriers = true;
  size_t posting_count = 0;
};

// Up to so many lists are subtracted one by one; more are united first.
constexpr size_t kFewLists = 4;

bool IsRegex(const Matcher& matcher) {
  return matcher.type() == MatchType::kRegex || matcher.type() == MatchType::kNotRegex;
}

Status LookUp(const IndexReader& index, const std::string& name,
              std::span<const std::string> values, PairFilter& filter) {
  for (const std::string& value : values) {
    TOCSIN_ASSIGN_OR_RETURN(const PostingsView list, index.Postings(name, value));
    if (!list.empty()) filter.lists.push_back(list);
  }
  return {};
}

// The values for which the matcher says `wanted`.
Status Scan(const IndexReader& index, const Matcher& matcher, bool wanted, PairFilter& filter) {
  const std::string_view prefix =
      IsRegex(matcher) ? std::string_view(matcher.regex().literal_prefix()) : "";
  // Outside the prefix's range the expression does not match: with =~ nothing there is wanted.
  const bool only_prefix = (matcher.type() == MatchType::kRegex) == wanted && !prefix.empty();
  const bool without_prefix = matcher.type() == MatchType::kNotRegex;
  Status status;
  const std::string_view first = only_prefix ? prefix : "";
  index.ForEachValue(matcher.name(), first, [&](std::string_view value, uint64_t offset) {
    const bool has_prefix = value.starts_with(prefix);
    if (!has_prefix && only_prefix) return false;
    if ((has_prefix ? matcher.Matches(value) : without_prefix) != wanted) return true;
    const Result<PostingsView> list = index.PostingsAt(offset);
    if (list) {
      filter.lists.push_back(*list);
    } else {
      status = list.error();
    }
    return status.ok();
  });
  return status;
}

// Series without the label have the value "". So a matcher that refuses "" keeps carriers of the
// values that match, and one that accepts "" drops carriers of the values that do not.
Result<PairFilter> MakeFilter(const IndexReader& index, const Matcher& matcher) {
  PairFilter filter;
  filter.keeps_carriers = !matcher.MatchesEmpty();
  // No series has a label with the empty name; the index has its list of all series there.
  if (matcher.name().empty()) return filter;
  const bool is_positive =
      matcher.type() == MatchType::kEqual || matcher.type() == MatchType::kRegex;
  // True if the values that the matcher names are just the ones that the filter is about.
  const bool names_values = filter.keeps_carriers == is_positive;
  if (!IsRegex(matcher) && names_values) {
    TOCSIN_RETURN_IF_ERROR(LookUp(index, matcher.name(), std::span(&matcher.value(), 1), filter));
  } else if (IsRegex(matcher) && names_values && !matcher.regex().literal_choices().empty()) {
    TOCSIN_RETURN_IF_ERROR(
        LookUp(index, matcher.name(), matcher.regex().literal_choices(), filter));
  } else {
    TOCSIN_RETURN_IF_ERROR(Scan(index, matcher, filter.keeps_carriers, filter));
  }
  for (const PostingsView list : filter.lists) filter.posting_count += list.size();
  return filter;
}

std::vector<PostingId> Begin(const PairFilter& filter) {
  if (filter.lists.size() != 1) return UnitePostings(filter.lists);
  std::vector<PostingId> ids;
  filter.lists.front().AppendTo(ids);
  return ids;
}

void Apply(const PairFilter& filter, std::vector<PostingId>& ids) {
  if (filter.keeps_carriers) {
    filter.lists.size() == 1 ? IntersectPostings(ids, filter.lists.front())
                             : IntersectIds(ids, UnitePostings(filter.lists));
  } else if (filter.lists.size() <= kFewLists) {
    for (const PostingsView list : filter.lists) SubtractPostings(ids, list);
  } else {
    SubtractIds(ids, UnitePostings(filter.lists));
  }
}

std::vector<PostingId> Combine(std::span<const PairFilter> filters, PostingsView all) {
  std::vector<PostingId> ids;
  size_t applied = 0;
  if (!filters.empty() && filters.front().keeps_carriers) {
    ids = Begin(filters.front());
    applied = 1;
  } else {
    all.AppendTo(ids);
  }
  for (; applied < filters.size() && !ids.empty(); ++applied) Apply(filters[applied], ids);
  return ids;
}

}  // namespace

Result<std::vector<PostingId>> SelectFromIndex(const IndexReader& index,
                                               std::span<const Matcher> matchers) {
  std::vector<PairFilter> filters;
  for (const Matcher& matcher : matchers) {
    TOCSIN_ASSIGN_OR_RETURN(PairFilter filter, MakeFilter(index, matcher));
    if (filter.keeps_carriers && filter.lists.empty()) return std::vector<PostingId>();
    if (!filter.lists.empty()) filters.push_back(std::move(filter));
  }
  // The filter that leaves fewest goes first.
  std::ranges::sort(filters, [](const PairFilter& a, const PairFilter& b) {
    if (a.keeps_carriers != b.keeps_carriers) return a.keeps_carriers;
    return a.posting_count < b.posting_count;
  });
  PostingsView all;
  if (filters.empty() || !filters.front().keeps_carriers) {
    TOCSIN_ASSIGN_OR_RETURN(all, index.AllPostings());
  }
  return Combine(filters, all);
}

}  // namespace tocsin::tsdb

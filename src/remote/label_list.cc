#include "remote/label_list.h"

#include <algorithm>

namespace tocsin::remote {
namespace {

// What Labels can encode; nobody has labels that long.
constexpr size_t kMaxStringBytes = (size_t{1} << 24) - 1;

bool IsValidLabel(const LabelView& label) {
  if (label.name.size() > kMaxStringBytes || label.value.size() > kMaxStringBytes) return false;
  if (label.name == kMetricNameLabel) return IsValidUtf8Name(label.value);
  return IsValidUtf8Name(label.name) && IsValidUtf8(label.value);
}

}  // namespace

void LabelList::Sort() { std::ranges::stable_sort(labels_, {}, &LabelView::name); }

LabelList::Verdict LabelList::Check() const {
  const bool has_name = std::ranges::any_of(
      labels_, [](const LabelView& label) { return label.name == kMetricNameLabel; });
  if (!has_name || !std::ranges::all_of(labels_, IsValidLabel)) return Verdict::kInvalid;
  return DuplicateName().empty() ? Verdict::kValid : Verdict::kDuplicate;
}

std::string_view LabelList::DuplicateName() const {
  const auto at = std::ranges::adjacent_find(labels_, {}, &LabelView::name);
  return at == labels_.end() ? std::string_view() : at->name;
}

std::string LabelList::ToString() const {
  std::string out = "{";
  for (const LabelView& label : labels_) {
    if (out.size() > 1) out += ", ";
    if (IsLegacyLabelName(label.name)) {
      out += label.name;
    } else {
      AppendGoQuoted(out, label.name);
    }
    out += '=';
    AppendGoQuoted(out, label.value);
  }
  return out + "}";
}

Labels LabelList::Build() const {
  std::string encoded;
  for (const LabelView& label : labels_) {
    if (label.value.empty()) continue;
    AppendLabelString(encoded, label.name);
    AppendLabelString(encoded, label.value);
  }
  return Labels::FromEncoded(std::move(encoded));
}

Labels LabelList::BuildExemplar() const {
  std::string encoded;
  std::string_view last;
  for (const LabelView& label : labels_) {
    if (label.value.empty() || (!encoded.empty() && label.name == last)) continue;
    AppendLabelString(encoded, label.name.substr(0, kMaxStringBytes));
    AppendLabelString(encoded, label.value.substr(0, kMaxStringBytes));
    last = label.name;
  }
  return Labels::FromEncoded(std::move(encoded));
}

}  // namespace tocsin::remote

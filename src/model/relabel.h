#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/labels.h"
#include "model/regex.h"

namespace tocsin {

/// One step of relabel_configs, with Prometheus' defaults (model/relabel/relabel.go). Value type.
struct RelabelRule {
  enum class Action {
    kReplace,
    kKeep,
    kDrop,
    kKeepEqual,
    kDropEqual,
    kHashMod,
    kLabelMap,
    kLabelDrop,
    kLabelKeep,
    kLowercase,
    kUppercase,
  };
  std::vector<std::string> source_labels;
  std::string separator = ";";
  std::string target_label;
  Regex regex;  ///< MakeRelabelRegex("(.*)") unless configured.
  uint64_t modulus = 0;
  std::string replacement = "$1";
  Action action = Action::kReplace;
};

/// Applies `rules` in order. False: the target or series is dropped, and `labels` is unspecified.
bool Relabel(std::span<const RelabelRule> rules, LabelsBuilder& labels);

}  // namespace tocsin

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "discovery/kubernetes_objects.h"
#include "model/labels.h"

namespace tocsin::discovery::kubernetes {

/// `text` with what a classic label name may not hold turned into "_".
std::string SanitizeLabelName(std::string_view text);

/// Collects the labels of a target or a group. Later ones win. Confined to a thread.
class LabelList {
 public:
  void SetPlain(std::string_view name, std::string_view value) {
    labels_.emplace_back(name, value);
  }
  /// `name` after "__meta_kubernetes_".
  void Set(std::string_view name, std::string_view value);
  /// KIND_label_*, KIND_labelpresent_*, KIND_annotation_* and KIND_annotationpresent_*.
  void SetAnnotationsAndLabels(std::string_view kind, const ObjectMeta& meta);
  /// The same and KIND_name.
  void SetObject(std::string_view kind, const ObjectMeta& meta);
  /// Everything about a pod but its containers.
  void SetPod(const Pod& pod);
  /// Name, image, and whether it is for initialization.
  void SetContainer(const Container& container);
  void SetContainerPort(const ContainerPort& port, std::string_view protocol);

  Labels Build() const { return Labels::FromPairs(labels_); }

 private:
  std::vector<std::pair<std::string, std::string>> labels_;
};

}  // namespace tocsin::discovery::kubernetes

#include "discovery/kubernetes_labels.h"

namespace tocsin::discovery::kubernetes {
namespace {

constexpr std::string_view kPrefix = "__meta_kubernetes_";

}  // namespace

std::string SanitizeLabelName(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool is_kept =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    // One mark a character, not one a byte of it.
    const bool is_continuation = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
    if (!is_continuation) name += is_kept ? c : '_';
  }
  return name;
}

void LabelList::Set(std::string_view name, std::string_view value) {
  labels_.emplace_back(std::string(kPrefix).append(name), value);
}

void LabelList::SetAnnotationsAndLabels(std::string_view kind, const ObjectMeta& meta) {
  const auto add = [&](std::string_view what, const StringMap& pairs) {
    for (const auto& [key, value] : pairs) {
      const std::string name = SanitizeLabelName(key);
      Set(std::string(kind).append(what).append("_").append(name), value);
      Set(std::string(kind).append(what).append("present_").append(name), "true");
    }
  };
  add("_label", meta.labels);
  add("_annotation", meta.annotations);
}

void LabelList::SetObject(std::string_view kind, const ObjectMeta& meta) {
  Set(std::string(kind).append("_name"), meta.name);
  SetAnnotationsAndLabels(kind, meta);
}

void LabelList::SetPod(const Pod& pod) {
  Set("pod_ip", pod.ip);
  Set("pod_ready", pod.ready);
  Set("pod_phase", pod.phase);
  Set("pod_node_name", pod.node_name);
  Set("pod_host_ip", pod.host_ip);
  Set("pod_uid", pod.meta.uid);
  Set("pod_controller_kind", pod.meta.controller_kind);
  Set("pod_controller_name", pod.meta.controller_name);
  SetObject("pod", pod.meta);
}

void LabelList::SetContainer(const Container& container) {
  Set("pod_container_name", container.name);
  Set("pod_container_image", container.image);
  Set("pod_container_init", container.is_init ? "true" : "false");
}

void LabelList::SetContainerPort(const ContainerPort& port, std::string_view protocol) {
  Set("pod_container_port_name", port.name);
  Set("pod_container_port_number", port.number);
  Set("pod_container_port_protocol", protocol);
}

}  // namespace tocsin::discovery::kubernetes

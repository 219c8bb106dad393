#pragma once

#include <span>
#include <string_view>

namespace tocsin::app {

/// A file compiled into the binary.
struct EmbeddedFile {
  std::string_view name;
  std::string_view content;
};

/// The rule files of rules/, without their tests.
std::span<const EmbeddedFile> EmbeddedRules();

}  // namespace tocsin::app

#include "config/environment.h"

#include <gtest/gtest.h>

namespace tocsin::config {
namespace {

std::string Expand(std::string_view text) {
  return ExpandVariables(text, [](const std::string& name) -> std::string {
    return name == "HOME" ? "/root" : name == "1" ? "one" : "";
  });
}

// Cases of Go's os.Expand.
TEST(EnvironmentTest, ExpandsAsGoDoes) {
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"$HOME", "/root"},
                                                       {"${HOME}", "/root"},
                                                       {"a$HOME/b", "a/root/b"},
                                                       {"$$HOME", "$HOME"},
                                                       {"${$}", "$"},
                                                       {"$NOPE", ""},
                                                       {"x$", "x$"},
                                                       {"$1", "one"},
                                                       {"${1}x", "onex"},
                                                       {"${}", ""},
                                                       {"${x", "x"},
                                                       {"$ a", "$ a"},
                                                       {"$(x)", "$(x)"}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(Expand(text), expected) << text;
}

}  // namespace
}  // namespace tocsin::config

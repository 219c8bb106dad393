// Any text must parse or be refused, and what parses must run within its bounds.
#include <cstdint>
#include <string_view>

#include "template/template.h"

using tocsin::Result;
using tocsin::templates::FunctionTable;
using tocsin::templates::List;
using tocsin::templates::Map;
using tocsin::templates::Template;
using tocsin::templates::Time;
using tocsin::templates::Value;

namespace {

Value Data() {
  Map data;
  data.entries = {{"S", "text"},
                  {"L", List{"a", 1, 2.5, Value()}},
                  {"M", Value::StringMap({{"x", "1"}})},
                  {"T", Time::FromUnixNs(1'700'000'000'000'000'000)},
                  {"I", 3}};
  return data;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const FunctionTable functions = {{"id", [](std::span<const Value> arguments) -> Result<Value> {
                                      return arguments.empty() ? Value() : arguments[0];
                                    }}};
  auto parsed = Template::Parse("fuzz", text, functions, {.max_output_bytes = 1 << 16});
  if (parsed) (void)parsed->Execute(Data());
  return 0;
}

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

/// Appends JSON text to a string the caller owns: commas and nesting are kept, escaping is Go's
/// (encoding/json), with or without its HTML escapes. Confined to a thread.
class JsonWriter {
 public:
  enum class Escape {
    kHtml,   ///< also < > & U+2028 U+2029 as \u00XX: Go's json.Marshal
    kPlain,  ///< only what JSON demands
  };
  explicit JsonWriter(std::string& out, Escape escape = Escape::kHtml)
      : out_(out), escape_(escape) {}

  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }
  /// The key of the next value.
  void Key(std::string_view key);
  void String(std::string_view value);
  void Int(int64_t value);
  void Uint(uint64_t value);
  /// A number as Go's json.Marshal prints float64; NaN and infinities become null.
  void Double(double value);
  void Bool(bool value);
  void Null();
  /// Text that already is a JSON value.
  void Raw(std::string_view json);

  void KeyString(std::string_view key, std::string_view value) { Key(key), String(value); }
  void KeyInt(std::string_view key, int64_t value) { Key(key), Int(value); }
  void KeyDouble(std::string_view key, double value) { Key(key), Double(value); }
  void KeyBool(std::string_view key, bool value) { Key(key), Bool(value); }

  std::string& out() { return out_; }

 private:
  void Separate() {
    if (needs_comma_) out_.push_back(',');
    needs_comma_ = true;
  }
  void Open(char bracket) {
    Separate();
    out_.push_back(bracket);
    needs_comma_ = false;
  }
  void Close(char bracket) {
    out_.push_back(bracket);
    needs_comma_ = true;
  }

  std::string& out_;
  Escape escape_;
  bool needs_comma_ = false;
};

/// Appends `value` as a quoted JSON string; invalid UTF-8 becomes U+FFFD as in Go.
void AppendJsonString(std::string& out, std::string_view value, JsonWriter::Escape escape);

}  // namespace tocsin

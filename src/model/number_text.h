#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tocsin {

// Numbers as Go prints and reads them: what users see must not differ in a digit.

/// strconv.FormatFloat(v, 'f', -1, 64): shortest digits that read back, never an exponent.
/// NaN, +Inf, -Inf.
void AppendFloatFixed(std::string& out, double value);
/// strconv.FormatFloat(v, 'e', -1, 64): "1e+00", "1.5e-07".
void AppendFloatExponent(std::string& out, double value);
/// strconv.FormatFloat(v, 'g', -1, 64): exponent below 1e-4 and from 1e6 on, as fmt's %v.
void AppendFloatGeneral(std::string& out, double value);
/// The value text of the HTTP API: fixed, or exponent when 0 < |v| < 1e-6 or |v| >= 1e21.
void AppendFloatApi(std::string& out, double value);
/// A timestamp of the HTTP API: 1.5 s is "1.500", whole seconds have no dot.
void AppendTimestampApi(std::string& out, int64_t timestamp_ms);

std::string FormatFloatFixed(double value);
std::string FormatFloatExponent(double value);
std::string FormatFloatGeneral(double value);

/// strconv.ParseFloat(text, 64) for whole strings: decimal, hex with p exponent, inf, infinity, nan
/// in any case, underscores refused. Out-of-range text is ±Inf as value with `nullopt` (Go's
/// error), tiny is 0.
std::optional<double> ParseGoFloat(std::string_view text);

}  // namespace tocsin

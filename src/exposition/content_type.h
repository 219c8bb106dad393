#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::exposition {

/// The formats that a page can come in.
enum class Format : uint8_t { kText, kOpenMetrics, kProtobuf };

/// A page's format, and what to complain about when it had to be assumed.
struct FormatChoice {
  Format format = Format::kText;
  std::string warning;  ///< "" when the Content-Type was fine.
};

/// The format that `content_type` names or, if it is blank, malformed or unknown, that of
/// `fallback_protocol` ("PrometheusText0.0.4", …; "" is none). kInvalidArgument, with Prometheus'
/// texts, when neither helps: since version 3 such a scrape fails.
Result<FormatChoice> ChooseFormat(std::string_view content_type,
                                  std::string_view fallback_protocol);

/// The Accept header for `protocols` (as in scrape_protocols, the most wanted first), with
/// qualities falling from 0.6 as Prometheus sends them; names it does not know are left out.
/// `escaping_scheme` as in "allow-utf-8" goes to the text formats of version 1.0.0.
std::string AcceptHeader(std::span<const std::string> protocols, std::string_view escaping_scheme);

}  // namespace tocsin::exposition

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tocsin::config {

/// Parses "512MB", "1.5GiB": units B, KB…EB and KiB…EiB, all powers of 1024, a unit required.
Result<uint64_t> ParseByteSize(std::string_view text);

/// "15MiB"; sizes that are no whole unit come in parts: "1GiB512MiB".
std::string FormatByteSize(uint64_t bytes);

}  // namespace tocsin::config

#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "http/client.h"
#include "scraper/scrape_settings.h"
#include "scraper/target.h"

namespace tocsin::scraper {

/// A page is read into memory whole. With no body_size_limit a target that never stops sending must
/// not take the server down: no honest page comes near this.
inline constexpr uint64_t kMaxBodyBytes = uint64_t{256} << 20;

/// The request that fetches a target's page, with Prometheus' headers.
http::ClientRequest MakeScrapeRequest(const Target& target, const ScrapeSettings& settings);

/// Whether an answer is a page that may be parsed: status 200 and, once a compressed body is
/// decoded, within the body limit. Decoding is the dearest part of a scrape, so it is done here, on
/// a worker. Texts are those that Prometheus shows as a target's last error; kTooLarge is the body
/// limit.
Status OpenScrapeResponse(Result<http::ClientResponse>& response, const ScrapeSettings& settings);

}  // namespace tocsin::scraper

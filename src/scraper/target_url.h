#pragma once

#include <string>
#include <string_view>

#include "config/scrape_config.h"
#include "model/labels.h"

namespace tocsin::scraper {

/// The URL that the labels of a target and the params of its job make, printed as Go's net/url
/// does.
std::string MakeTargetUrl(const Labels& labels, const config::ScrapeConfig& config);

/// Where this server can be reached from outside.
struct GlobalUrlOptions {
  std::string listen_address;  ///< ":9090"
  std::string external_host;   ///< "host:port" of the external URL
  std::string external_scheme;
};

/// The URL with a host that means this machine replaced by one that others understand.
std::string MakeGlobalUrl(const std::string& url, const GlobalUrlOptions& options);

}  // namespace tocsin::scraper

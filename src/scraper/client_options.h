#pragma once

#include "base/result.h"
#include "config/http_client_config.h"
#include "http/client.h"

namespace tocsin::scraper {

/// The options that a job's http client block asks for. kInvalidArgument names what the client
/// cannot do yet.
Result<http::ClientOptions> MakeClientOptions(const config::HttpClientConfig& config);

}  // namespace tocsin::scraper

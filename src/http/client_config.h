#pragma once

#include "base/result.h"
#include "config/http_client_config.h"
#include "http/client.h"

namespace tocsin::http {

/// The options that an http client block of a configuration asks for. kInvalidArgument names what
/// the client cannot do.
Result<ClientOptions> MakeClientOptions(const config::HttpClientConfig& config);

}  // namespace tocsin::http

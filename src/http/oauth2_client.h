#pragma once

#include <memory>

#include "base/clock.h"
#include "http/client.h"

namespace tocsin::http {

/// A client that gives requests whose options have `oauth2` a bearer token: fetched with the client
/// credentials grant (RFC 6749, §4.4) when the first request asks, used until ten seconds before
/// its end. Requests wait for a fetch without a thread; a fetch that fails fails them with
/// `oauth2: cannot fetch token: …`, and the next request tries again. `clock` outlives it.
std::unique_ptr<IoClient> WithOAuth2(std::unique_ptr<IoClient> inner, const Clock& clock);

}  // namespace tocsin::http

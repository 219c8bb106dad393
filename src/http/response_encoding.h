#pragma once

#include "http/message.h"

namespace tocsin::http {

/// Compresses the body or stream of `response` with gzip or deflate, whichever the client names
/// first, if it names one and the body is worth it. Leaves answers alone that say how they are
/// encoded already.
void EncodeResponse(const Request& request, Response& response);

}  // namespace tocsin::http

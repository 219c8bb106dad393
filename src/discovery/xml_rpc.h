#pragma once

#include <string>
#include <string_view>

#include "base/json_value.h"
#include "base/result.h"

namespace tocsin::discovery {

// XML-RPC, with JSON's values for its own: scalars, lists and objects.

/// The body that calls `method` with `parameters`: strings, integers and lists of them.
std::string MakeXmlRpcCall(std::string_view method, const JsonValue::Array& parameters);

/// The value in a response. kUnavailable with the server's words when it is a fault,
/// kInvalidArgument when it is no response.
Result<JsonValue> ParseXmlRpcResponse(std::string_view body);

}  // namespace tocsin::discovery

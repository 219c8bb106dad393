#pragma once

#include <map>
#include <string>
#include <vector>

#include "promql/ast.h"
#include "promql/row_source.h"

namespace tocsin::promql {

/// What the second argument of info() asks for.
struct InfoRequest {
  std::vector<Matcher> name_matchers;  ///< Which metrics are info metrics.
  /// By label: which values the info series must have. If there are any, only these labels are
  /// added; else all.
  std::map<std::string, std::vector<Matcher>> data_matchers;
};

/// `selector` may be null: all labels of target_info.
InfoRequest MakeInfoRequest(const VectorSelector* selector);

/// The matchers of the info series that may belong to some of `base`; none if none can.
std::vector<Matcher> InfoMatchers(const InfoRequest& request, const SeriesTable& base);

/// `base` with the labels of the info series of the same instance and job. `info` has the times in
/// seconds of the info series' samples; of two that match the one with the newer sample counts.
Result<FramePtr> JoinInfo(QueryContext& context, const InfoRequest& request, const Frame& base,
                          const Frame& info);

}  // namespace tocsin::promql

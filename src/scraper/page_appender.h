#pragma once

#include <string_view>

#include "base/result.h"
#include "exposition/content_type.h"
#include "scraper/sample_intake.h"

namespace tocsin::scraper {

/// Puts one page into an open row: the line between receiving and storing. Reads to the page's end
/// or its first error: bad syntax, invalid labels, an exceeded limit. After an error nothing of it
/// may be kept: the caller aborts the row. `counts` tells how far it came either way.
Status AppendPage(const PageTarget& target, exposition::Format format, std::string_view page,
                  PageCounts& counts);

}  // namespace tocsin::scraper

#pragma once

#include <functional>
#include <string>

#include "config/time_interval.h"
#include "config/yaml_reader.h"
#include "config/yaml_writer.h"

namespace tocsin::config {

/// Accepts names of time zones; empty: every name.
using TimeZoneCheck = std::function<bool(const std::string& name)>;

/// Reads one entry of time_intervals, checking its name and its ranges.
void ReadNamedTimeInterval(ConfigReader& reader, const YamlNode& node, const TimeZoneCheck& zones,
                           NamedTimeInterval& out);

bool WriteValue(YamlNode& out, const NamedTimeInterval& interval);

}  // namespace tocsin::config

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "alertmanager/notification_entry.h"
#include "alertmanager/silence.h"
#include "base/result.h"

namespace tocsin::alertmanager {

// Alertmanager's own files `silences` and `nflog`: protobuf messages, each behind its length as a
// uvarint. Both products read what the other wrote. Decoders are bounded by their input and refuse
// malformed bytes with kCorruption.

/// silencepb.MeshSilence, with `expires_at_ns` as the time from which it may be forgotten.
struct MeshSilence {
  Silence silence;
  int64_t expires_at_ns = 0;
};

std::string EncodeMeshSilence(const MeshSilence& silence);
Result<MeshSilence> DecodeMeshSilence(std::string_view message);

/// nflogpb.MeshEntry.
std::string EncodeMeshEntry(const NotificationEntry& entry);
Result<NotificationEntry> DecodeMeshEntry(std::string_view message);

/// Appends `message` behind its length.
void AppendDelimited(std::string& out, std::string_view message);
/// The messages of a file, borrowed from it.
Result<std::vector<std::string_view>> SplitDelimited(std::string_view file);

}  // namespace tocsin::alertmanager

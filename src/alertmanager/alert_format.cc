// Protobuf wire format, with numbers as two's complement varints:
//
//   file   := "tocsin-alerts 1\n" batch
//   batch  := written_at=1 alert=2*
//   alert  := label=1* annotation=2* starts_at=3 ends_at=4 updated_at=5 is_timeout=6
//             generator_url=7 starts_at_offset=8 ends_at_offset=9
//   label  := name=1 value=2                      annotation alike; both in order of names
#include "alertmanager/alert_format.h"

#include <map>

#include "alertmanager/protobuf_wire.h"

namespace tocsin::alertmanager {

namespace {

constexpr std::string_view kHeader = "tocsin-alerts 1\n";

Error Corrupt(std::string_view what) {
  return Errorf(ErrorCode::kCorruption, "malformed {}", what);
}

void EncodeLabels(ProtobufWriter& writer, uint32_t field, const Labels& labels) {
  for (const LabelView label : labels) {
    std::string pair;
    ProtobufWriter(pair).Bytes(1, label.name);
    ProtobufWriter(pair).Bytes(2, label.value);
    writer.Message(field, pair);
  }
}

std::string EncodeAlert(const StoredAlert& alert) {
  std::string out;
  ProtobufWriter writer(out);
  EncodeLabels(writer, 1, alert.labels);
  EncodeLabels(writer, 2, alert.annotations);
  writer.Uint(3, static_cast<uint64_t>(alert.starts_at_ns));
  writer.Uint(4, static_cast<uint64_t>(alert.ends_at_ns));
  writer.Uint(5, static_cast<uint64_t>(alert.updated_at_ns));
  writer.Uint(6, alert.is_timeout ? 1 : 0);
  writer.Bytes(7, alert.generator_url);
  writer.Uint(8, static_cast<uint64_t>(int64_t{alert.starts_at_offset_seconds}));
  writer.Uint(9, static_cast<uint64_t>(int64_t{alert.ends_at_offset_seconds}));
  return out;
}

using Pairs = std::map<std::string, std::string>;

bool DecodePair(std::string_view message, Pairs& pairs) {
  std::string name;
  std::string value;
  ProtobufReader reader(message);
  while (reader.Next()) {
    if (reader.field() == 1) name = reader.bytes();
    if (reader.field() == 2) value = reader.bytes();
  }
  constexpr size_t kMaxLabelBytes = (size_t{1} << 24) - 1;  // What the encoding of Labels holds.
  if (reader.failed() || name.size() > kMaxLabelBytes || value.size() > kMaxLabelBytes)
    return false;
  pairs.insert_or_assign(std::move(name), std::move(value));
  return true;
}

// Annotations may be empty, so this does not go through LabelsBuilder.
Labels ToLabels(const Pairs& pairs) {
  std::string encoded;
  for (const auto& [name, value] : pairs) {
    AppendLabelString(encoded, name);
    AppendLabelString(encoded, value);
  }
  return Labels::FromEncoded(std::move(encoded));
}

Result<StoredAlert> DecodeAlert(std::string_view message) {
  StoredAlert alert;
  Pairs labels;
  Pairs annotations;
  bool is_good = true;
  ProtobufReader reader(message);
  while (reader.Next() && is_good) {
    const auto number = static_cast<int64_t>(reader.number());
    switch (reader.field()) {
      case 1:
        is_good = DecodePair(reader.bytes(), labels);
        break;
      case 2:
        is_good = DecodePair(reader.bytes(), annotations);
        break;
      case 3:
        alert.starts_at_ns = number;
        break;
      case 4:
        alert.ends_at_ns = number;
        break;
      case 5:
        alert.updated_at_ns = number;
        break;
      case 6:
        alert.is_timeout = number != 0;
        break;
      case 7:
        alert.generator_url = reader.bytes();
        break;
      case 8:
        alert.starts_at_offset_seconds = static_cast<int32_t>(number);
        break;
      case 9:
        alert.ends_at_offset_seconds = static_cast<int32_t>(number);
        break;
      default:
        break;
    }
  }
  if (reader.failed() || !is_good || labels.empty()) return Corrupt("alert");
  alert.labels = ToLabels(labels);
  alert.annotations = ToLabels(annotations);
  alert.Finish();
  return alert;
}

}  // namespace

std::string EncodeAlertBatch(const AlertBatch& batch) {
  std::string out;
  ProtobufWriter writer(out);
  writer.Uint(1, static_cast<uint64_t>(batch.written_at_ns));
  for (const StoredAlert& alert : batch.alerts) writer.Message(2, EncodeAlert(alert));
  return out;
}

Result<AlertBatch> DecodeAlertBatch(std::string_view bytes) {
  AlertBatch batch;
  ProtobufReader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == 1) batch.written_at_ns = static_cast<int64_t>(reader.number());
    if (reader.field() != 2) continue;
    TOCSIN_ASSIGN_OR_RETURN(StoredAlert alert, DecodeAlert(reader.bytes()));
    batch.alerts.push_back(std::move(alert));
  }
  if (reader.failed()) return Corrupt("batch of alerts");
  return batch;
}

std::string EncodeAlertFile(const AlertBatch& batch) {
  return std::string(kHeader) + EncodeAlertBatch(batch);
}

Result<AlertBatch> DecodeAlertFile(std::string_view bytes) {
  if (!bytes.starts_with(kHeader)) return Corrupt("file of alerts: unknown version");
  return DecodeAlertBatch(bytes.substr(kHeader.size()));
}

}  // namespace tocsin::alertmanager

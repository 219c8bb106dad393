#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/http_client_config.h"
#include "config/yaml_node.h"
#include "model/labels.h"
#include "model/relabel.h"

namespace tocsin::config {

// Remote storage, OTLP and tracing: read and validated, so that a file loads and shows as it
// should. Value types.

struct RemoteQueueConfig {
  int64_t capacity = 10000;
  int64_t max_shards = 50;
  int64_t min_shards = 1;
  int64_t max_samples_per_send = 2000;
  std::chrono::milliseconds batch_send_deadline = std::chrono::seconds(5);
  std::chrono::milliseconds min_backoff{30};
  std::chrono::milliseconds max_backoff = std::chrono::seconds(5);
  bool retry_on_http_429 = false;
  std::chrono::milliseconds sample_age_limit{0};
};

struct RemoteMetadataConfig {
  bool send = true;
  std::chrono::milliseconds send_interval = std::chrono::minutes(1);
  int64_t max_samples_per_send = 2000;
};

struct RemoteWriteConfig {
  std::string url;
  std::chrono::milliseconds remote_timeout = std::chrono::seconds(30);
  std::map<std::string, std::string> headers;
  std::vector<RelabelRule> write_relabel_configs;
  std::string name;
  bool send_exemplars = false;
  bool send_native_histograms = false;
  bool round_robin_dns = false;
  std::string protobuf_message = "prometheus.WriteRequest";
  HttpClientConfig http_client;
  RemoteQueueConfig queue_config;
  RemoteMetadataConfig metadata_config;
  std::optional<YamlNode> sigv4, azuread, google_iam;  ///< As written.
};

struct RemoteReadConfig {
  std::string url;
  std::chrono::milliseconds remote_timeout = std::chrono::minutes(1);
  uint64_t chunked_read_limit_bytes = 50'000'000;
  std::map<std::string, std::string> headers;
  bool read_recent = false;
  std::string name;
  HttpClientConfig http_client;
  Labels required_matchers;
  bool filter_external_labels = true;
};

struct OtlpConfig {
  bool promote_all_resource_attributes = false;
  std::vector<std::string> promote_resource_attributes;
  std::vector<std::string> ignore_resource_attributes;
  std::string translation_strategy = "UnderscoreEscapingWithSuffixes";
  bool keep_identifying_resource_attributes = false;
  bool convert_histograms_to_nhcb = false;
  bool promote_scope_metadata = false;
  bool label_name_underscore_sanitization = true;
  bool label_name_preserve_multiple_underscores = true;
};

struct TracingConfig {
  std::string client_type = "grpc";
  std::string endpoint;
  double sampling_fraction = 0;
  bool insecure = false;
  TlsConfig tls_config;
  std::map<std::string, std::string> headers;
  std::string compression;
  std::chrono::milliseconds timeout{0};
};

}  // namespace tocsin::config

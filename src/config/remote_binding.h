#pragma once

#include "config/discovery_binding.h"
#include "config/http_client_binding.h"
#include "config/relabel_binding.h"
#include "config/remote_config.h"

namespace tocsin::config {

void Validate(MappingReader& at, RemoteQueueConfig& queue);
void Validate(MappingReader& at, RemoteWriteConfig& write);
void Validate(MappingReader& at, RemoteReadConfig& read);
void Validate(MappingReader& at, OtlpConfig& otlp);
void Validate(MappingReader& at, TracingConfig& tracing);

template <typename Archive>
void Describe(Archive& archive, RemoteQueueConfig& queue) {
  archive.Field("capacity", queue.capacity);
  archive.Field("max_shards", queue.max_shards);
  archive.Field("min_shards", queue.min_shards);
  archive.Field("max_samples_per_send", queue.max_samples_per_send);
  archive.Field("batch_send_deadline", queue.batch_send_deadline);
  archive.Field("min_backoff", queue.min_backoff);
  archive.Field("max_backoff", queue.max_backoff);
  archive.Field("retry_on_http_429", queue.retry_on_http_429);
  archive.Field("sample_age_limit", queue.sample_age_limit);
}

template <typename Archive>
void Describe(Archive& archive, RemoteMetadataConfig& metadata) {
  archive.Field("send", metadata.send, Show::kAlways);
  archive.Field("send_interval", metadata.send_interval, Show::kAlways);
  archive.Field("max_samples_per_send", metadata.max_samples_per_send);
}

template <typename Archive>
void Describe(Archive& archive, RemoteWriteConfig& write) {
  archive.Field("url", Url{write.url}, Show::kAlways);
  archive.Field("remote_timeout", write.remote_timeout);
  archive.Field("headers", write.headers);
  archive.Field(
      "write_relabel_configs",
      NonNull(write.write_relabel_configs, "empty or null relabeling rule in remote write config"));
  archive.Field("name", write.name);
  archive.Field("send_exemplars", write.send_exemplars);
  archive.Field("send_native_histograms", write.send_native_histograms);
  archive.Field("round_robin_dns", write.round_robin_dns);
  archive.Field("protobuf_message",
                Choice{write.protobuf_message,
                       {"prometheus.WriteRequest", "io.prometheus.write.v2.Request"},
                       "invalid protobuf_message value: unknown type for remote write protobuf "
                       "message {}, supported: prometheus.WriteRequest, "
                       "io.prometheus.write.v2.Request"});
  DescribeHttpClient(archive, write.http_client);
  archive.Field("queue_config", write.queue_config);
  archive.Field("metadata_config", write.metadata_config);
  archive.Field("sigv4", write.sigv4);
  archive.Field("azuread", write.azuread);
  archive.Field("google_iam", write.google_iam);
}

template <typename Archive>
void Describe(Archive& archive, RemoteReadConfig& read) {
  archive.Field("url", Url{read.url}, Show::kAlways);
  archive.Field("remote_timeout", read.remote_timeout);
  archive.Field("chunked_read_limit", read.chunked_read_limit_bytes);
  archive.Field("headers", read.headers);
  archive.Field("read_recent", read.read_recent);
  archive.Field("name", read.name);
  DescribeHttpClient(archive, read.http_client);
  if constexpr (Archive::kIsReader) {
    if (const YamlNode* matchers = archive.Take("required_matchers"))
      ReadLabels(archive.reader(), *matchers, read.required_matchers);
  } else {
    archive.Field("required_matchers", read.required_matchers);
  }
  archive.Field("filter_external_labels", read.filter_external_labels);
}

template <typename Archive>
void Describe(Archive& archive, OtlpConfig& otlp) {
  archive.Field("promote_all_resource_attributes", otlp.promote_all_resource_attributes);
  archive.Field("promote_resource_attributes", otlp.promote_resource_attributes);
  archive.Field("ignore_resource_attributes", otlp.ignore_resource_attributes);
  archive.Field("translation_strategy", otlp.translation_strategy);
  archive.Field("keep_identifying_resource_attributes", otlp.keep_identifying_resource_attributes);
  archive.Field("convert_histograms_to_nhcb", otlp.convert_histograms_to_nhcb);
  archive.Field("promote_scope_metadata", otlp.promote_scope_metadata);
  archive.Field("label_name_underscore_sanitization", otlp.label_name_underscore_sanitization);
  archive.Field("label_name_preserve_multiple_underscores",
                otlp.label_name_preserve_multiple_underscores);
}

template <typename Archive>
void Describe(Archive& archive, TracingConfig& tracing) {
  archive.Field("client_type", Choice{tracing.client_type,
                                      {"http", "grpc"},
                                      "expected tracing client type to be to be http or grpc, but "
                                      "got {}"});
  archive.Field("endpoint", tracing.endpoint);
  archive.Field("sampling_fraction", tracing.sampling_fraction);
  archive.Field("insecure", tracing.insecure);
  archive.Field("tls_config", tracing.tls_config);
  archive.Field("headers", tracing.headers);
  archive.Field("compression", tracing.compression);
  archive.Field("timeout", tracing.timeout);
}

}  // namespace tocsin::config

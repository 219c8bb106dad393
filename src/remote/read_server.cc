#include "remote/read_server.h"

#include <memory>
#include <protozero/pbf_writer.hpp>

#include "base/compression.h"
#include "remote/chunk_stream.h"
#include "remote/read_messages.h"

namespace tocsin::remote {
namespace {

ReadAnswer Refuse(int status, const std::string& why) {
  ReadAnswer answer;
  answer.status = status;
  answer.content_type = "text/plain; charset=utf-8";
  answer.body = why + "\n";
  return answer;
}

ReadAnswer Refuse(const Error& error) {
  return Refuse(error.code() == ErrorCode::kTooLarge ? 400 : 500, error.message());
}

// What a response's stream needs while it lasts.
struct StreamState {
  ChunkStream chunks;
  std::shared_ptr<ReadGate::Place> place;
  std::string first_piece = {};
  bool is_started = false;
  bool has_failed = false;
};

// As upstream, an error after the first frame is its text in place of a frame, which no client
// takes for one: to end in good order would make an incomplete answer look complete.
bool NextPiece(StreamState& state, std::string& piece) {
  if (!std::exchange(state.is_started, true)) {
    piece.swap(state.first_piece);
    return !piece.empty();
  }
  if (state.has_failed) return false;
  if (const Status status = state.chunks.Next(piece); !status) {
    state.has_failed = true;
    piece = status.error().message() + "\n";
  }
  return !piece.empty();
}

}  // namespace

ReadServer::ReadServer(storage::Queryable& storage, std::function<Labels()> external_labels,
                       telemetry::Registry& registry, ReadServerOptions options)
    : storage_(storage),
      external_labels_(std::move(external_labels)),
      options_(options),
      gate_(options.concurrent_limit,
            registry.AddGauge("prometheus_remote_read_handler_queries",
                              "The current number of remote read queries that are either in "
                              "execution or queued on the handler.")) {}

ReadAnswer ReadServer::Answer(std::string_view body, const CancelToken* cancel) {
  auto place = gate_.Enter(cancel);
  if (!place) return Refuse(place.error());
  Result<ReadRequest> request = DecodeReadRequest(body, options_.max_decoded_bytes);
  if (!request) return Refuse(400, request.error().message());
  const Result<ReadResponseType> type = NegotiateResponseType(request->accepted_types);
  if (!type) return Refuse(400, type.error().message());
  const Labels external = external_labels_ ? external_labels_() : Labels();
  if (*type == ReadResponseType::kSamples) return AnswerSamples(*request, external, cancel);

  auto state = std::make_shared<StreamState>(
      StreamState{ChunkStream(storage_, *request, external, options_.max_bytes_in_frame, cancel),
                  std::move(*place)});
  if (const Status status = state->chunks.Next(state->first_piece); !status) {
    const bool can_fall_back = status.error().code() == ErrorCode::kUnimplemented &&
                               AcceptsSamples(request->accepted_types);
    return can_fall_back ? AnswerSamples(*request, external, cancel) : Refuse(status.error());
  }
  ReadAnswer answer;
  answer.content_type = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";
  answer.stream = [state](std::string& piece) { return NextPiece(*state, piece); };
  return answer;
}

ReadAnswer ReadServer::AnswerSamples(const ReadRequest& request, const Labels& external,
                                     const CancelToken* cancel) {
  // message ReadResponse: 1 results QueryResult*
  std::string message;
  for (const ReadQuery& query : request.queries) {
    const Result<std::string> result = EncodeQuery(query, external, cancel);
    if (!result) return Refuse(result.error());
    protozero::pbf_writer(message).add_message(1, *result);
  }
  ReadAnswer answer;
  answer.content_type = "application/x-protobuf";
  answer.content_encoding = "snappy";
  SnappyCompress(message, answer.body);
  return answer;
}

Result<std::string> ReadServer::EncodeQuery(const ReadQuery& query, const Labels& external,
                                            const CancelToken* cancel) {
  // message QueryResult: 1 timeseries TimeSeries*
  TOCSIN_ASSIGN_OR_RETURN(const auto querier, storage_.MakeQuerier(query.start_ms, query.end_ms));
  const std::vector<Matcher> matchers = WithoutExternalLabels(query.matchers, external);
  TOCSIN_ASSIGN_OR_RETURN(const auto series, querier->Select(matchers, query.hints));
  std::string result;
  std::string bytes;
  storage::SampleBuffer samples;
  uint64_t sample_count = 0;
  for (size_t i = 0; i < series->size(); ++i) {
    if (cancel != nullptr) TOCSIN_RETURN_IF_ERROR(cancel->Check());
    TOCSIN_RETURN_IF_ERROR(series->Read(i, query.hints.start_ms, query.hints.end_ms, samples));
    sample_count += samples.timestamps_ms.size() + samples.histograms.size();
    if (options_.sample_limit > 0 && sample_count > options_.sample_limit) {
      return Errorf(ErrorCode::kTooLarge, "exceeded sample limit ({})", options_.sample_limit);
    }
    if (samples.timestamps_ms.empty() && samples.histograms.empty()) continue;
    bytes.clear();
    const Labels labels = series->LabelsOf(i);
    EncodeTimeSeries(MergeLabels(labels, external), samples, bytes);
    protozero::pbf_writer(result).add_message(1, bytes);
  }
  return result;
}

}  // namespace tocsin::remote

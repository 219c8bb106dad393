// cpp-httplib parses a request and writes its answer; everything between (which route, how to read
// a body, what to refuse) is decided here. The library is compiled, so its limits cannot be set: it
// is handed a request whose path is "/", so that its regex routes cost nothing, and without the
// headers it would act on.
#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <ctime>

#include "http/exchange.h"
#include "http/exchange_stream.h"
#include "http/url.h"

namespace tocsin::http {
namespace {

constexpr socket_t kNoSocket = -1;

/// What is known of the exchange under way. Lives on the worker's stack.
struct Context {
  ExchangeStream& stream;
  Request request;
  Response response;
  int refusal_status = 0;  ///< Not 0: answer this and close.
  std::string refusal;
  uint64_t content_length = 0;
  bool is_chunked = false;
  bool is_http10 = false;
  bool must_close = false;

  void Refuse(int status, std::string text) {
    refusal_status = status;
    refusal = std::move(text);
    must_close = true;
  }
};

/// Carries the context through httplib::Request, in a field that servers leave empty.
struct ContextReference {
  Context* context;
  bool operator()(uint64_t, uint64_t) const { return true; }
};

Context* ContextOf(const httplib::Request& request) {
  const auto* reference = request.progress.target<ContextReference>();
  return reference == nullptr ? nullptr : reference->context;
}

/// ExchangeStream under httplib's interface.
class HttplibStream final : public httplib::Stream {
 public:
  explicit HttplibStream(ExchangeStream& stream) : stream_(stream) {}

  bool is_readable() const override { return !stream_.has_failed(); }
  bool is_writable() const override { return !stream_.has_failed(); }
  ssize_t read(char* out, size_t size) override {
    return static_cast<ssize_t>(stream_.Read(out, size));
  }
  ssize_t write(const char* bytes, size_t size) override {
    return stream_.Write({bytes, size}) ? static_cast<ssize_t>(size) : -1;
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = stream_.connection().peer().ip;
    port = stream_.connection().peer().port;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip = stream_.connection().local().ip;
    port = stream_.connection().local().port;
  }
  // httplib refuses descriptors above FD_SETSIZE because it would select() on them; it never sees
  // ours.
  socket_t socket() const override { return kNoSocket; }

 private:
  ExchangeStream& stream_;
};

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) ==
                  std::tolower(static_cast<unsigned char>(y));
         });
}

bool HasToken(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    std::string_view entry = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (!entry.empty() && entry.front() == ' ') entry.remove_prefix(1);
    while (!entry.empty() && entry.back() == ' ') entry.remove_suffix(1);
    if (EqualsIgnoringCase(entry, token)) return true;
  }
  return false;
}

void CopyHeaders(const httplib::Headers& from, Fields& to) {
  to.reserve(from.size());
  for (const auto& [name, value] : from) {
    // httplib adds these four itself.
    if (name == "REMOTE_ADDR" || name == "REMOTE_PORT" || name == "LOCAL_ADDR" ||
        name == "LOCAL_PORT") {
      continue;
    }
    to.emplace_back(name, value);
  }
}

void TakeTarget(std::string_view target, Context& context) {
  Request& request = context.request;
  // Absolute form, as sent to proxies: only its path counts.
  if (target.starts_with("http://") || target.starts_with("https://")) {
    const size_t slash = target.find('/', target.find("://") + 3);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  target = target.substr(0, target.find('#'));
  const size_t question = target.find('?');
  if (question != std::string_view::npos) request.raw_query = target.substr(question + 1);
  request.raw_path = target.substr(0, question);
  if (auto path = PathUnescape(request.raw_path)) {
    request.path = std::move(*path);
  } else {
    context.Refuse(400, "400 Bad Request: " + path.error().message());
  }
}

void TakeBodyLength(Context& context, uint64_t max_body_bytes) {
  std::string_view length;
  for (const auto& [name, value] : context.request.headers) {
    if (EqualsIgnoringCase(name, "Content-Length")) {
      if (!length.empty() && length != value) {
        return context.Refuse(400, "400 Bad Request: two different Content-Length headers");
      }
      length = value;
    } else if (EqualsIgnoringCase(name, "Transfer-Encoding")) {
      if (!EqualsIgnoringCase(value, "chunked") || context.is_chunked) {
        return context.Refuse(501, "501 Not Implemented: unsupported transfer encoding");
      }
      context.is_chunked = true;
    }
  }
  if (length.empty()) return;
  if (context.is_chunked) {
    // Two lengths: the way requests are smuggled past proxies (RFC 9112 §6.3).
    return context.Refuse(400, "400 Bad Request: both Transfer-Encoding and Content-Length");
  }
  const char* end = length.data() + length.size();
  const auto [stop, error] = std::from_chars(length.data(), end, context.content_length);
  if (error != std::errc() || stop != end) {
    return context.Refuse(400, "400 Bad Request: bad Content-Length");
  }
  if (context.content_length > max_body_bytes) {
    context.Refuse(413, fmt::format("request body of {} bytes exceeds the limit of {} bytes\n",
                                    context.content_length, max_body_bytes));
  }
}

bool ReadsBody(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

/// httplib's version of the request, reduced to what it may act on.
void Reduce(httplib::Request& request, Context& context) {
  const bool expects_continue =
      context.refusal_status == 0 && request.get_header_value("Expect") == "100-continue";
  request.headers.clear();
  request.ranges.clear();
  request.params.clear();
  request.path = "/";
  request.progress = ContextReference{&context};
  if (context.must_close) request.set_header("Connection", "close");
  if (expects_continue) request.set_header("Expect", "100-continue");
  if (context.is_chunked) {
    request.set_header("Transfer-Encoding", "chunked");
  } else {
    // Without a length httplib would read to the end of the connection.
    request.set_header("Content-Length", std::to_string(context.content_length));
  }
}

std::string HttpDate(int64_t now_ms) {
  const auto now = static_cast<std::time_t>(now_ms / 1000);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[40];
  const size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return std::string(text, size);
}

class HttplibExchange final : public Exchange, private httplib::Server {
 public:
  HttplibExchange(const ExchangeOptions& options, const Clock& clock, Answer answer)
      : options_(options), clock_(clock), answer_(std::move(answer)) {
    svr_sock_ = 0;  // httplib ends streams when this is not a socket.
    set_payload_max_length(options.max_body_bytes);
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      return AnswerWithoutBody(request, response);
    });
    const auto with_body = [this](const httplib::Request& request, httplib::Response& response,
                                  const httplib::ContentReader& read) {
      AnswerWithBody(request, response, read);
    };
    Post("/", with_body), Put("/", with_body), Patch("/", with_body), Delete("/", with_body);
    set_error_handler(
        HandlerWithResponse([this](const httplib::Request& request, httplib::Response& response) {
          return ExplainOwnError(request, response);
        }));
    set_post_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      CompleteHeaders(request, response);
    });
  }

  Outcome Serve(Connection& connection, size_t header_bytes) override {
    ExchangeStream stream(connection, header_bytes, options_, clock_);
    HttplibStream httplib_stream(stream);
    Context context{.stream = stream, .request = {}, .response = {}, .refusal = {}};
    context.request.cancel = &connection.BeginRequest(clock_);
    bool closed_by_httplib = false;
    const bool is_written =
        process_request(httplib_stream, !keeps_alive_.load(), closed_by_httplib,
                        [&](httplib::Request& request) { Prepare(request, context); });
    const bool is_flushed = stream.Flush();
    connection.EndRequest();
    if (!is_flushed || stream.has_failed()) return Outcome::kBroken;
    const bool is_understood = !context.request.method.empty();
    const bool may_continue =
        is_written && is_understood && !context.must_close && keeps_alive_.load();
    return may_continue ? Outcome::kKeepAlive : Outcome::kLinger;
  }

  void StopKeepingAlive() override { keeps_alive_ = false; }
  void Abort() override { svr_sock_ = INVALID_SOCKET; }

 private:
  // httplib's own loop is not used: sockets come from the event loop.
  bool process_and_close_socket(socket_t) override { return false; }

  void Prepare(httplib::Request& from, Context& context) const {
    Request& request = context.request;
    request.method = from.method;
    CopyHeaders(from.headers, request.headers);
    request.remote_address = fmt::format("{}:{}", from.remote_addr, from.remote_port);
    context.is_http10 = from.version == "HTTP/1.0";
    const std::string_view connection = request.Header("Connection");
    context.must_close =
        context.is_http10 ? !HasToken(connection, "keep-alive") : HasToken(connection, "close");
    TakeBodyLength(context, options_.max_body_bytes);
    TakeTarget(from.target, context);
    // A body nobody reads would be taken for the next request.
    const bool has_body = context.content_length > 0 || context.is_chunked;
    if (has_body && !ReadsBody(request.method)) context.must_close = true;
    Reduce(from, context);
  }

  HandlerResponse AnswerWithoutBody(const httplib::Request& request, httplib::Response& response) {
    Context& context = *ContextOf(request);
    if (context.refusal_status != 0) {
      context.response.SetText(context.refusal_status, context.refusal);
      Finish(context, response);
      return HandlerResponse::Handled;
    }
    if (ReadsBody(context.request.method)) return HandlerResponse::Unhandled;
    AnswerNow(context, response);
    return HandlerResponse::Handled;
  }

  void AnswerWithBody(const httplib::Request& request, httplib::Response& response,
                      const httplib::ContentReader& read) {
    Context& context = *ContextOf(request);
    std::string& body = context.request.body;
    body.reserve(std::min<uint64_t>(context.content_length, options_.max_body_bytes));
    bool is_too_large = false;
    const bool is_read = read([&](const char* bytes, size_t size) {
      is_too_large = body.size() + size > options_.max_body_bytes;
      if (!is_too_large) body.append(bytes, size);
      return !is_too_large;
    });
    if (is_read) return AnswerNow(context, response);
    context.must_close = true;
    if (is_too_large) {
      context.response.SetText(413, fmt::format("request body exceeds the limit of {} bytes\n",
                                                options_.max_body_bytes));
    } else if (context.stream.has_timed_out()) {
      context.response.SetText(408, "408 Request Timeout: the body did not arrive in time");
    } else {
      context.response.SetText(400, "400 Bad Request: malformed or incomplete body");
    }
    Finish(context, response);
  }

  void AnswerNow(Context& context, httplib::Response& response) {
    answer_(context.request, context.response);
    Finish(context, response);
  }

  void Finish(Context& context, httplib::Response& response) const {
    Response& from = context.response;
    response.status = from.status;
    std::string content_type;
    for (const auto& [name, value] : from.headers) {
      // A line break would begin a header of the value's own making.
      if (value.find_first_of("\r\n") != std::string::npos) continue;
      if (EqualsIgnoringCase(name, "Content-Type")) {
        content_type = value;
      } else {
        response.headers.emplace(name, value);
      }
    }
    if (from.stream) {
      SetStream(context, content_type, response);
      return;
    }
    response.body = std::move(from.body);
    if (!content_type.empty()) response.set_header("Content-Type", content_type);
  }

  static void SetStream(Context& context, const std::string& content_type,
                        httplib::Response& response) {
    const auto provide = [&context](size_t, httplib::DataSink& sink) {
      std::string piece;
      if (!context.response.stream(piece)) {
        if (!piece.empty()) sink.write(piece.data(), piece.size());
        sink.done();
        return true;
      }
      return piece.empty() || sink.write(piece.data(), piece.size());
    };
    if (context.is_http10) {  // Which knows no chunks: the end of the connection is the end.
      context.must_close = true;
      response.set_content_provider(content_type, provide);
    } else {
      response.set_chunked_content_provider(content_type, provide);
    }
  }

  // httplib's own refusals (bad request line, too long a target or header) come without a text.
  HandlerResponse ExplainOwnError(const httplib::Request& request, httplib::Response& response) {
    if (ContextOf(request) != nullptr) return HandlerResponse::Unhandled;
    const std::string_view reason = response.status == 414   ? "414 URI Too Long"
                                    : response.status == 416 ? "416 Range Not Satisfiable"
                                                             : "400 Bad Request";
    response.body = reason;
    response.set_header("Content-Type", "text/plain; charset=utf-8");
    return HandlerResponse::Handled;
  }

  void CompleteHeaders(const httplib::Request& request, httplib::Response& response) const {
    const Context* context = ContextOf(request);
    response.headers.erase("Keep-Alive");
    if (response.status == 204 || response.status == 304) response.headers.erase("Content-Length");
    if (request.method == "HEAD") response.headers.erase("Accept-Ranges");
    const bool must_close = context == nullptr || context->must_close || !keeps_alive_.load();
    if (must_close) {
      response.headers.erase("Connection");
      response.headers.emplace("Connection", "close");
    } else if (context->is_http10) {
      response.headers.emplace("Connection", "keep-alive");
    }
    response.headers.emplace("Date", HttpDate(clock_.NowMs()));
  }

  const ExchangeOptions options_;
  const Clock& clock_;
  const Answer answer_;
  std::atomic<bool> keeps_alive_{true};
};

}  // namespace

std::unique_ptr<Exchange> MakeHttplibExchange(const ExchangeOptions& options, const Clock& clock,
                                              Exchange::Answer answer) {
  return std::make_unique<HttplibExchange>(options, clock, std::move(answer));
}

}  // namespace tocsin::http

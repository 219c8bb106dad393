#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "http/message.h"

namespace tocsin::http {

/// Reads one HTTP/1.x response from the bytes of a connection, as they arrive (RFC 9112, §4 to
/// §7). Memory is bounded by the limits; malformed bytes end it. Confined to a thread.
class ResponseReader {
 public:
  /// `body_buffer`'s capacity receives the body; above `max_body_bytes` (0: no limit) it ends.
  ResponseReader(std::string body_buffer, uint64_t max_body_bytes);

  /// Takes what arrived. Returns how many bytes were the response's: fewer than there are only when
  /// it has ended.
  size_t Take(std::string_view bytes);
  /// Where the next bytes of a body whose length is known can be received without a copy: at least
  /// kMinRoomBytes, or empty when they have to go through Take(). TakeReceived() says how many
  /// came.
  std::span<char> Room();
  void TakeReceived(size_t count);
  /// The peer closed: the end of a body without length, of any other response too early.
  void TakeEnd();

  bool is_complete() const { return state_ == State::kComplete; }
  bool is_malformed() const { return state_ == State::kMalformed; }
  bool is_too_large() const { return state_ == State::kTooLarge; }
  /// Whether the headers are complete.
  bool is_in_body() const { return state_ >= State::kSizedBody; }
  /// Whether the connection can carry another request once this response is complete.
  bool keeps_alive() const { return keeps_alive_; }

  int status() const { return status_; }
  const Fields& headers() const { return headers_; }
  Fields TakeHeaders() { return std::move(headers_); }
  std::string TakeBody() { return std::move(body_); }

  static constexpr size_t kMinRoomBytes = 4 << 10;    ///< Below it a copy is cheaper.
  static constexpr size_t kMaxHeadBytes = 256 << 10;  ///< As Go's limit for a proxied response.

 private:
  // From kSizedBody on, the headers are there.
  enum class State : uint8_t {
    kHead,
    kMalformed,
    kSizedBody,
    kBodyUntilClose,
    kChunkSize,
    kChunkData,
    kChunkEnd,
    kTrailer,
    kTooLarge,
    kComplete,
  };

  size_t TakeHead(std::string_view bytes);
  size_t TakeLine(std::string_view bytes);
  size_t TakeBodyBytes(std::string_view bytes);
  void ParseHead();
  bool ParseStatusLine(std::string_view line);
  bool ParseHeader(std::string_view line);
  void BeginBody();
  void BeginChunk();
  void EndLine();

  const uint64_t max_body_bytes_;
  State state_ = State::kHead;
  bool keeps_alive_ = false;
  int status_ = 0;
  uint64_t left_bytes_ = 0;  // Of a sized body or a chunk.
  size_t head_bytes_ = 0;    // With trailers: what line_ has held in all.
  std::string line_;         // The head, a chunk's size line or a trailer, until it is whole.
  Fields headers_;
  std::string body_;  // With room at its end while there is Room().
  size_t room_bytes_ = 0;
};

}  // namespace tocsin::http

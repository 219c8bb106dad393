#include "http/response_reader.h"

#include <algorithm>
#include <charconv>

namespace tocsin::http {
namespace {

// A server's word is not a reason to reserve more than this at once.
constexpr uint64_t kMaxReservedBytes = 4 << 20;

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : int{c}; };
    return lower(x) == lower(y);
  });
}

std::string_view Trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool ParseNumber(std::string_view text, int base, uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

bool HasToken(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    if (EqualsIgnoringCase(Trim(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

// Where the empty line ends that ends the head, or npos. `from` bytes are known not to hold it.
size_t FindHeadEnd(std::string_view head, size_t from) {
  for (size_t at = head.find('\n', from); at != std::string_view::npos;
       at = head.find('\n', at + 1)) {
    if (head.substr(at + 1).starts_with('\n')) return at + 2;
    if (head.substr(at + 1).starts_with("\r\n")) return at + 3;
  }
  return std::string_view::npos;
}

}  // namespace

ResponseReader::ResponseReader(std::string body_buffer, uint64_t max_body_bytes)
    : max_body_bytes_(max_body_bytes), body_(std::move(body_buffer)) {
  body_.clear();
}

size_t ResponseReader::Take(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size()) {
    const std::string_view rest = bytes.substr(taken);
    switch (state_) {
      case State::kHead:
        taken += TakeHead(rest);
        break;
      case State::kSizedBody:
      case State::kBodyUntilClose:
      case State::kChunkData:
        taken += TakeBodyBytes(rest);
        break;
      case State::kChunkSize:
      case State::kChunkEnd:
      case State::kTrailer:
        taken += TakeLine(rest);
        break;
      case State::kMalformed:
      case State::kTooLarge:
      case State::kComplete:
        return taken;
    }
  }
  return taken;
}

std::span<char> ResponseReader::Room() {
  if (state_ != State::kSizedBody) return {};
  if (room_bytes_ == 0) {
    if (left_bytes_ < kMinRoomBytes) return {};
    room_bytes_ = static_cast<size_t>(std::min(left_bytes_, kMaxReservedBytes));
    body_.resize(body_.size() + room_bytes_);
  }
  return {body_.data() + (body_.size() - room_bytes_), room_bytes_};
}

void ResponseReader::TakeReceived(size_t count) {
  room_bytes_ -= count;
  left_bytes_ -= count;
  if (left_bytes_ == 0) state_ = State::kComplete;
}

void ResponseReader::TakeEnd() {
  if (state_ == State::kBodyUntilClose) {
    state_ = State::kComplete;
  } else if (state_ != State::kComplete && state_ != State::kTooLarge) {
    state_ = State::kMalformed;
  }
}

size_t ResponseReader::TakeHead(std::string_view bytes) {
  const size_t had = line_.size();
  line_.append(bytes.substr(0, kMaxHeadBytes - std::min(had, kMaxHeadBytes)));
  const size_t end = FindHeadEnd(line_, had < 2 ? 0 : had - 2);
  if (end == std::string::npos) {
    if (line_.size() >= kMaxHeadBytes) state_ = State::kMalformed;
    return bytes.size();
  }
  line_.resize(end);
  ParseHead();
  line_.clear();
  return end - had;
}

void ResponseReader::ParseHead() {
  headers_.clear();
  std::string_view head = line_;
  bool is_first = true;
  while (!head.empty()) {
    const size_t end = head.find('\n');
    const std::string_view line = Trim(head.substr(0, end));
    head.remove_prefix(end + 1);
    if (line.empty()) break;
    if (!(is_first ? ParseStatusLine(line) : ParseHeader(line))) {
      state_ = State::kMalformed;
      return;
    }
    is_first = false;
  }
  if (is_first) {
    state_ = State::kMalformed;
  } else if (status_ >= 200) {  // Else an interim response; the real one follows.
    BeginBody();
  }
}

bool ResponseReader::ParseStatusLine(std::string_view line) {
  uint64_t status = 0;
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return false;
  if (!ParseNumber(line.substr(9, 3), 10, status) || status < 100) return false;
  if (line.size() > 12 && line[12] != ' ') return false;
  status_ = static_cast<int>(status);
  keeps_alive_ = line[7] != '0';
  return status_ != 101;
}

bool ResponseReader::ParseHeader(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  headers_.emplace_back(line.substr(0, colon), Trim(line.substr(colon + 1)));
  return true;
}

void ResponseReader::BeginBody() {
  bool has_length = false;
  bool is_chunked = false;
  for (const auto& [name, value] : headers_) {
    if (EqualsIgnoringCase(name, "Content-Length")) {
      const uint64_t before = left_bytes_;
      // Two lengths that differ are how responses are smuggled.
      if (!ParseNumber(value, 10, left_bytes_) || (has_length && before != left_bytes_)) {
        state_ = State::kMalformed;
        return;
      }
      has_length = true;
    } else if (EqualsIgnoringCase(name, "Transfer-Encoding")) {
      is_chunked = HasToken(value, "chunked");
    } else if (EqualsIgnoringCase(name, "Connection")) {
      if (HasToken(value, "close")) keeps_alive_ = false;
    }
  }
  if (status_ == 204 || status_ == 304) {
    state_ = State::kComplete;
  } else if (is_chunked) {
    state_ = State::kChunkSize;
  } else if (!has_length) {
    keeps_alive_ = false;
    state_ = State::kBodyUntilClose;
  } else if (max_body_bytes_ != 0 && left_bytes_ > max_body_bytes_) {
    state_ = State::kTooLarge;
  } else {
    state_ = left_bytes_ == 0 ? State::kComplete : State::kSizedBody;
  }
}

size_t ResponseReader::TakeBodyBytes(std::string_view bytes) {
  const bool is_counted = state_ != State::kBodyUntilClose;
  const size_t taken = is_counted
                           ? static_cast<size_t>(std::min<uint64_t>(bytes.size(), left_bytes_))
                           : bytes.size();
  if (max_body_bytes_ != 0 && body_.size() + taken > max_body_bytes_) {
    state_ = State::kTooLarge;
    return taken;
  }
  body_.append(bytes.substr(0, taken));
  if (!is_counted) return taken;
  left_bytes_ -= taken;
  if (left_bytes_ == 0) {
    state_ = state_ == State::kSizedBody ? State::kComplete : State::kChunkEnd;
  }
  return taken;
}

size_t ResponseReader::TakeLine(std::string_view bytes) {
  const size_t newline = bytes.find('\n');
  const size_t taken = newline == std::string_view::npos ? bytes.size() : newline + 1;
  line_.append(bytes.substr(0, taken));
  head_bytes_ = state_ == State::kTrailer ? head_bytes_ + taken : 0;
  if (line_.size() > kMaxHeadBytes || head_bytes_ > kMaxHeadBytes) {
    state_ = State::kMalformed;
  } else if (newline != std::string_view::npos) {
    EndLine();
    line_.clear();
  }
  return taken;
}

void ResponseReader::EndLine() {
  const std::string_view line = Trim(std::string_view(line_).substr(0, line_.size() - 1));
  if (state_ == State::kChunkSize) {
    BeginChunk();
  } else if (state_ == State::kChunkEnd) {
    state_ = line.empty() ? State::kChunkSize : State::kMalformed;
  } else if (line.empty()) {  // The end of the trailers, which nobody asked for.
    state_ = State::kComplete;
  }
}

void ResponseReader::BeginChunk() {
  std::string_view size = Trim(std::string_view(line_).substr(0, line_.size() - 1));
  size = Trim(size.substr(0, size.find(';')));  // Extensions mean nothing to us.
  if (!ParseNumber(size, 16, left_bytes_)) {
    state_ = State::kMalformed;
  } else {
    state_ = left_bytes_ == 0 ? State::kTrailer : State::kChunkData;
  }
}

}  // namespace tocsin::http

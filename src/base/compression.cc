#include "base/compression.h"

#include <libdeflate.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/check.h"

namespace tocsin {
namespace {

// Whole bodies are scrape pages and API answers: libdeflate 4 is twice as quick as 6 for 3 % more
// bytes.
constexpr int kGzipLevel = 4;
// Streams are JSON answers of many megabytes, where our CPU is the bottleneck and not the network.
constexpr int kStreamLevel = 1;
// klauspost's SpeedFastest, which Prometheus' WAL uses, corresponds to zstd 1.
constexpr int kZstdLevel = 1;

// No format can promise more output for its input; a header that does is lying, and must not make
// us allocate. Snappy: 64 bytes from a 3-byte copy. Deflate: 258 bytes from 2 bits.
constexpr uint64_t kMaxSnappyRatio = 64;
constexpr uint64_t kMaxDeflateRatio = 1032;

Error TooLarge(std::string_view format, size_t max_bytes) {
  return Errorf(ErrorCode::kTooLarge, "{}: decompressed size exceeds {} bytes", format, max_bytes);
}
Error Corrupt(std::string_view format, std::string_view why) {
  return Errorf(ErrorCode::kCorruption, "{}: {}", format, why);
}

// Contexts cost more to make than a record costs to compress, and keep nothing from call to call:
// one a thread.
ZSTD_CCtx& ZstdCompressor() {
  thread_local const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                                  &ZSTD_freeCCtx);
  CHECK(context != nullptr, "zstd context");
  return *context;
}
ZSTD_DCtx& ZstdDecompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                                  &ZSTD_freeDCtx);
  CHECK(context != nullptr, "zstd context");
  return *context;
}
libdeflate_compressor& GzipCompressor() {
  thread_local const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)>
      context(libdeflate_alloc_compressor(kGzipLevel), &libdeflate_free_compressor);
  CHECK(context != nullptr, "libdeflate compressor");
  return *context;
}
libdeflate_decompressor& GzipDecompressor() {
  thread_local const std::unique_ptr<libdeflate_decompressor,
                                     decltype(&libdeflate_free_decompressor)>
      context(libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  CHECK(context != nullptr, "libdeflate decompressor");
  return *context;
}

/// What the trailer of the last gzip member says about its size, within what is possible.
size_t GzipSizeHint(std::string_view bytes, size_t max_bytes) {
  uint64_t hint = 0;
  for (size_t i = 0; i < 4 && bytes.size() >= 4; ++i) {
    hint |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[bytes.size() - 4 + i])) << (8 * i);
  }
  hint = std::min<uint64_t>(hint, bytes.size() * kMaxDeflateRatio);
  return static_cast<size_t>(std::min<uint64_t>(std::max<uint64_t>(hint, 64), max_bytes));
}

}  // namespace

void SnappyCompress(std::string_view bytes, std::string& out) {
  // Over a larger `out`: growing a string writes zeros, shrinking it costs nothing.
  out.resize(std::max(out.size(), snappy::MaxCompressedLength(bytes.size())));
  size_t size = 0;
  snappy::RawCompress(bytes.data(), bytes.size(), out.data(), &size);
  out.resize(size);
}

Status SnappyDecompress(std::string_view bytes, size_t max_bytes, std::string& out) {
  size_t size = 0;
  if (!snappy::GetUncompressedLength(bytes.data(), bytes.size(), &size)) {
    return Corrupt("snappy", "malformed length");
  }
  if (size > max_bytes) return TooLarge("snappy", max_bytes);
  if (size > bytes.size() * kMaxSnappyRatio)
    return Corrupt("snappy", "length larger than possible");
  out.resize(size);
  if (!snappy::RawUncompress(bytes.data(), bytes.size(), out.data())) {
    return Corrupt("snappy", "malformed block");
  }
  return {};
}

void ZstdCompress(std::string_view bytes, std::string& out) {
  out.resize(std::max(out.size(), ZSTD_compressBound(bytes.size())));
  const size_t size = ZSTD_compressCCtx(&ZstdCompressor(), out.data(), out.size(), bytes.data(),
                                        bytes.size(), kZstdLevel);
  CHECK(!ZSTD_isError(size), "zstd has all the room it asked for");
  out.resize(size);
}

Status ZstdDecompress(std::string_view bytes, size_t max_bytes, std::string& out) {
  constexpr size_t kFirstBytes = 4096;
  ZSTD_DCtx& context = ZstdDecompressor();
  ZSTD_DCtx_reset(&context, ZSTD_reset_session_only);
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  out.resize(std::min(max_bytes, std::max({out.size(), kFirstBytes, bytes.size() * 4})));
  std::array<char, 1> beyond;  // Proof of one byte too many, without allocating it.
  size_t done = 0;
  for (size_t left_in_frame = 1; left_in_frame != 0 || input.pos < input.size;) {
    if (done == out.size()) out.resize(std::min(max_bytes, out.size() * 2));
    const bool is_full = done == out.size();
    ZSTD_outBuffer output{is_full ? beyond.data() : out.data() + done,
                          is_full ? beyond.size() : out.size() - done, 0};
    const size_t input_before = input.pos;
    left_in_frame = ZSTD_decompressStream(&context, &output, &input);
    if (ZSTD_isError(left_in_frame)) return Corrupt("zstd", ZSTD_getErrorName(left_in_frame));
    if (is_full && output.pos > 0) return TooLarge("zstd", max_bytes);
    done += output.pos;
    if (left_in_frame != 0 && output.pos == 0 && input.pos == input_before) {
      return Corrupt("zstd", "truncated frame");
    }
  }
  out.resize(done);
  return {};
}

void GzipCompress(std::string_view bytes, std::string& out) {
  libdeflate_compressor& compressor = GzipCompressor();
  out.resize(std::max(out.size(), libdeflate_gzip_compress_bound(&compressor, bytes.size())));
  const size_t size =
      libdeflate_gzip_compress(&compressor, bytes.data(), bytes.size(), out.data(), out.size());
  CHECK(size > 0, "libdeflate has all the room it asked for");
  out.resize(size);
}

Status GzipDecompress(std::string_view bytes, size_t max_bytes, std::string& out) {
  libdeflate_decompressor& decompressor = GzipDecompressor();
  if (bytes.empty()) return Corrupt("gzip", "empty input");
  out.resize(GzipSizeHint(bytes, max_bytes));
  size_t done = 0;
  while (!bytes.empty()) {  // RFC 1952 §2.2: a file is a series of members.
    size_t used = 0;
    size_t produced = 0;
    const libdeflate_result result =
        libdeflate_gzip_decompress_ex(&decompressor, bytes.data(), bytes.size(), out.data() + done,
                                      out.size() - done, &used, &produced);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
      if (out.size() == max_bytes) return TooLarge("gzip", max_bytes);
      out.resize(std::min(max_bytes, std::max<size_t>(out.size() * 2, 4096)));
      continue;
    }
    if (result != LIBDEFLATE_SUCCESS) return Corrupt("gzip", "malformed stream");
    done += produced;
    bytes.remove_prefix(used);
  }
  out.resize(done);
  return {};
}

struct StreamCompressor::State {
  z_stream stream{};
};

StreamCompressor::StreamCompressor(Format format) : state_(std::make_unique<State>()) {
  constexpr int kWindowBits = 15;
  constexpr int kGzipHeader = 16;  // Added to the window bits: zlib's way to ask for gzip.
  constexpr int kMemoryLevel = 8;
  const int bits = kWindowBits + (format == Format::kGzip ? kGzipHeader : 0);
  const int result = deflateInit2(&state_->stream, kStreamLevel, Z_DEFLATED, bits, kMemoryLevel,
                                  Z_DEFAULT_STRATEGY);
  CHECK(result == Z_OK, "deflateInit2");
}

StreamCompressor::~StreamCompressor() { deflateEnd(&state_->stream); }

void StreamCompressor::Write(std::string_view bytes, bool finish, std::string& out) {
  std::array<char, 16 * 1024> room;
  z_stream& stream = state_->stream;
  do {
    // zlib counts input in 32 bits.
    const size_t piece = std::min<size_t>(bytes.size(), std::numeric_limits<uInt>::max() / 2);
    const bool is_last_piece = piece == bytes.size();
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(piece);
    bytes.remove_prefix(piece);
    do {
      stream.next_out = reinterpret_cast<Bytef*>(room.data());
      stream.avail_out = static_cast<uInt>(room.size());
      const int result = deflate(&stream, finish && is_last_piece ? Z_FINISH : Z_NO_FLUSH);
      CHECK(result != Z_STREAM_ERROR, "deflate after finish");
      out.append(room.data(), room.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  } while (!bytes.empty());
}

}  // namespace tocsin

#include "http/response_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tocsin::http {
namespace {

struct Outcome {
  bool is_complete = false;
  bool is_malformed = false;
  bool is_too_large = false;
  bool keeps_alive = false;
  int status = 0;
  std::string body;
  size_t taken = 0;
};

// Gives the bytes in pieces of `piece_bytes`, then, if `ends`, the end of the connection.
Outcome Read(std::string_view bytes, size_t piece_bytes, uint64_t max_body_bytes = 0,
             bool ends = false) {
  ResponseReader reader("what the buffer held before", max_body_bytes);
  Outcome outcome;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, piece_bytes);
    const size_t taken = reader.Take(piece);
    outcome.taken += taken;
    if (taken < piece.size()) break;
    bytes.remove_prefix(piece.size());
  }
  if (ends) reader.TakeEnd();
  outcome.is_complete = reader.is_complete();
  outcome.is_malformed = reader.is_malformed();
  outcome.is_too_large = reader.is_too_large();
  outcome.keeps_alive = reader.keeps_alive();
  outcome.status = reader.status();
  outcome.body = reader.TakeBody();
  return outcome;
}

struct Case {
  std::string_view name;
  std::string_view response;
  std::string_view body;
  bool keeps_alive = true;
  bool ends = false;
};

const Case kWhole[] = {
    {"sized", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"},
    {"empty", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", ""},
    {"bare newlines", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "hi"},
    {"no reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", "hi"},
    {"no content", "HTTP/1.1 204 No Content\r\n\r\n", ""},
    {"interim",
     "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
     "1\r\n\r\nx",
     "x"},
    {"chunks",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n"
     "0\r\n\r\n",
     "abc0123456789"},
    {"trailers",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nA: b\r\nC: "
     "d\r\n\r\n",
     "a"},
    {"closes", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 1\r\n\r\nx", "x", false},
    {"1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "x", false},
    {"until close", "HTTP/1.1 200 OK\r\n\r\nas long as it takes", "as long as it takes", false,
     true},
};

TEST(ResponseReaderTest, ReadsWholeResponsesInPiecesOfAnySize) {
  for (const Case& test : kWhole) {
    for (size_t piece = 1; piece <= test.response.size(); ++piece) {
      const Outcome outcome = Read(test.response, piece, 0, test.ends);
      ASSERT_TRUE(outcome.is_complete) << test.name << ", pieces of " << piece;
      EXPECT_EQ(outcome.body, test.body) << test.name;
      EXPECT_EQ(outcome.keeps_alive, test.keeps_alive) << test.name;
      EXPECT_EQ(outcome.taken, test.response.size()) << test.name;
    }
  }
}

TEST(ResponseReaderTest, TruncatedResponsesAreNotComplete) {
  for (const Case& test : kWhole) {
    if (test.ends) continue;
    for (size_t size = 0; size < test.response.size(); ++size) {
      const Outcome outcome = Read(test.response.substr(0, size), 1 << 20, 0, true);
      EXPECT_FALSE(outcome.is_complete) << test.name << " cut at " << size;
      EXPECT_TRUE(outcome.is_malformed) << test.name << " cut at " << size;
    }
  }
}

TEST(ResponseReaderTest, LeavesWhatComesBehind) {
  const std::string_view response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
  const Outcome outcome = Read(std::string(response) + "HTTP/1.1 200", 1 << 20);
  EXPECT_TRUE(outcome.is_complete);
  EXPECT_EQ(outcome.taken, response.size());
}

TEST(ResponseReaderTest, RefusesWhatMakesNoSense) {
  const std::string_view malformed[] = {
      "\r\n\r\n",
      "HTTP/2 200 OK\r\n\r\n",
      "ICY 200 OK\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\n\r\n",
      "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n",
  };
  for (const std::string_view response : malformed) {
    EXPECT_TRUE(Read(response, 3).is_malformed) << response;
  }
}

TEST(ResponseReaderTest, BodiesAreBounded) {
  EXPECT_TRUE(Read("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", 100, 10).is_too_large);
  EXPECT_TRUE(
      Read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n", 100, 10)
          .is_too_large);
  EXPECT_TRUE(Read("HTTP/1.1 200 OK\r\n\r\n01234567890", 100, 10).is_too_large);
  EXPECT_TRUE(Read("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", 100, 10).is_complete);
}

TEST(ResponseReaderTest, HeadsAndTrailersAreBounded) {
  const std::string endless(ResponseReader::kMaxHeadBytes, 'a');
  EXPECT_TRUE(Read("HTTP/1.1 200 OK\r\nX: " + endless, 1000).is_malformed);
  std::string trailers = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  while (trailers.size() < 2 * ResponseReader::kMaxHeadBytes) trailers += "Name: value\r\n";
  EXPECT_TRUE(Read(trailers, 1000).is_malformed);
}

}  // namespace
}  // namespace tocsin::http

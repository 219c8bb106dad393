#include "discovery/dns_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tocsin::discovery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Be16(int value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

std::string Name(std::string_view dotted) {
  std::string name;
  while (!dotted.empty()) {
    const size_t dot = std::min(dotted.find('.'), dotted.size());
    name += static_cast<char>(dot);
    name += dotted.substr(0, dot);
    dotted.remove_prefix(std::min(dot + 1, dotted.size()));
  }
  return name + '\0';
}

std::string Answer(int type, const std::string& data) {
  return Be16(0xc00c) + Be16(type) + Be16(1) + std::string(4, '\0') +
         Be16(static_cast<int>(data.size())) + data;
}

/// A response to a question for "shop" with these answers.
std::string Message(int type, const std::vector<std::string>& answers) {
  std::string message = Be16(7) + Be16(0x8180) + Be16(1) + Be16(static_cast<int>(answers.size())) +
                        Be16(0) + Be16(0) + Name("shop") + Be16(type) + Be16(1);
  for (const std::string& answer : answers) message += answer;
  return message;
}

TEST(DnsResolverTest, ReadsAddresses) {
  const auto records = ParseDnsAnswer(
      Message(1, {Answer(1, std::string("\x0a\x00\x00\x01", 4)), Answer(5, Name("alias"))}),
      DnsType::kA);
  ASSERT_TRUE(records);
  EXPECT_THAT(*records, ElementsAre(DnsRecord{"10.0.0.1", 0}));
  const auto v6 = ParseDnsAnswer(
      Message(28, {Answer(28, std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + '\1')}),
      DnsType::kAaaa);
  ASSERT_TRUE(v6);
  EXPECT_THAT(*v6, ElementsAre(DnsRecord{"2001:db8::1", 0}));
}

TEST(DnsResolverTest, ReadsNames) {
  const auto srv = ParseDnsAnswer(
      Message(33, {Answer(33, Be16(1) + Be16(2) + Be16(9100) + Name("a.shop"))}), DnsType::kSrv);
  ASSERT_TRUE(srv);
  EXPECT_THAT(*srv, ElementsAre(DnsRecord{"a.shop", 9100}));
  const auto mx =
      ParseDnsAnswer(Message(15, {Answer(15, Be16(10) + Name("mail.shop"))}), DnsType::kMx);
  ASSERT_TRUE(mx);
  EXPECT_THAT(*mx, ElementsAre(DnsRecord{"mail.shop", 0}));
  const auto ns = ParseDnsAnswer(Message(2, {Answer(2, Name("ns.shop"))}), DnsType::kNs);
  ASSERT_TRUE(ns);
  EXPECT_THAT(*ns, ElementsAre(DnsRecord{"ns.shop", 0}));
  const auto none = ParseDnsAnswer(Message(2, {}), DnsType::kNs);
  ASSERT_TRUE(none);
  EXPECT_THAT(*none, IsEmpty());
}

TEST(DnsResolverTest, TruncatedAnswersAreErrors) {
  const std::string message = Message(
      33, {Answer(33, Be16(1) + Be16(2) + Be16(9100) + Name("a.shop")), Answer(33, std::string())});
  for (size_t size = 0; size <= message.size(); ++size) {
    EXPECT_FALSE(ParseDnsAnswer(message.substr(0, size), DnsType::kSrv)) << size;
  }
  EXPECT_FALSE(ParseDnsAnswer(Message(1, {Answer(1, "abc")}), DnsType::kA));
}

}  // namespace
}  // namespace tocsin::discovery

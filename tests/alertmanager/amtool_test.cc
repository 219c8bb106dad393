// Debian's own amtool against our API, served by our server on a loopback port.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <unistd.h>

#include <array>

#include "alertmanager/harness.h"
#include "http/server.h"

namespace tocsin::alertmanager {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kAmtool = "/usr/bin/amtool";

class AmtoolTest : public testing::Test {
 protected:
  void SetUp() override {
    if (access(kAmtool, X_OK) != 0) GTEST_SKIP() << "skipped: " << kAmtool << " is not installed";
    // amtool takes its times from the machine, so the tests' clock must show them.
    harness_.clock.SetMs(system_.NowMs());
    auto router = std::make_shared<http::Router>();
    harness_.alertmanager->AddRoutes(*router, "", nullptr);
    server_ = http::MakeServer(system_, harness_.logger);
    http::ServerOptions options;
    options.listen_addresses = {"127.0.0.1:0"};
    ASSERT_TRUE(server_->Start(options, router));
    url_ = fmt::format("http://127.0.0.1:{}", server_->ports().front());
  }
  void TearDown() override {
    if (server_) server_->Stop(0);
  }

  /// Standard output and error of `amtool ARGUMENTS`; the exit status goes to `status`.
  std::string Run(const std::string& arguments, int* status = nullptr) {
    harness_.clock.SetMs(system_.NowMs());
    const std::string command = fmt::format("HOME={} {} --alertmanager.url={} {} 2>&1",
                                            harness_.directory.path(), kAmtool, url_, arguments);
    FILE* pipe = popen(command.c_str(), "r");
    std::string output;
    std::array<char, 4096> buffer;
    while (size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) {
      output.append(buffer.data(), size);
    }
    const int result = pclose(pipe);
    if (status != nullptr) {
      *status = result;
    } else {
      EXPECT_EQ(result, 0) << arguments << "\n" << output;
    }
    return output;
  }

  SystemClock system_;
  Harness harness_{BasicConfig()};
  std::unique_ptr<http::Server> server_;
  std::string url_;
};

TEST_F(AmtoolTest, AddsAndQueriesAlerts) {
  Run("alert add DiskFull severity=critical instance=a --annotation=summary='disk is full'");
  Run("alert add Other severity=warning");
  const std::string all = Run("alert query");
  EXPECT_THAT(all, HasSubstr("DiskFull"));
  EXPECT_THAT(all, HasSubstr("disk is full"));
  EXPECT_THAT(all, HasSubstr("Other"));
  const std::string some = Run("alert query severity=critical -o extended");
  EXPECT_THAT(some, HasSubstr("instance=\"a\""));
  EXPECT_THAT(some, Not(HasSubstr("Other")));
  EXPECT_THAT(Run("alert query --receiver=web -o json"), HasSubstr("\"fingerprint\""));
}

TEST_F(AmtoolTest, SilencesLiveAndDie) {
  std::string id = Run("silence add alertname=A 'instance=~web.*' -d 1h -a me -c 'because'");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  const size_t line = id.rfind('\n');
  if (line != std::string::npos) id.erase(0, line + 1);
  EXPECT_EQ(id.size(), 36u) << id;
  EXPECT_THAT(Run("silence query"), HasSubstr("because"));
  EXPECT_THAT(Run("silence query alertname=A -q"), HasSubstr(id));
  harness_.Fire("alertname=A,instance=web1");
  EXPECT_THAT(Run("alert query"), Not(HasSubstr("web1")));
  EXPECT_THAT(Run("alert query --silenced -o extended"), HasSubstr("web1"));
  EXPECT_THAT(Run("silence update -d 2h -c 'still' " + id), HasSubstr("still"));
  Run("silence expire " + id);
  harness_.clock.AdvanceMs(1);
  EXPECT_THAT(Run("silence query"), Not(HasSubstr("still")));
  EXPECT_THAT(Run("silence query --expired"), HasSubstr("still"));
}

TEST_F(AmtoolTest, ShowsConfigurationRoutesAndCluster) {
  EXPECT_THAT(Run("config show"), HasSubstr("receiver: web"));
  // amtool 0.25 takes the masked URL of a webhook for a bad one, also from upstream.
  ASSERT_TRUE(harness_.Reload("route: {receiver: web}\nreceivers: [{name: web}]\n"));
  EXPECT_THAT(Run("config routes show"), HasSubstr("default-route"));
  EXPECT_THAT(Run("config routes test alertname=A"), HasSubstr("web"));
  EXPECT_THAT(Run("cluster show"), HasSubstr("disabled"));
}

TEST_F(AmtoolTest, RefusalsReachTheUser) {
  int status = 0;
  Run("silence expire 8d0ba5f5-9b2e-4b9e-8f0e-000000000000", &status);
  EXPECT_NE(status, 0);
  Run("silence add 'a=' -d 1h -a me -c x", &status);
  EXPECT_NE(status, 0);
}

}  // namespace
}  // namespace tocsin::alertmanager

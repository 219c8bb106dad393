#include "http/router.h"

#include <gtest/gtest.h>

namespace tocsin::http {
namespace {

Handler Named(std::string name) {
  return [name](Request& request, Response& response) {
    std::string text = name;
    for (const auto& [key, value] : request.path_parameters) text += " " + key + "=" + value;
    response.SetText(200, text);
  };
}

Response Dispatch(const Router& router, std::string method, std::string path) {
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  Response response;
  router.Dispatch(request, response);
  return response;
}

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    router_.Handle("GET", "/static/{file...}", Named("rest"));
    router_.Handle("GET", "/api/v1/{name}", Named("parameter"));
    router_.Handle("GET,POST", "/api/v1/query", Named("literal"));
    router_.Handle("GET", "/api/v1/label/{name}/values", Named("values"));
    router_.Handle("DELETE", "/api/v1/query", Named("removal"));
    router_.Handle("GET", "/", Named("root"));
  }
  Router router_;
};

TEST_F(RouterTest, PrefersLiteralOverParameterOverRest) {
  EXPECT_EQ(Dispatch(router_, "GET", "/api/v1/query").body, "literal");
  EXPECT_EQ(Dispatch(router_, "GET", "/api/v1/other").body, "parameter name=other");
  EXPECT_EQ(Dispatch(router_, "GET", "/api/v1/label/job/values").body, "values name=job");
  EXPECT_EQ(Dispatch(router_, "GET", "/static/a/b.js").body, "rest file=a/b.js");
  EXPECT_EQ(Dispatch(router_, "GET", "/").body, "root");
}

TEST_F(RouterTest, OnePatternMayHaveAHandlerPerMethod) {
  EXPECT_EQ(Dispatch(router_, "DELETE", "/api/v1/query").body, "removal");
  EXPECT_EQ(Dispatch(router_, "POST", "/api/v1/query").body, "literal");
}

TEST_F(RouterTest, AnswersHeadWhereGetIs) {
  EXPECT_EQ(Dispatch(router_, "HEAD", "/api/v1/query").status, 200);
}

TEST_F(RouterTest, UnknownPathIs404) {
  const Response response = Dispatch(router_, "GET", "/api/v1/label//values");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, "404 page not found\n");
}

TEST_F(RouterTest, OptionsAloneDoesNotMakeAPathKnown) {
  router_.Handle("OPTIONS", "/api/v1/{path...}", Named("options"));
  EXPECT_EQ(Dispatch(router_, "OPTIONS", "/api/v1/query").body, "options path=query");
  EXPECT_EQ(Dispatch(router_, "GET", "/api/v1/a/b").status, 404);
}

TEST_F(RouterTest, UnknownMethodIs405WithAllow) {
  const Response response = Dispatch(router_, "PUT", "/static/x");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(FindHeader(response.headers, "allow"), "GET, OPTIONS");
  EXPECT_EQ(response.body, "Method Not Allowed\n");
}

}  // namespace
}  // namespace tocsin::http

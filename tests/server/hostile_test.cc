#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qprompt/core/random.h"
#include "qprompt/core/stopwatch.h"
#include "tests/server/running_server.h"

namespace qprompt {
namespace {

using ::testing::HasSubstr;
using testing::RunningServer;
using ::testing::StartsWith;

server::ServerOptions impatient() {
  server::ServerOptions options;
  options.patience.request_seconds = 1;
  options.limits.body_mib = 1;
  return options;
}

class HostileClients : public ::testing::Test {
 protected:
  bool serves_others() const { return server_.get("/healthz").status == 200; }

  const Model model_ = testing::random_model();
  const RunningServer server_{model_, impatient()};
};

constexpr char kHost[] = "Host: 127.0.0.1\r\n";

TEST_F(HostileClients, ThatSendHalfARequestAreLeft) {
  const auto seconds_until_left = [&](const std::string& request) {
    const Stopwatch watch;
    EXPECT_EQ(server_.raw(request, 20), "");
    return watch.seconds();
  };
  EXPECT_LT(seconds_until_left("POST /v1/classify HTTP/1.1\r\nHost: 127.0"), 10);
  EXPECT_LT(seconds_until_left(std::string("POST /v1/classify HTTP/1.1\r\n") + kHost +
                               "Content-Length: 100\r\n\r\nabc"),
            10);
  EXPECT_TRUE(serves_others());
}

TEST_F(HostileClients, ThatSendHugeHeadersAreRefused) {
  const std::string huge = "X-Huge: " + std::string(100'000, 'x') + "\r\n";
  EXPECT_THAT(server_.raw(std::string("GET / HTTP/1.1\r\n") + kHost + huge + "\r\n"),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(server_.raw("GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n" + kHost + "\r\n"),
              StartsWith("HTTP/1.1 431"));
  EXPECT_TRUE(serves_others());
}

TEST_F(HostileClients, ThatSendLargeBodiesAreRefusedBeforeTheirEnd) {
  const std::string head = std::string("POST /v1/classify HTTP/1.1\r\n") + kHost;
  EXPECT_THAT(server_.raw(head + "Content-Length: 99999999999\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
  std::string chunks = head + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) chunks += "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  EXPECT_THAT(server_.raw(chunks), StartsWith("HTTP/1.1 413"));
  EXPECT_TRUE(serves_others());
}

TEST_F(HostileClients, ThatSendWrongLengthsAreRefused) {
  const std::string head = std::string("POST /v1/embed/text HTTP/1.1\r\n") + kHost;
  EXPECT_THAT(server_.raw(head + "Content-Length: -1\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(server_.raw(head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(server_.raw(head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(server_.raw(head + "Content-Length: 2\r\n\r\n{}GARBAGE\r\n\r\n"),
              StartsWith("HTTP/1.1 422"));
  EXPECT_TRUE(serves_others());
}

TEST_F(HostileClients, ThatAreSlowHoldNobodyUp) {
  std::vector<std::thread> slow;
  for (int i = 0; i < 100; ++i) {
    slow.emplace_back([&] {
      server_.raw(
          std::string("POST /v1/classify HTTP/1.1\r\n") + kHost + "Content-Length: 1000\r\n\r\n",
          3);
    });
  }
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(serves_others());
  for (std::thread& client : slow) client.join();
}

TEST_F(HostileClients, AreAnsweredWithTheStatusOfWhatIsWrong) {
  EXPECT_EQ(server_.get("/nowhere").status, 404);
  EXPECT_EQ(server_.get("/../../etc/passwd").status, 404);
  const auto wrong_method = server_.ask("PATCH", "/v1/prompts");
  EXPECT_EQ(wrong_method.status, 405);
  EXPECT_EQ(wrong_method.headers.at("Allow"), "GET");
  EXPECT_EQ(server_.ask("BREW", "/v1/prompts").status, 405);
  EXPECT_EQ(server_.ask("POST", "/v1/embed/text", std::string(100'000, '[')).status, 400);
  EXPECT_EQ(server_.ask("POST", "/v1/embed/text", "{\"texts\":[\"\xff\"]}").status, 400);
  EXPECT_EQ(server_.ask("HEAD", "/healthz").status, 200);
}

TEST_F(HostileClients, FromPagesOfOtherSitesAreRefused) {
  const auto asked_with = [&](const std::string& name, const std::string& value) {
    return server_.ask("GET", "/v1/prompts", "", {{name, value}}).status;
  };
  EXPECT_EQ(asked_with("Origin", "https://elsewhere.example"), 403);
  EXPECT_EQ(asked_with("Origin", "null"), 403);
  EXPECT_EQ(asked_with("Host", "elsewhere.example"), 403);
  EXPECT_EQ(asked_with("Host", "localhost:1"), 200);
  EXPECT_EQ(asked_with("Origin", "http://127.0.0.1:" + std::to_string(server_.port())), 200);
}

// Requests that are nearly right: bytes changed, taken out and repeated.
TEST_F(HostileClients, MayFuzzTenThousandRequests) {
  const std::string form = testing::form_body(
      {{"image", testing::demo_picture(0), "a.webp"}, {"classes", "cat\ndog"}, {"top", "2"}});
  const std::vector<std::string> seeds{
      "POST /v1/classify HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: " +
          std::string(testing::kFormType) + "\r\nContent-Length: " + std::to_string(form.size()) +
          "\r\n\r\n" + form,
      "PUT /v1/prompts/x?classes=a%0Ab HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
      "4\r\n\r\nQPRM",
      "POST /v1/embed/text HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      "f\r\n{\"texts\":[\"a\"]}\r\n0\r\n\r\n",
      "GET /v1/learn/1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"};
  Random random(7);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random.below(n)); };
  for (int i = 0; i < 10'000; ++i) {
    std::string request = seeds[below(seeds.size())];
    for (std::size_t n = below(4) + 1; n > 0; --n) {
      // Heads are short: half of the changes are made there.
      const std::size_t at =
          below(below(2) == 0 ? std::min<std::size_t>(200, request.size()) : request.size());
      switch (below(3)) {
        case 0:
          request[at] = static_cast<char>(below(256));
          break;
        case 1:
          request.erase(at, below(20));
          break;
        default:
          request.insert(at, request.substr(below(request.size()), below(30)));
      }
      if (request.empty()) request = "x";
    }
    server_.raw(request, 0.002);
  }
  EXPECT_TRUE(serves_others());
}

TEST(StoppedServer, FinishesWhatItAccepted) {
  const Model model = testing::random_model();
  server::ServerOptions options;
  options.batching.max_wait_ms = 1500;  // the image is still waiting when the server is stopped
  RunningServer server(model, options);
  testing::Answer answer;
  std::thread client([&] {
    answer = server.post_form("/v1/classify",
                              {{"image", testing::demo_picture(0), "a"}, {"classes", "cat\ndog"}});
  });
  while (server.get("/metrics").body.find("qprompt_queued_images 1\n") == std::string::npos) {
  }
  server.stop();
  client.join();
  EXPECT_EQ(answer.status, 200);
}

TEST(AccessLog, TellsEveryAnswerAndNothingOfWhatWasSent) {
  const Model model = testing::random_model();
  RunningServer server(model);
  server.ask("POST", "/v1/embed/text?secret=1", R"({"texts":["hidden"]})",
             {{"Authorization", "Bearer hidden"}});
  server.stop();
  const auto log = server.access_log();
  ASSERT_THAT(log, ::testing::SizeIs(1));
  const nlohmann::json entry = nlohmann::json::parse(log[0]);
  EXPECT_EQ(entry["method"], "POST");
  EXPECT_EQ(entry["path"], "/v1/embed/text");
  EXPECT_EQ(entry["status"], 200);
  EXPECT_EQ(entry["client"], "127.0.0.1");
  EXPECT_EQ(entry["received"], 20);
  EXPECT_THAT(log[0], ::testing::Not(HasSubstr("hidden")));
}

TEST(ListeningServer, SaysWhereItCannotListen) {
  const Model model = testing::random_model();
  const RunningServer first(model);
  server::ServerOptions options;
  options.port = first.port();
  options.prompts = first.prompts();
  try {
    server::serve(model, options);
    ADD_FAILURE() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot listen at 127.0.0.1:"));
  }
}

}  // namespace
}  // namespace qprompt

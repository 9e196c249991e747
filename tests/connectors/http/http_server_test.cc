// Goal: pages are answered as they are made, everything else is refused in a word, and no client,
// however odd, takes the server down or keeps others out for good.
// Method: httplib's client and raw sockets, on the loopback address. Nothing is timed: a client
// that must be let go reads until the server closes.

#include "connectors/http/http_server.h"

#include <unistd.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/support/random.h"

#include "httplib.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace weir {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

HttpPage Page(const std::string& path, std::function<HttpAnswer()> answer) {
  return {path, "text/plain; charset=utf-8",
          [answer = std::move(answer)](const HttpQuery& /*query*/) { return answer(); }};
}

// Says what it was asked.
HttpPage Echo(const std::string& path) {
  return {path, "text/plain; charset=utf-8", [path](const HttpQuery& query) {
            std::string told = absl::StrCat(path, " ", query.rest);
            for (const auto& [name, value] : query.arguments) {
              absl::StrAppend(&told, " ", name, "=", value);
            }
            return HttpAnswer{200, told};
          }};
}

std::unique_ptr<HttpServer> Started(std::vector<HttpPage> pages) {
  absl::StatusOr<std::unique_ptr<HttpServer>> server =
      HttpServer::Start("127.0.0.1", 0, std::move(pages));
  EXPECT_TRUE(server.ok()) << server.status();
  return server.ok() ? *std::move(server) : nullptr;
}

std::unique_ptr<HttpServer> WithHello() {
  return Started({Page("/hello", [] { return HttpAnswer{200, "hello"}; })});
}

// A connection that sends any bytes.
class RawClient {
 public:
  explicit RawClient(const HttpServer& server)
      : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }

  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  ~RawClient() { close(socket_); }

  // The server may stop to listen before everything is sent.
  void Send(const std::string& bytes) const {
    static_cast<void>(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }

  void EndSending() const { shutdown(socket_, SHUT_WR); }

  // Everything until the server closes.
  std::string Receive() const {
    std::string all;
    char buffer[4096];
    ssize_t n = 0;
    while ((n = recv(socket_, buffer, sizeof(buffer), 0)) > 0) {
      all.append(buffer, static_cast<size_t>(n));
    }
    return all;
  }

 private:
  int socket_;
};

std::string Answer(const HttpServer& server, const std::string& request) {
  const RawClient client(server);
  client.Send(request);
  client.EndSending();
  return client.Receive();
}

void ExpectAlive(const HttpServer& server) {
  EXPECT_THAT(Answer(server, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("\r\n\r\nhello")));
}

// --------------------------------------------------------------------------------------------
// Pages.

TEST(HttpServer, AnswersWithAPageAsItIsNow) {
  std::atomic<int> asked = 0;
  const std::unique_ptr<HttpServer> server =
      Started({Page("/count",
                    [&asked] {
                      return HttpAnswer{200, absl::StrCat("asked ", ++asked)};
                    }),
               {"/health", "application/json", [](const HttpQuery& /*query*/) {
                  return HttpAnswer{503, "{}"};
                }}});
  ASSERT_NE(server, nullptr);
  EXPECT_NE(server->port(), 0);
  httplib::Client client("127.0.0.1", server->port());
  const httplib::Result first = client.Get("/count");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->status, 200);
  EXPECT_EQ(first->body, "asked 1");
  EXPECT_EQ(first->get_header_value("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(first->get_header_value("Cache-Control"), "no-store");
  EXPECT_EQ(client.Get("/count?why=x#y")->body, "asked 2");
  const httplib::Result health = client.Get("/health");
  ASSERT_TRUE(health);
  EXPECT_EQ(health->status, 503);
  EXPECT_EQ(health->body, "{}");
  EXPECT_EQ(health->get_header_value("Content-Type"), "application/json");
}

TEST(HttpServer, AnswersHeadWithoutTheBody) {
  const std::unique_ptr<HttpServer> server = WithHello();
  const std::string answer = Answer(*server, "HEAD /hello HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Length: 5\r\n")));
  EXPECT_TRUE(absl::EndsWith(answer, "\r\n\r\n")) << answer;
}

TEST(HttpServer, GivesLargePagesInFull) {
  const std::string large(8 << 20, 'x');
  const std::unique_ptr<HttpServer> server = Started({Page("/large", [&large] {
    return HttpAnswer{200, large};
  })});
  httplib::Client client("127.0.0.1", server->port());
  const httplib::Result result = client.Get("/large");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->body, large);
}

TEST(HttpServer, RefusesWhatIsNotThere) {
  const std::unique_ptr<HttpServer> server = WithHello();
  httplib::Client client("127.0.0.1", server->port());
  for (const char* path : {"/", "/hello/", "/hell", "/hello/x", "/HELLO", "/../hello", "/%00"}) {
    const httplib::Result result = client.Get(path);
    ASSERT_TRUE(result) << path;
    EXPECT_EQ(result->status, 404) << path;
    EXPECT_THAT(result->body, HasSubstr("/hello\n"));
  }
}

TEST(HttpServer, PagesSeeWhatTheyAreAskedFor) {
  const std::unique_ptr<HttpServer> server = Started({Echo("/keys"), Echo("/keys/*")});
  httplib::Client client("127.0.0.1", server->port());
  EXPECT_EQ(client.Get("/keys")->body, "/keys ");
  EXPECT_EQ(client.Get("/keys?top=5&code=8F3F&top=6&empty")->body, "/keys  code=8F3F empty= top=5");
  EXPECT_EQ(client.Get("/keys/00-DB-01")->body, "/keys/* 00-DB-01");
  EXPECT_EQ(client.Get("/keys/a%2Fb/c?x=%3C%00")->body,
            absl::StrCat("/keys/* a/b/c x=<", std::string(1, '\0')));
  EXPECT_EQ(client.Get("/keys/")->status, 404);
}

TEST(HttpServer, AnswersNothingButGetAndHead) {
  const std::unique_ptr<HttpServer> server = WithHello();
  httplib::Client client("127.0.0.1", server->port());
  for (const httplib::Result& result :
       {client.Post("/hello", std::string(1 << 20, 'x'), "text/plain"),
        client.Put("/hello", "x", "text/plain"), client.Delete("/hello"),
        client.Options("/hello")}) {
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, 405);
    EXPECT_EQ(result->get_header_value("Allow"), "GET, HEAD");
  }
}

TEST(HttpServer, SurvivesAPageThatThrows) {
  const std::unique_ptr<HttpServer> server =
      Started({Page("/bad", []() -> HttpAnswer { throw std::runtime_error("inner detail"); }),
               Page("/hello", [] {
                 return HttpAnswer{200, "hello"};
               })});
  const std::string answer = Answer(*server, "GET /bad HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_FALSE(absl::StrContains(answer, "inner detail"));
  ExpectAlive(*server);
}

// --------------------------------------------------------------------------------------------
// Odd clients.

TEST(HttpServer, LooksAtNoHeader) {
  const std::unique_ptr<HttpServer> server = WithHello();
  for (const char* header :
       {"Range: bytes=0-0,0-0,0-0,0-0", "Accept-Encoding: gzip, br", "Expect: 100-continue",
        "Transfer-Encoding: chunked", "Content-Length: 99999999999999999999", "Host",
        ": :", "Connection: keep-alive"}) {
    EXPECT_THAT(Answer(*server, absl::StrCat("GET /hello HTTP/1.1\r\n", header, "\r\n\r\n")),
                AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("\r\n\r\nhello")))
        << header;
  }
}

TEST(HttpServer, RefusesHeadsThatAreTooLong) {
  const std::unique_ptr<HttpServer> server = WithHello();
  const std::string start = "GET /hello HTTP/1.1\r\nX: ";
  const std::string fits(HttpServer::kMaxHeadBytes - start.size() - 4, 'x');
  EXPECT_THAT(Answer(*server, absl::StrCat(start, fits, "\r\n\r\n")), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Answer(*server, absl::StrCat(start, fits, "x\r\n\r\n")), StartsWith("HTTP/1.1 431 "));
  std::string many = "GET /hello HTTP/1.1\r\n";
  while (many.size() < size_t{20000}) {
    many += "a: b\r\n";
  }
  EXPECT_THAT(Answer(*server, many + "\r\n"), StartsWith("HTTP/1.1 431 "));
  ExpectAlive(*server);
}

TEST(HttpServer, RefusesWhatIsNotHttp) {
  const std::unique_ptr<HttpServer> server = WithHello();
  for (const std::string& text :
       {std::string("\r\n\r\n"), std::string("GET\r\n\r\n"), std::string("GET /hello\r\n\r\n"),
        std::string("GET /hello HTTP/9.9\r\n\r\n"), std::string("BREW /hello HTTP/1.1\r\n\r\n"),
        std::string("GET /he\0llo HTTP/1.1\r\n\r\n", 24),
        std::string("\x16\x03\x01\x02\r\n\r\n")}) {
    EXPECT_THAT(Answer(*server, text), StartsWith("HTTP/1.1 400 ")) << text;
  }
  EXPECT_EQ(Answer(*server, ""), "");
  EXPECT_EQ(Answer(*server, "GET /hello HTTP/1.1\r\n"), "");
  ExpectAlive(*server);
}

TEST(HttpServer, RandomBytesNeverCrash) {
  Random random = Random::FromEnvironment(20191131);
  SCOPED_TRACE(random.seed_text());
  const std::unique_ptr<HttpServer> server = WithHello();
  const std::string good = "GET /hello?a=%41&b HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\n\r\n";
  for (int run = 0; run < 500; ++run) {
    std::string text = good;
    for (uint64_t changes = 1 + random.Below(6); changes > 0; --changes) {
      const size_t at = random.Below(text.size());
      if (random.OneIn(2)) {
        text[at] = static_cast<char>(random.Below(256));
      } else {
        text.insert(at, 1, "% \r\n?&=/:"[random.Below(9)]);
      }
    }
    static_cast<void>(Answer(*server, text));
  }
  ExpectAlive(*server);
}

TEST(HttpServer, LetsGoOfClientsThatSendNothing) {
  const std::unique_ptr<HttpServer> server = WithHello();
  std::vector<std::unique_ptr<RawClient>> idle;
  for (size_t i = 0; i < HttpServer::kThreads; ++i) {
    idle.push_back(std::make_unique<RawClient>(*server));
    idle.back()->Send("GET /hel");
  }
  // All threads are taken, and this one waits until one of them gives up.
  ExpectAlive(*server);
  for (const std::unique_ptr<RawClient>& client : idle) {
    EXPECT_EQ(client->Receive(), "");
  }
}

// --------------------------------------------------------------------------------------------
// Beginning and end.

TEST(HttpServer, ServesSeveralAtATime) {
  // Each page is made only once all are asked for.
  std::latch all(static_cast<std::ptrdiff_t>(HttpServer::kThreads));
  const std::unique_ptr<HttpServer> server = Started({Page("/together", [&all] {
    all.arrive_and_wait();
    return HttpAnswer{200, "together"};
  })});
  std::vector<std::thread> clients;
  std::atomic<size_t> answered = 0;
  for (size_t i = 0; i < HttpServer::kThreads; ++i) {
    clients.emplace_back([&] {
      answered += absl::EndsWith(Answer(*server, "GET /together HTTP/1.1\r\n\r\n"), "together");
    });
  }
  for (std::thread& client : clients) {
    client.join();
  }
  EXPECT_EQ(answered, HttpServer::kThreads);
}

TEST(HttpServer, StopsWithConnectionsOpen) {
  std::unique_ptr<HttpServer> server = WithHello();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (size_t i = 0; i < HttpServer::kThreads + 2; ++i) {
    clients.push_back(std::make_unique<RawClient>(*server));
    clients.back()->Send("GET /hel");
  }
  const uint16_t port = server->port();
  server.reset();
  for (const std::unique_ptr<RawClient>& client : clients) {
    EXPECT_EQ(client->Receive(), "");
  }
  httplib::Client later("127.0.0.1", port);
  EXPECT_FALSE(later.Get("/hello"));
}

TEST(HttpServer, StopsAndStartsOnTheSamePort) {
  std::unique_ptr<HttpServer> server = WithHello();
  ExpectAlive(*server);
  const uint16_t port = server->port();
  server.reset();
  const auto again = HttpServer::Start("127.0.0.1", port, {});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)->port(), port);
}

TEST(HttpServer, SaysWhyItCannotListen) {
  const std::unique_ptr<HttpServer> server = WithHello();
  const absl::Status taken = HttpServer::Start("127.0.0.1", server->port(), {}).status();
  EXPECT_EQ(taken.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(taken.message()),
              AllOf(HasSubstr(absl::StrCat("127.0.0.1:", server->port())),
                    HasSubstr("Address already in use")));
  const absl::Status foreign = HttpServer::Start("192.0.2.1", 0, {}).status();
  EXPECT_THAT(std::string(foreign.message()),
              AllOf(HasSubstr("192.0.2.1:0"), HasSubstr("Cannot assign requested address")));
  const absl::Status no_name = HttpServer::Start("256.256.256.256", 80, {}).status();
  EXPECT_EQ(no_name.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(no_name.message()), HasSubstr("256.256.256.256:80"));
}

TEST(HttpServer, ListensOnNamesAndIpv6) {
  const auto named = HttpServer::Start("localhost", 0, {});
  EXPECT_TRUE(named.ok()) << named.status();
  const auto server = HttpServer::Start("::1", 0, {Page("/hello", [] {
                                          return HttpAnswer{200, "hello"};
                                        })});
  if (!server.ok() && absl::StrContains(server.status().message(), "Cannot assign")) {
    GTEST_SKIP() << "this machine has no IPv6: " << server.status();
  }
  ASSERT_TRUE(server.ok()) << server.status();
  httplib::Client client("::1", (*server)->port());
  const httplib::Result result = client.Get("/hello");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->body, "hello");
}

}  // namespace
}  // namespace weir

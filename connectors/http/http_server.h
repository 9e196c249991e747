// A small HTTP server for pages that are made when they are asked for: metrics and health.
//
// It answers GET and HEAD of the paths that it was given, one request a connection, and nothing
// else. It needs no trust in who asks: a request is at most kMaxHeadBytes long and has
// kMaxSeconds for everything, at most kThreads are served at a time, and of its head only
// the first line is looked at.
//
// Promises: no request, however long or slow, takes more than that, and none ends the process.
// Errors: Start says what is wrong with the address.
// Threads: Start gives the server threads of its own. Pages are made on these, several at a time.
//
// Layer: connectors/http (engine/base).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace weir {

struct HttpAnswer {
  int status = 200;
  std::string body;
};

// What of a request's target a page may look at, decoded. Whoever asks may say anything.
struct HttpQuery {
  std::string rest;                              // of the path, where the page's ends in `*`
  std::map<std::string, std::string> arguments;  // behind the `?`; of one given twice, the first
};

struct HttpPage {
  std::string path;  // `/metrics`, or `/api/keys/*` for all that begin so and go on
  std::string content_type;
  std::function<HttpAnswer(const HttpQuery&)> answer;
};

class HttpServer {
 public:
  static constexpr size_t kThreads = 3;
  static constexpr size_t kMaxHeadBytes = 8192;
  static constexpr int kMaxSeconds = 5;

  // Listens when it returns. `host` is an address, IPv6 without brackets, or a name; `port` 0 takes
  // any that is free.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const std::string& host, uint16_t port,
                                                           std::vector<HttpPage> pages);

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Closes the connections at once; waits for pages that are being made.
  ~HttpServer();

  uint16_t port() const { return port_; }

 private:
  class Loop;

  HttpServer(std::unique_ptr<Loop> loop, uint16_t port);

  std::unique_ptr<Loop> loop_;
  uint16_t port_;
};

}  // namespace weir

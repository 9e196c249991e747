#include "connectors/http/http_server.h"

#include <netdb.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

#include "httplib.h"
#include <sys/eventfd.h>
#include <sys/socket.h>

namespace weir {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kBacklog = 16;
// What a client may still send after the answer, so that it gets to read that.
constexpr size_t kMaxUnreadBytes = size_t{64} << 10;
constexpr std::chrono::milliseconds kUnreadTime{500};
constexpr int kOutOfHandlesMs = 100;
constexpr char kHeadEnd[] = "\r\n\r\n";
constexpr absl::string_view kHeadTooLong =
    "HTTP/1.1 431 Request Header Fields Too Large\r\n"
    "Connection: close\r\n"
    "Content-Length: 0\r\n\r\n";

// Owns a file descriptor.
class Handle {
 public:
  explicit Handle(int fd) : fd_(fd) {}

  Handle(Handle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  ~Handle() {
    if (fd_ >= 0) {
      static_cast<void>(close(fd_));
    }
  }

  int fd() const { return fd_; }

  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

// Waits until `fd` is ready for `events`; false if `stop` became readable or time is up before.
bool WaitFor(int fd, int16_t events, int stop, std::optional<Clock::time_point> deadline) {
  while (true) {
    int timeout = -1;
    if (deadline) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(*deadline - Clock::now()).count();
      timeout = static_cast<int>(std::max<int64_t>(left, 0));
    }
    pollfd fds[] = {{fd, events, 0}, {stop, POLLIN, 0}};
    const int ready = poll(fds, 2, timeout);
    if (ready < 0 && errno == EINTR) {
      continue;
    }
    return ready > 0 && fds[1].revents == 0;
  }
}

// One connection, and at the same time what httplib sees of it: the first line of the request, and
// a place for the answer. The other lines are left out because nothing here needs them, while each
// that httplib knows is one more way to keep it busy (ranges, encodings, bodies).
class Connection final : public httplib::Stream {
 public:
  Connection(Handle socket, int stop)
      : socket_(std::move(socket)),
        stop_(stop),
        deadline_(Clock::now() + std::chrono::seconds(HttpServer::kMaxSeconds)) {}

  // Whether a whole head has come in. If it is too long, says so to the client.
  bool ReceiveHead() {
    while (true) {
      const size_t end = head_.find(kHeadEnd);
      if (end != std::string::npos) {
        head_.resize(head_.find("\r\n"));
        head_.append(kHeadEnd);
        return true;
      }
      if (head_.size() >= HttpServer::kMaxHeadBytes) {
        write(kHeadTooLong.data(), kHeadTooLong.size());
        return false;
      }
      char buffer[2048];
      const size_t room = HttpServer::kMaxHeadBytes - head_.size();
      const ssize_t n = Receive(buffer, std::min(sizeof(buffer), room), deadline_);
      if (n <= 0) {
        return false;
      }
      head_.append(buffer, static_cast<size_t>(n));
    }
  }

  // Ends the answer. Closing at once would take it away from a client that is still sending.
  void Finish() {
    static_cast<void>(shutdown(socket_.fd(), SHUT_WR));
    const Clock::time_point deadline = std::min(deadline_, Clock::now() + kUnreadTime);
    char buffer[2048];
    for (size_t unread = 0; unread < kMaxUnreadBytes;) {
      const ssize_t n = Receive(buffer, sizeof(buffer), deadline);
      if (n <= 0) {
        return;
      }
      unread += static_cast<size_t>(n);
    }
  }

  bool is_readable() const override { return read_ < head_.size(); }

  bool is_writable() const override { return true; }

  ssize_t read(char* out, size_t size) override {
    const size_t n = std::min(size, head_.size() - read_);
    std::memcpy(out, head_.data() + read_, n);
    read_ += n;
    return static_cast<ssize_t>(n);
  }

  ssize_t write(const char* data, size_t size) override {
    size_t sent = 0;
    while (sent < size) {
      const ssize_t n = send(socket_.fd(), data + sent, size - sent, MSG_NOSIGNAL);
      if (n > 0) {
        sent += static_cast<size_t>(n);
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        if (!WaitFor(socket_.fd(), POLLOUT, stop_, deadline_)) {
          return -1;
        }
      } else if (errno != EINTR) {
        return -1;
      }
    }
    return static_cast<ssize_t>(sent);
  }

  void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}

  void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}

  // None: httplib refuses to serve numbers of 1024 and more.
  socket_t socket() const override { return -1; }

 private:
  // 0 if the client has closed, -1 on any failure.
  ssize_t Receive(char* buffer, size_t size, Clock::time_point deadline) {
    while (WaitFor(socket_.fd(), POLLIN, stop_, deadline)) {
      const ssize_t n = recv(socket_.fd(), buffer, size, 0);
      if (n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
        return n;
      }
    }
    return -1;
  }

  const Handle socket_;
  const int stop_;
  const Clock::time_point deadline_;
  std::string head_;
  size_t read_ = 0;  // of head_, by httplib
};

// Reads a request and writes the answer: of httplib only this much is used. Its own loop ends for
// good when a client is gone before it is accepted, and waits for slow clients without an end.
class Answerer final : public httplib::Server {
 public:
  explicit Answerer(std::vector<HttpPage> pages) {
    for (HttpPage& page : pages) {
      std::string path = page.path;
      pages_.insert_or_assign(std::move(path), std::move(page));
    }
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      Route(request, response);
      return HandlerResponse::Handled;
    });
  }

  void Answer(httplib::Stream& stream) {
    bool closed = false;
    process_request(stream, true, closed, nullptr);
  }

 private:
  void Route(const httplib::Request& request, httplib::Response& response) const {
    response.set_header("Cache-Control", "no-store");
    response.set_header("X-Content-Type-Options", "nosniff");
    if (request.method != "GET" && request.method != "HEAD") {
      response.set_header("Allow", "GET, HEAD");
      Refuse(405, "only GET and HEAD are answered here\n", response);
      return;
    }
    HttpQuery query;
    const HttpPage* const page = Find(request.path, query);
    if (page == nullptr) {
      Refuse(404, NotFoundText(), response);
      return;
    }
    query.arguments.insert(request.params.begin(), request.params.end());
    try {
      HttpAnswer answer = page->answer(query);
      response.status = answer.status;
      response.set_content(answer.body, page->content_type);
    } catch (const std::exception&) {
      Refuse(500, "this page could not be made\n", response);
    }
  }

  // Null if there is none.
  const HttpPage* Find(const std::string& path, HttpQuery& query) const {
    if (const auto page = pages_.find(path); page != pages_.end()) {
      return &page->second;
    }
    for (const auto& [pattern, page] : pages_) {
      absl::string_view rest = path;
      absl::string_view beginning = pattern;
      if (absl::ConsumeSuffix(&beginning, "*") && absl::ConsumePrefix(&rest, beginning) &&
          !rest.empty()) {
        query.rest = std::string(rest);
        return &page;
      }
    }
    return nullptr;
  }

  static void Refuse(int status, const std::string& text, httplib::Response& response) {
    response.status = status;
    response.set_content(text, "text/plain; charset=utf-8");
  }

  std::string NotFoundText() const {
    std::string text = "there is no such page here, only:\n";
    for (const auto& [path, page] : pages_) {
      absl::StrAppend(&text, path, "\n");
    }
    return text;
  }

  std::map<std::string, HttpPage> pages_;
};

std::string AddressText(const std::string& host, uint16_t port) {
  const bool bracketed = host.find(':') != std::string::npos;
  return absl::StrCat(bracketed ? "[" : "", host, bracketed ? "]:" : ":", port);
}

Handle Listen(const addrinfo& address) {
  Handle listener(socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                         address.ai_protocol));
  // So that a restart need not wait for connections of before. Not SO_REUSEPORT: two services
  // would share the port, and each scrape would see one of them.
  const int on = 1;
  if (!listener.ok() || setsockopt(listener.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      bind(listener.fd(), address.ai_addr, address.ai_addrlen) != 0 ||
      listen(listener.fd(), kBacklog) != 0) {
    return Handle(-1);
  }
  return listener;
}

absl::StatusOr<Handle> Listen(const std::string& host, uint16_t port) {
  const std::string attempt =
      absl::StrCat("cannot listen for HTTP on ", AddressText(host, port), ": ");
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(attempt, gai_strerror(error), ": give an address of this machine"));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  int reason = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    Handle listener = Listen(*address);
    if (listener.ok()) {
      return listener;
    }
    reason = errno;
  }
  return absl::UnavailableError(
      absl::StrCat(attempt, std::generic_category().message(reason),
                   ": stop what uses it, or give another address or port"));
}

// The port that was taken, of an IPv4 or IPv6 address.
uint16_t PortOf(const Handle& listener) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  char port[8] = "0";
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (getsockname(listener.fd(), any, &size) != 0 ||
      getnameinfo(any, size, nullptr, 0, port, sizeof(port), NI_NUMERICSERV) != 0) {
    return 0;
  }
  return static_cast<uint16_t>(std::strtoul(port, nullptr, 10));
}

}  // namespace

// The threads. Each waits for a connection and serves it to its end, so that no more are served at
// a time than there are threads, and others wait in the kernel.
class HttpServer::Loop {
 public:
  Loop(Handle listener, Handle stop, std::vector<HttpPage> pages)
      : listener_(std::move(listener)), stop_(std::move(stop)), answerer_(std::move(pages)) {}

  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  ~Loop() {
    // Stays readable, and so ends every wait from now on.
    static_cast<void>(eventfd_write(stop_.fd(), 1));
    for (std::thread& thread : threads_) {
      thread.join();
    }
  }

  absl::Status StartThreads() {
    try {
      while (threads_.size() < kThreads) {
        threads_.emplace_back([this] { Run(); });
      }
      return absl::OkStatus();
    } catch (const std::exception& error) {
      return absl::ResourceExhaustedError(
          absl::StrCat("cannot start a thread of the HTTP server: ", error.what()));
    }
  }

 private:
  void Run() {
    while (WaitFor(listener_.fd(), POLLIN, stop_.fd(), std::nullopt)) {
      Handle socket(accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket.ok()) {
        Serve(std::move(socket));
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        pollfd stop = {stop_.fd(), POLLIN, 0};
        static_cast<void>(poll(&stop, 1, kOutOfHandlesMs));
      }
      // Any other failure is the client's: another thread took it, or it is gone.
    }
  }

  void Serve(Handle socket) {
    try {
      Connection connection(std::move(socket), stop_.fd());
      if (connection.ReceiveHead()) {
        answerer_.Answer(connection);
      }
      connection.Finish();
    } catch (const std::exception&) {
      // Out of memory: this connection ends without an answer, the next may have one.
    }
  }

  const Handle listener_;
  const Handle stop_;
  Answerer answerer_;
  std::vector<std::thread> threads_;
};

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& host,
                                                              uint16_t port,
                                                              std::vector<HttpPage> pages) {
  absl::StatusOr<Handle> listener = Listen(host, port);
  if (!listener.ok()) {
    return listener.status();
  }
  Handle stop(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop.ok()) {
    return absl::ResourceExhaustedError(absl::StrCat("cannot make an event for the HTTP server: ",
                                                     std::generic_category().message(errno)));
  }
  const uint16_t taken = PortOf(*listener);
  auto loop = std::make_unique<Loop>(*std::move(listener), std::move(stop), std::move(pages));
  if (const absl::Status status = loop->StartThreads(); !status.ok()) {
    return status;
  }
  return absl::WrapUnique(new HttpServer(std::move(loop), taken));
}

HttpServer::HttpServer(std::unique_ptr<Loop> loop, uint16_t port)
    : loop_(std::move(loop)), port_(port) {}

HttpServer::~HttpServer() = default;

}  // namespace weir

// SPDX-License-Identifier: GPL-2.0-only
// Real::download against a server of our own that can be told to misbehave.
#include "catch.hh"
#include "sys/fd.hh"
#include "sys/real.hh"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

using namespace inst;
namespace fs = std::filesystem;

namespace {

/// Answers one connection after the other with what the test has prepared for it.
class Server {
public:
  explicit Server(std::vector<std::string> answers) : answers_(std::move(answers)) {
    listener_ = sys::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(::listen(listener_.get(), 8) == 0);
    REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/file";
  }
  std::vector<std::string> requests; ///< to be read once all answers were fetched

private:
  void serve() {
    for (const std::string& answer : answers_) {
      const sys::Fd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer)
        return;
      std::string request;
      char buffer[4096];
      while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t n = ::recv(peer.get(), buffer, sizeof(buffer), 0);
        if (n <= 0)
          break;
        request.append(buffer, static_cast<std::size_t>(n));
      }
      requests.push_back(request);
      static_cast<void>(::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL));
    }
  }

  std::vector<std::string> answers_;
  sys::Fd listener_;
  int port_ = 0;
  std::thread thread_;
};

std::string answer(const std::string& status, const std::string& head, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nConnection: close\r\n" + head + "\r\n" + body;
}

std::string whole(const std::string& body) {
  return answer("200 OK", "Content-Length: " + std::to_string(body.size()) + "\r\n", body);
}

struct Folder {
  fs::path dir;
  Folder() {
    for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"})
      ::unsetenv(name);
    std::string pattern = std::string(INST_TMP) + "/download-test-XXXXXX";
    dir = ::mkdtemp(pattern.data());
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(dir, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string path() const { return (dir / "file.part").string(); }
  [[nodiscard]] std::string text() const {
    std::ostringstream out;
    out << std::ifstream(path()).rdbuf();
    return out.str();
  }
};

} // namespace

TEST_CASE("A file is fetched, with progress on the way") {
  const Folder folder;
  const Server server({whole("content")});
  sys::Real real;
  std::uint64_t now = 0;
  std::uint64_t total = 0;
  const auto end = real.download({server.url(), folder.path(), [&](auto n, auto t) {
                                    now = n;
                                    total = t;
                                  }});
  CHECK(end.whole);
  CHECK(folder.text() == "content");
  CHECK(now == 7);
  CHECK(total == 7);
}

TEST_CASE("A connection that breaks is worth another try, which asks for the rest only") {
  const Folder folder;
  const std::string cut = answer("200 OK", "Content-Length: 10\r\n", "01234");
  const std::string rest = answer("206 Partial Content",
                                  "Content-Length: 5\r\nContent-Range: bytes 5-9/10\r\n", "56789");
  Server server({cut, rest});
  sys::Real real;
  const auto first = real.download({server.url(), folder.path(), {}});
  CHECK_FALSE(first.whole);
  CHECK(first.transient);
  CHECK(folder.text() == "01234");
  CHECK(real.download({server.url(), folder.path(), {}}).whole);
  CHECK(folder.text() == "0123456789");
  CHECK(server.requests.at(1).find("Range: bytes=5-") != std::string::npos);
}

TEST_CASE("A server that cannot continue is asked for the whole") {
  const Folder folder;
  std::ofstream(folder.path()) << "stale";
  const Server server({whole("fresh and whole"), whole("fresh and whole")});
  sys::Real real;
  CHECK(real.download({server.url(), folder.path(), {}}).whole);
  CHECK(folder.text() == "fresh and whole");
}

TEST_CASE("A partial file that is longer than the file is thrown away") {
  const Folder folder;
  std::ofstream(folder.path()) << "far too long for it";
  const Server server(
      {answer("416 Range Not Satisfiable", "Content-Length: 0\r\n", ""), whole("short")});
  sys::Real real;
  CHECK(real.download({server.url(), folder.path(), {}}).whole);
  CHECK(folder.text() == "short");
}

TEST_CASE("A missing file is not asked for again, an overloaded server is") {
  const Folder folder;
  const Server server({answer("404 Not Found", "Content-Length: 0\r\n", ""),
                       answer("503 Busy", "Content-Length: 0\r\n", "")});
  sys::Real real;
  const auto missing = real.download({server.url(), folder.path(), {}});
  CHECK_FALSE(missing.whole);
  CHECK_FALSE(missing.transient);
  CHECK(missing.cause.find("404") != std::string::npos);
  CHECK(real.download({server.url(), folder.path(), {}}).transient);
}

TEST_CASE("A proxy of the environment is asked instead of the server") {
  const Folder folder;
  Server proxy({whole("by proxy")});
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  sys::Real real;
  const auto end = real.download({"http://scst.invalid/file", folder.path(), {}});
  ::unsetenv("http_proxy");
  CHECK(end.whole);
  CHECK(folder.text() == "by proxy");
  CHECK(proxy.requests.at(0).find("GET http://scst.invalid/file") == 0);
}

TEST_CASE("A file URL is read from this machine") {
  const Folder folder;
  std::ofstream(folder.dir / "here") << "local";
  sys::Real real;
  CHECK(real.download({"file://" + (folder.dir / "here").string(), folder.path(), {}}).whole);
  CHECK(folder.text() == "local");
}

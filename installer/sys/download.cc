// SPDX-License-Identifier: GPL-2.0-only
// Real: one try to fetch a file, by libcurl. Proxies come from the environment (http_proxy,
// https_proxy, no_proxy), certificates are checked against those of the system.
#include "sys/fd.hh"
#include "sys/real.hh"

#include <cerrno>
#include <cstring>
#include <curl/curl.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

namespace inst::sys {
namespace {

constexpr long connect_seconds = 20;
constexpr long stall_bytes = 100; // a second, for …
constexpr long stall_seconds = 30;
constexpr long most_redirects = 8;

struct CurlEnd {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
using Curl = std::unique_ptr<CURL, CurlEnd>;

struct Transfer {
  CURL* curl = nullptr;
  const Download* what = nullptr;
  int fd = -1;
  curl_off_t start = 0; ///< bytes that were there already
  int error = 0;        ///< errno of a write that failed
};

size_t on_data(char* data, size_t size, size_t count, void* user) {
  Transfer& t = *static_cast<Transfer*>(user);
  const size_t bytes = size * count;
  for (size_t done = 0; done < bytes;) {
    const ssize_t n = ::write(t.fd, data + done, bytes - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0) {
      t.error = errno;
      return 0;
    }
    done += static_cast<size_t>(n);
  }
  return bytes;
}

int on_progress(void* user, curl_off_t total, curl_off_t now, curl_off_t /*up*/,
                curl_off_t /*up_now*/) {
  const Transfer& t = *static_cast<Transfer*>(user);
  if (t.what->progress)
    t.what->progress(static_cast<std::uint64_t>(t.start + now),
                     total > 0 ? static_cast<std::uint64_t>(t.start + total) : 0);
  return 0;
}

bool is_transient(CURLcode code, long status) {
  switch (code) {
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_CONNECT:
  case CURLE_PARTIAL_FILE:
  case CURLE_OPERATION_TIMEDOUT:
  case CURLE_GOT_NOTHING:
  case CURLE_RECV_ERROR:
  case CURLE_SEND_ERROR:
  case CURLE_HTTP2:
  case CURLE_HTTP2_STREAM:
    return true;
  case CURLE_HTTP_RETURNED_ERROR:
    return status == 408 || status == 429 || status >= 500;
  default:
    return false;
  }
}

Curl make_curl(Transfer& transfer, char* message) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  Curl curl(ready == CURLE_OK ? curl_easy_init() : nullptr);
  CURL* c = curl.get();
  transfer.curl = c;
  curl_easy_setopt(c, CURLOPT_URL, transfer.what->url.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https,ftp,file");
  curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(c, CURLOPT_MAXREDIRS, most_redirects);
  curl_easy_setopt(c, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_USERAGENT, "scst-install/" INST_VERSION);
  curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, connect_seconds);
  curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, stall_bytes);
  curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, stall_seconds);
  curl_easy_setopt(c, CURLOPT_RESUME_FROM_LARGE, transfer.start);
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(c, CURLOPT_XFERINFODATA, &transfer);
  curl_easy_setopt(c, CURLOPT_ERRORBUFFER, message);
  return curl;
}

/// What was there cannot be continued: it is too long, or the server begins anew.
bool must_begin_anew(CURLcode code, long status) {
  return code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME ||
         code == CURLE_FTP_COULDNT_USE_REST || status == 416;
}

} // namespace

DownloadEnd Real::download(const Download& what) {
  const Fd fd(::open(what.path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd)
    return {false, false, what.path + ": " + std::strerror(errno)};
  for (const bool again : {false, true}) {
    if (again && ::ftruncate(fd.get(), 0) != 0)
      break;
    Transfer transfer;
    transfer.what = &what;
    transfer.fd = fd.get();
    transfer.start = ::lseek(fd.get(), 0, SEEK_END);
    char message[CURL_ERROR_SIZE] = "";
    const Curl curl = make_curl(transfer, message);
    if (!curl)
      return {false, false, "libcurl cannot be used"};
    const CURLcode code = curl_easy_perform(curl.get());
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (transfer.start > 0 && must_begin_anew(code, status))
      continue;
    if (transfer.error != 0)
      return {false, false, what.path + ": " + std::strerror(transfer.error)};
    if (code != CURLE_OK)
      return {false, is_transient(code, status),
              message[0] != '\0' ? message : curl_easy_strerror(code)};
    if (::fsync(fd.get()) != 0)
      return {false, false, what.path + ": " + std::strerror(errno)};
    return {true, false, ""};
  }
  return {false, false, what.path + ": " + std::strerror(errno)};
}

} // namespace inst::sys

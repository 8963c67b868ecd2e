// SPDX-License-Identifier: GPL-2.0-only
// Real: files and folders. Every new file is written beside its name, synced, then renamed.
#include "sys/fd.hh"
#include "sys/real.hh"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <set>

namespace fs = std::filesystem;

namespace inst::sys {
namespace {

/// The folder under which the file system of path is mounted.
std::string mount_point(const std::string& path) {
  fs::path at = path;
  struct stat here {};
  while (::stat(at.c_str(), &here) != 0 && at.has_relative_path())
    at = at.parent_path();
  while (at.has_relative_path()) {
    struct stat above {};
    if (::stat(at.parent_path().c_str(), &above) != 0 || above.st_dev != here.st_dev)
      break;
    at = at.parent_path();
  }
  return at.string();
}

Error file_error(const std::string& what, const std::string& path, int code) {
  Error error{what, path, std::strerror(code), "", Exit::internal};
  if (code == ENOSPC || code == EDQUOT) {
    error.cause = fmt::format("no space left on the file system mounted at {}", mount_point(path));
    error.hint = "Free some space there and run scst-install again.";
    error.exit = Exit::missing;
  } else if (code == EACCES || code == EPERM) {
    error.hint = "Run scst-install as root.";
    error.exit = Exit::privilege;
  } else if (code == EROFS) {
    error.hint = "Mount that file system writable and run scst-install again.";
  }
  return error;
}

std::string temporary_of(const std::string& path) {
  const fs::path p = path;
  return (p.parent_path() / fmt::format(".{}.scst-install", p.filename().string())).string();
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// Makes path whole or not at all; fill() writes the content and returns false with errno set.
template <class Fill> Result<void> make_file(const std::string& path, unsigned mode, Fill fill) {
  const std::string temporary = temporary_of(path);
  Fd fd(::open(temporary.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (fd && fill(fd.get()) && ::fchmod(fd.get(), mode) == 0 && ::fsync(fd.get()) == 0 &&
      ::rename(temporary.c_str(), path.c_str()) == 0)
    return {};
  const int code = errno;
  if (fd)
    ::unlink(temporary.c_str());
  return file_error("write", path, code);
}

/// Gives the content to take(), which returns false to end with an error of its own, block by
/// block. False with errno set when that or reading fails.
template <class Take> bool each_block(int fd, Take take) {
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n == 0;
    if (!take(std::string_view(buffer.data(), static_cast<std::size_t>(n))))
      return false;
  }
}

FileType type_of(mode_t mode) {
  if (S_ISREG(mode))
    return FileType::regular;
  if (S_ISDIR(mode))
    return FileType::directory;
  if (S_ISLNK(mode))
    return FileType::symlink;
  return S_ISBLK(mode) ? FileType::block : FileType::other;
}

using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

DigestContext new_digest() {
  DigestContext context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  return context;
}

std::string finish_digest(EVP_MD_CTX* context) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned length = 0;
  EVP_DigestFinal_ex(context, bytes.data(), &length);
  std::string hex;
  for (unsigned i = 0; i < length; i++)
    hex += fmt::format("{:02x}", bytes.at(i));
  return hex;
}

class FileLock final : public Lock {
public:
  explicit FileLock(Fd fd) : fd_(std::move(fd)) {}

private:
  Fd fd_;
};

} // namespace

std::string digest_of(std::string_view text) {
  DigestContext context = new_digest();
  EVP_DigestUpdate(context.get(), text.data(), text.size());
  return finish_digest(context.get());
}

std::string random_word(std::size_t length) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr unsigned limit = 256 - 256 % letters.size(); // above it some would come more often
  std::string out;
  while (out.size() < length) {
    unsigned char byte = 0;
    if (RAND_bytes(&byte, 1) != 1)
      return "";
    if (byte < limit)
      out += letters[byte % letters.size()];
  }
  return out;
}

Result<void> make_folders(System& sys, const std::string& path) {
  for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    const std::string part = path.substr(0, at);
    if (!part.empty() && sys.stat(part).type == FileType::none)
      if (auto made = sys.make_dir(part, 0755); !made)
        return made;
    if (at == std::string::npos)
      return {};
  }
}

Stat Real::stat(const std::string& path) {
  struct stat st {};
  if (::lstat(path.c_str(), &st) != 0)
    return {};
  const std::int64_t ns = static_cast<std::int64_t>(st.st_mtim.tv_sec) * 1'000'000'000;
  return {type_of(st.st_mode),
          st.st_mode & 07777U,
          static_cast<std::uint64_t>(st.st_size),
          st.st_dev,
          st.st_ino,
          st.st_rdev,
          ns + st.st_mtim.tv_nsec};
}

Result<std::string> Real::read(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd)
    return file_error("read", path, errno);
  std::string text;
  if (!each_block(fd.get(), [&](std::string_view block) { return text.append(block), true; }))
    return file_error("read", path, errno);
  return text;
}

Result<std::string> Real::read_link(const std::string& path) {
  std::error_code code;
  const fs::path target = fs::read_symlink(path, code);
  if (code)
    return file_error("read link", path, code.value());
  return target.string();
}

std::vector<std::string> Real::list(const std::string& path) {
  std::vector<std::string> names;
  std::error_code code;
  for (fs::directory_iterator it(path, code), end; !code && it != end; it.increment(code))
    names.push_back(it->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::string> Real::digest(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd)
    return file_error("read", path, errno);
  DigestContext context = new_digest();
  const auto add = [&](std::string_view block) {
    return EVP_DigestUpdate(context.get(), block.data(), block.size()) == 1;
  };
  if (!each_block(fd.get(), add))
    return file_error("read", path, errno);
  return finish_digest(context.get());
}

bool Real::is_blank(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return fd && ::lseek(fd.get(), 0, SEEK_DATA) < 0 && errno == ENXIO;
}

std::uint64_t Real::free_space(const std::string& path) {
  fs::path at = path;
  struct statvfs st {};
  while (::statvfs(at.c_str(), &st) != 0) {
    if (!at.has_relative_path())
      return 0;
    at = at.parent_path();
  }
  return static_cast<std::uint64_t>(st.f_bavail) * st.f_frsize;
}

Result<void> Real::write(const std::string& path, std::string_view text, unsigned mode) {
  return make_file(path, mode, [&](int fd) { return write_all(fd, text); });
}

Result<void> Real::copy(const std::string& from, const std::string& to, unsigned mode) {
  Fd source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source)
    return file_error("read", from, errno);
  return make_file(to, mode, [&](int fd) {
    return each_block(source.get(), [&](std::string_view block) { return write_all(fd, block); });
  });
}

Result<void> Real::make_sparse(const std::string& path, std::uint64_t size, unsigned mode) {
  return make_file(path, mode,
                   [&](int fd) { return ::ftruncate(fd, static_cast<off_t>(size)) == 0; });
}

Result<void> Real::make_link(const std::string& target, const std::string& path) {
  const std::string temporary = temporary_of(path);
  ::unlink(temporary.c_str());
  if (::symlink(target.c_str(), temporary.c_str()) == 0 &&
      ::rename(temporary.c_str(), path.c_str()) == 0)
    return {};
  return file_error("make link", path, errno);
}

Result<void> Real::make_dir(const std::string& path, unsigned mode) {
  if (::mkdir(path.c_str(), mode) != 0)
    return file_error("make folder", path, errno);
  if (::chmod(path.c_str(), mode) != 0)
    return file_error("make folder", path, errno);
  return {};
}

Result<void> Real::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return file_error("remove", path, errno);
  return {};
}

bool Real::remove_dir(const std::string& path) {
  return ::rmdir(path.c_str()) == 0;
}

void Real::remove_partial(const std::string& path) {
  ::unlink(temporary_of(path).c_str());
}

Result<void> Real::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    return file_error("rename", to, errno);
  return {};
}

Result<void> Real::remove_tree(const std::string& path) {
  std::error_code code;
  fs::remove_all(path, code);
  if (code)
    return file_error("remove", path, code.value());
  return {};
}

Result<void> Real::append(const std::string& path, std::string_view text) {
  Fd fd(::open(path.c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd || !write_all(fd.get(), text) || ::fsync(fd.get()) != 0)
    return file_error("append to", path, errno);
  return {};
}

void Real::flush(const std::string& dir) {
  Fd fd(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd)
    ::fsync(fd.get());
}

Result<void> Real::settle(const std::string& root) {
  // Each may be a file system of its own.
  static constexpr std::array places{"/",    "/boot",        "/boot/efi", "/efi",       "/etc",
                                     "/lib", "/opt",         "/usr",      "/usr/local", "/usr/src",
                                     "/var", "/lib/modules", "/var/lib",  "/var/cache"};
  std::set<dev_t> settled;
  for (const char* place : places) {
    const std::string path = root + place;
    Fd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat st {};
    if (!fd || ::fstat(fd.get(), &st) != 0 || !settled.insert(st.st_dev).second)
      continue;
    if (::syncfs(fd.get()) != 0)
      return file_error("write to disk what is below", path, errno);
  }
  return {};
}

Result<std::unique_ptr<Lock>> Real::lock(const std::string& path) {
  Fd fd(::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd)
    return file_error("lock", path, errno);
  lock_fd_ = fd.get();
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0)
    return std::unique_ptr<Lock>(std::make_unique<FileLock>(std::move(fd)));
  return Error{"lock", path, "another scst-install is at work",
               "Wait until it, and the module build that it may have left, has ended.",
               Exit::locked};
}

} // namespace inst::sys

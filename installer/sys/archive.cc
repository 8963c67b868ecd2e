// SPDX-License-Identifier: GPL-2.0-only
// libarchive reads; what is written goes through file descriptors of real folders below the target,
// one component after the other and never through a link, so no entry can reach outside.
#include "sys/archive.hh"

#include "sys/fd.hh"
#include "sys/real.hh"

#include <archive.h>
#include <archive_entry.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <optional>

namespace inst::sys {
namespace {

using Path = std::vector<std::string>;

constexpr std::size_t name_limit = 255;
constexpr std::size_t depth_limit = 64;
constexpr std::size_t read_block = 65536;

struct ArchiveEnd {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Reader = std::unique_ptr<archive, ArchiveEnd>;

/// The way of an entry from the top; nothing when it would leave it.
std::optional<Path> split(const std::string& text) {
  if (text.empty() || text.front() == '/')
    return std::nullopt;
  Path path;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('/', at), text.size());
    const std::string part = text.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".")
      continue;
    if (part == ".." || part.size() > name_limit || path.size() == depth_limit)
      return std::nullopt;
    path.push_back(part);
  }
  return path;
}

/// May a link in a folder `depth` levels below the top lead there? ".." may only stand at its
/// start, where it counts real folders: further on it could follow another link upwards.
bool stays_inside(const std::string& target, std::size_t depth) {
  if (target.empty() || target.front() == '/')
    return false;
  bool at_start = true;
  for (std::size_t at = 0; at <= target.size();) {
    const std::size_t end = std::min(target.find('/', at), target.size());
    const std::string part = target.substr(at, end - at);
    at = end + 1;
    if (part.empty() || part == ".")
      continue;
    if (part == "..") {
      if (!at_start || depth <= 1) // the folder at the top must not be left either
        return false;
      depth--;
    } else {
      at_start = false;
    }
  }
  return true;
}

class Extractor {
public:
  Extractor(Reader reader, std::string name, const std::string& dir, const UnpackLimits& limits)
      : reader_(std::move(reader)), name_(std::move(name)), limits_(limits),
        dir_(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

  Result<Unpacked> run() {
    if (!dir_)
      return failed("open the folder");
    if (archive_filter_count(reader_.get()) > 2) // the packing, and the plain file below it
      return refused("it is packed several times over");
    for (;;) {
      archive_entry* entry = nullptr;
      const int code = archive_read_next_header(reader_.get(), &entry);
      if (code == ARCHIVE_EOF)
        break;
      if (code < ARCHIVE_WARN)
        return refused(said());
      if (auto done = take(entry); !done)
        return done.error();
    }
    if (out_.top.empty())
      return refused("there is nothing in it");
    ::syncfs(dir_.get());
    return out_;
  }

private:
  [[nodiscard]] std::string said() const {
    const char* text = archive_error_string(reader_.get());
    return text != nullptr ? text : "it cannot be read";
  }

  [[nodiscard]] Error refused(const std::string& cause) const {
    return {"unpack", name_ + (at_.empty() ? "" : ": " + at_), cause,
            "The archive is damaged, or made to do harm. Do not use it; get it anew from where it "
            "is published.",
            Exit::verification};
  }

  [[nodiscard]] Error failed(const std::string& what) const {
    const int code = errno;
    const bool full = code == ENOSPC || code == EDQUOT;
    return {what, name_ + (at_.empty() ? "" : ": " + at_), std::strerror(code),
            full ? "Free some space there and run scst-install again." : "",
            full ? Exit::missing : Exit::internal};
  }

  Result<void> take(archive_entry* entry) {
    const char* text = archive_entry_pathname(entry);
    if (text == nullptr)
      text = archive_entry_pathname_utf8(entry);
    at_ = text != nullptr ? text : "";
    if (++out_.entries > limits_.entries)
      return refused(fmt::format("it holds more than {} entries", limits_.entries));
    const std::optional<Path> path = split(at_);
    if (!path)
      return refused("the path leaves the folder, or is too long");
    if (path->empty())
      return {}; // "./"
    if (out_.top.empty())
      out_.top = path->front();
    if (path->front() != out_.top)
      return refused(fmt::format("it lies beside the folder {}, not in it", out_.top));
    if (archive_entry_hardlink(entry) != nullptr)
      return hard_link(*path, archive_entry_hardlink(entry));
    switch (archive_entry_filetype(entry)) {
    case AE_IFDIR:
      return folder(*path);
    case AE_IFREG:
      return file(*path, entry);
    case AE_IFLNK:
      return link(*path, archive_entry_symlink(entry));
    default:
      return refused("it is a device, a pipe or a socket");
    }
  }

  /// The folder that path lies in, made as far as it is missing. A link on the way ends it.
  Fd parent_of(const Path& path, bool make) {
    Fd at(::fcntl(dir_.get(), F_DUPFD_CLOEXEC, 0));
    for (std::size_t i = 0; at && i + 1 < path.size(); i++) {
      if (make)
        ::mkdirat(at.get(), path[i].c_str(), 0755);
      at = Fd(::openat(at.get(), path[i].c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    }
    return at;
  }

  [[nodiscard]] Error no_way() const {
    return errno == ENOTDIR || errno == ELOOP ? refused("its path leads through a link or a file")
                                              : failed("unpack");
  }

  [[nodiscard]] Error not_made() const {
    return errno == EEXIST ? refused("it is in there twice") : failed("unpack");
  }

  Result<void> folder(const Path& path) {
    const Fd parent = parent_of(path, true);
    if (!parent)
      return no_way();
    struct stat st {};
    if (::mkdirat(parent.get(), path.back().c_str(), 0755) == 0)
      return {};
    if (errno == EEXIST &&
        ::fstatat(parent.get(), path.back().c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(st.st_mode))
      return {};
    return not_made();
  }

  Result<void> link(const Path& path, const char* target) {
    if (target == nullptr || path.size() < 2 || !stays_inside(target, path.size() - 1))
      return refused(fmt::format("the link leaves the folder: {}",
                                 target != nullptr ? target : "it leads nowhere"));
    const Fd parent = parent_of(path, true);
    if (!parent)
      return no_way();
    if (::symlinkat(target, parent.get(), path.back().c_str()) != 0)
      return not_made();
    return {};
  }

  Result<void> hard_link(const Path& path, const std::string& target) {
    const std::optional<Path> from = split(target);
    if (!from || from->empty() || from->front() != out_.top)
      return refused("the link leaves the folder: " + target);
    const Fd source = parent_of(*from, false);
    struct stat st {};
    if (!source || ::fstatat(source.get(), from->back().c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(st.st_mode))
      return refused("the link leads to no file that came before it: " + target);
    const Fd parent = parent_of(path, true);
    if (!parent)
      return no_way();
    if (::linkat(source.get(), from->back().c_str(), parent.get(), path.back().c_str(), 0) != 0)
      return not_made();
    return {};
  }

  Result<void> file(const Path& path, archive_entry* entry) {
    if (path.size() < 2)
      return refused("it lies beside the top folder");
    const Fd parent = parent_of(path, true);
    if (!parent)
      return no_way();
    const Fd fd(::openat(parent.get(), path.back().c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd)
      return not_made();
    if (auto filled = fill(fd.get()); !filled)
      return filled;
    const timespec when{archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)};
    const timespec times[2] = {when, when};
    if (archive_entry_mtime_is_set(entry) != 0)
      ::futimens(fd.get(), times); // make goes by them; a time that cannot be set is no harm
    if (::fchmod(fd.get(), (archive_entry_perm(entry) & 0755U) | 0600U) != 0)
      return failed("unpack");
    return {};
  }

  /// Holes count too: a sparse file must not promise more than is allowed either.
  Result<void> fill(int fd) {
    std::uint64_t end = 0;
    for (;;) {
      const void* data = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int code = archive_read_data_block(reader_.get(), &data, &size, &offset);
      if (code == ARCHIVE_EOF)
        return {};
      if (code < ARCHIVE_WARN || offset < 0)
        return refused(said());
      const std::uint64_t now = static_cast<std::uint64_t>(offset) + size;
      out_.bytes += now > end ? now - end : 0;
      end = std::max(now, end);
      if (auto small = check_size(); !small)
        return small;
      if (!put(fd, static_cast<const char*>(data), size, offset))
        return failed("unpack");
    }
  }

  [[nodiscard]] Result<void> check_size() const {
    if (out_.bytes > limits_.bytes)
      return refused(fmt::format("it grows beyond {} MiB", limits_.bytes >> 20));
    const la_int64_t packed = archive_filter_bytes(reader_.get(), -1);
    if (out_.bytes > limits_.slack && packed > 0 &&
        out_.bytes / static_cast<std::uint64_t>(packed) > limits_.ratio)
      return refused(fmt::format("it grows to more than {} times its size", limits_.ratio));
    return {};
  }

  static bool put(int fd, const char* data, std::size_t size, la_int64_t offset) {
    while (size > 0) {
      const ssize_t n = ::pwrite(fd, data, size, offset);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return false;
      data += n;
      offset += n;
      size -= static_cast<std::size_t>(n);
    }
    return true;
  }

  Reader reader_;
  std::string name_;
  UnpackLimits limits_;
  Fd dir_;
  std::string at_; ///< entry at hand
  Unpacked out_;
};

Reader new_reader() {
  Reader reader(archive_read_new());
  archive_read_support_format_tar(reader.get());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_filter_zstd(reader.get());
  return reader;
}

Error not_an_archive(const std::string& name, const Reader& reader) {
  const char* text = archive_error_string(reader.get());
  return {"unpack", name, text != nullptr ? text : "it is no tar archive",
          "Get the file anew: it is damaged, or it is something else.", Exit::verification};
}

} // namespace

Result<Unpacked> unpack_memory(std::span<const std::uint8_t> data, const std::string& name,
                               const std::string& dir, const UnpackLimits& limits) {
  Reader reader = new_reader();
  if (archive_read_open_memory(reader.get(), data.data(), data.size()) != ARCHIVE_OK)
    return not_an_archive(name, reader);
  return Extractor(std::move(reader), name, dir, limits).run();
}

Result<Unpacked> Real::unpack(const std::string& archive, const std::string& dir,
                              const UnpackLimits& limits) {
  Reader reader = new_reader();
  if (archive_read_open_filename(reader.get(), archive.c_str(), read_block) != ARCHIVE_OK)
    return not_an_archive(archive, reader);
  return Extractor(std::move(reader), archive, dir, limits).run();
}

} // namespace inst::sys

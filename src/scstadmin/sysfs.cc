// SPDX-License-Identifier: GPL-2.0-only
#include "sysfs.hh"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace scstadm {

namespace {

namespace fs = std::filesystem;

class RealSysfs final : public Sysfs {
public:
  explicit RealSysfs(const std::string& root) : root_(root) {}

  bool exists(const std::string& path) const override {
    std::error_code err;
    return fs::exists(full(path), err);
  }

  std::vector<Entry> list(const std::string& path) const override {
    std::vector<Entry> entries;
    std::error_code err;
    for (fs::directory_iterator it(full(path), err), end; !err && it != end; it.increment(err)) {
      struct stat st {};
      if (lstat(it->path().c_str(), &st))
        continue; // went away meanwhile
      Entry e;
      e.name = it->path().filename();
      e.type = S_ISDIR(st.st_mode)   ? Entry::Type::Directory
               : S_ISLNK(st.st_mode) ? Entry::Type::Link
                                     : Entry::Type::File;
      // Root may open anything: only the mode tells what the kernel will do.
      e.readable = (st.st_mode & 0444u) != 0;
      e.writable = (st.st_mode & 0222u) != 0;
      entries.push_back(std::move(e));
    }
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.name < b.name; });
    return entries;
  }

  int read(const std::string& path, std::string& text) const override {
    int fd = open(full(path).c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
      return errno;
    char page[65536]; // one page at most, and that is the largest there is
    ssize_t n = ::read(fd, page, sizeof(page));
    int err = n < 0 ? errno : 0;
    close(fd);
    text.assign(page, n > 0 ? static_cast<std::size_t>(n) : 0);
    return err;
  }

  std::string link(const std::string& path) const override {
    std::error_code err;
    fs::path target = fs::read_symlink(full(path), err);
    return err ? std::string() : target.filename().string();
  }

  int write(const std::string& path, const std::string& text) override {
    int fd = open(full(path).c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0)
      return errno;
    const std::string line = text + "\n";
    ssize_t n = ::write(fd, line.data(), line.size());
    int err = n < 0 ? errno : 0;
    close(fd);
    return err;
  }

  // The kernel gives no event for the end of a command that it queued.
  void wait() override { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

private:
  std::string full(const std::string& path) const {
    return path.empty() ? root_ : root_ + "/" + path;
  }
  std::string root_;
};

} // namespace

std::unique_ptr<Sysfs> open_sysfs(const std::string& root) {
  return std::make_unique<RealSysfs>(root);
}

} // namespace scstadm

// SPDX-License-Identifier: GPL-2.0-only
// Access to the sysfs tree of SCST as text. Paths are relative to its root.
// The in-memory twin of the tests imitates the kernel's side.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace scstadm {

class Sysfs {
public:
  Sysfs() = default;
  Sysfs(const Sysfs&) = delete;
  Sysfs& operator=(const Sysfs&) = delete;
  virtual ~Sysfs() = default;

  struct Entry {
    enum class Type { Directory, File, Link } type = Type::File;
    std::string name;
    bool readable = true;
    bool writable = true;
  };

  virtual bool exists(const std::string& path) const = 0;
  /// Sorted by name; empty if there is no such folder.
  virtual std::vector<Entry> list(const std::string& path) const = 0;
  /// 0 or errno.
  virtual int read(const std::string& path, std::string& text) const = 0;
  /// Last part of what a link points to; empty if it is none.
  virtual std::string link(const std::string& path) const = 0;
  /// One write(2) of the text and a newline: 0 or errno.
  virtual int write(const std::string& path, const std::string& text) = 0;
  /// Lets time pass between two looks at a result that is still to come.
  virtual void wait() = 0;
};

/// The real tree below `root`.
std::unique_ptr<Sysfs> open_sysfs(const std::string& root);

constexpr const char* kSysfsRoot = "/sys/kernel/scst_tgt";

} // namespace scstadm

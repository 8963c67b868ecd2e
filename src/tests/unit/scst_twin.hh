// SPDX-License-Identifier: GPL-2.0-only
// The in-memory twin of the sysfs tree: handlers vdisk_fileio and vdisk_nullio,
// driver iscsi, with the mgmt commands of the real one. It records all writes.
#pragma once

#include "sysfs.hh"

#include <map>
#include <string>
#include <vector>

class ScstTwin final : public scstadm::Sysfs {
public:
  ScstTwin();

  bool exists(const std::string& path) const override;
  std::vector<Entry> list(const std::string& path) const override;
  int read(const std::string& path, std::string& text) const override;
  std::string link(const std::string& path) const override;
  int write(const std::string& path, const std::string& text) override;
  void wait() override { waits++; }

  /// Adds an attribute; `key` marks it.
  void attribute(const std::string& path, const std::string& value, bool key = false,
                 bool writable = true);

  std::vector<std::string> writes; ///< "path: text"
  int waits = 0;
  int eagain = 0;          ///< so many looks at the result of the next command find it unfinished
  bool queue_next = false; ///< the next command answers EAGAIN and goes on

private:
  struct Item {
    Entry::Type type = Entry::Type::File;
    std::string text; ///< or where a link points to
    bool writable = true;
  };
  void folder(const std::string& path);
  void remove(const std::string& path);
  int command(const std::string& path, const std::string& text);
  int handler(const std::string& folder, const std::string& text);
  int driver(const std::string& folder, const std::string& text);
  int luns(const std::string& folder, const std::string& text);
  int groups(const std::string& folder, const std::string& text);
  int initiators(const std::string& folder, const std::string& text);
  int add_device(const std::string& handler, const std::string& name, char* parameters);
  int add_target(const std::string& driver, const std::string& name, char* parameters);
  int add_lun(const std::string& folder, const std::string& device, const std::string& lun,
              char* parameters, bool replace);
  void group_folders(const std::string& path);

  std::map<std::string, Item> items_;
  mutable int pending_ = 0;
  int result_ = 0;
};

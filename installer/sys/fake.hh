// SPDX-License-Identifier: GPL-2.0-only
// The System in memory, for tests: a map of files, scripted answers, and a log of all changes.
#pragma once

#include "sys/system.hh"

#include <map>
#include <set>

namespace inst::sys {

class Fake : public System {
public:
  struct Node {
    FileType type = FileType::regular;
    std::string content; ///< text, or where a link leads
    unsigned mode = 0644;
    std::uint64_t rdev = 0;
    std::uint64_t ino = 0;
    std::uint64_t size = 0; ///< of a sparse file
  };

  // What the test sets up.
  std::map<std::string, Node> nodes;
  std::map<std::string, std::string> variables;
  std::set<std::string> programs; ///< names in PATH
  std::set<std::string> modules;  ///< loaded
  std::set<int> taken_ports;
  std::map<std::string, int> exit_status;    ///< program → status; others end with 0
  std::map<std::string, std::string> output; ///< program → what it prints
  std::string release = "6.1.0-50-amd64";
  std::string host = "box.example.lab";
  std::string signature; ///< what block_info() finds
  std::uint64_t space = std::uint64_t{10} << 30;
  bool root = true, capable = true;

  // What the test looks at.
  std::vector<std::string> changes; ///< one entry for each change, e.g. "write /etc/scst.conf"
  std::vector<std::string> runs;    ///< command lines

  void file(const std::string& path, const std::string& text = "", unsigned mode = 0644);
  void dir(const std::string& path);
  void link(const std::string& path, const std::string& target);

  Stat stat(const std::string& path) override;
  Result<std::string> read(const std::string& path) override;
  Result<std::string> read_link(const std::string& path) override;
  std::vector<std::string> list(const std::string& path) override;
  Result<std::string> digest(const std::string& path) override;
  bool is_blank(const std::string& path) override;
  std::uint64_t free_space(const std::string& path) override;
  Result<void> write(const std::string& path, std::string_view text, unsigned mode) override;
  Result<void> copy(const std::string& from, const std::string& to, unsigned mode) override;
  Result<void> make_sparse(const std::string& path, std::uint64_t size, unsigned mode) override;
  Result<void> make_link(const std::string& target, const std::string& path) override;
  Result<void> make_dir(const std::string& path, unsigned mode) override;
  Result<void> remove(const std::string& path) override;
  bool remove_dir(const std::string& path) override;
  void remove_partial(const std::string& path) override;
  Result<void> append(const std::string& path, std::string_view text) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove_tree(const std::string& path) override;
  Result<Unpacked> unpack(const std::string& archive, const std::string& dir,
                          const UnpackLimits& limits) override;
  Result<std::string> check_signature(const Signed& what) override;
  void flush(const std::string& path) override;
  Result<void> settle(const std::string& root) override;
  std::string boot_id() override;
  Result<std::unique_ptr<Lock>> lock(const std::string& path) override;
  Result<Output> run(const Command& command) override;
  std::string find_program(const std::string& name) override;
  std::vector<std::string> loaded_modules() override;
  Result<void> load_module(const std::string& name) override;
  Result<void> unload_module(const std::string& name) override;
  std::string kernel_release() override { return release; }
  std::string machine() override { return "x86_64"; }
  std::string host_name() override { return host; }
  bool is_root() override { return root; }
  bool may_load_modules() override { return capable; }
  std::string env(const std::string& name) override;
  Result<BlockInfo> block_info(const std::string& path) override;
  bool port_is_free(const std::string& address, int port) override;
  Result<std::vector<std::string>> discover(const std::string& portal, int seconds) override;
  DownloadEnd download(const Download& what) override;
  void pause(int seconds) override;

  std::map<std::string, std::string> web;                  ///< URL → content
  std::vector<DownloadEnd> hitches;                        ///< how the next downloads end instead
  std::vector<std::string> asked;                          ///< URLs, in order
  std::vector<int> pauses;                                 ///< seconds
  std::map<std::string, std::vector<std::string>> portals; ///< portal → targets it shows
};

} // namespace inst::sys

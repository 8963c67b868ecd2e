// SPDX-License-Identifier: GPL-2.0-only
// The System that acts on this machine.
#pragma once

#include "sys/system.hh"

namespace inst::sys {

class Real : public System {
public:
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
  void flush(const std::string& dir) override;
  Result<void> settle(const std::string& root) override;
  std::string boot_id() override;
  Result<std::unique_ptr<Lock>> lock(const std::string& path) override;

  Result<Output> run(const Command& command) override;
  std::string find_program(const std::string& name) override;
  std::vector<std::string> loaded_modules() override;
  Result<void> load_module(const std::string& name) override;
  Result<void> unload_module(const std::string& name) override;

  std::string kernel_release() override;
  std::string machine() override;
  std::string host_name() override;
  bool is_root() override;
  bool may_load_modules() override;
  std::string env(const std::string& name) override;
  Result<BlockInfo> block_info(const std::string& path) override;

  bool port_is_free(const std::string& address, int port) override;
  Result<std::vector<std::string>> discover(const std::string& portal, int seconds) override;
  DownloadEnd download(const Download& what) override;
  void pause(int seconds) override;

private:
  int lock_fd_ = -1; ///< of the last lock(); -1 = none
};

} // namespace inst::sys

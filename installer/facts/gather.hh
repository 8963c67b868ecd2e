// SPDX-License-Identifier: GPL-2.0-only
// Gathers the facts. Read-only: it changes nothing on the machine.
#pragma once

#include "facts/facts.hh"
#include "result.hh"
#include "sys/system.hh"

namespace inst::facts {

/// What to look at, from the command line.
struct Query {
  std::string root{};          ///< "" = this machine
  std::string payload{};       ///< staged install tree; "" = none
  std::string device{};        ///< disk or file to export; "" = none
  std::string debs{};          ///< folder of .deb files; "" = none
  bool kernels = false;        ///< which kernels could be installed, too: takes a second or two
  std::string data_dir{};      ///< where catalog, initscripts and guest lie
  bool build = false;          ///< what building a kernel takes, too
  std::string offline{};       ///< folder of files that would else be fetched; "" = none
  std::string kernel_config{}; ///< on the target; "" = none
  std::string toolchain{};     ///< folder on the target with bin/gcc; "" = the one in PATH
};

Result<Facts> gather(sys::System& sys, const Query& query);
/// Of this machine, in the order of their names.
std::vector<FreeDisk> free_disks(sys::System& sys);

// The parts, one file each. They fill their share of `facts`, whose root is already set.
void look_at_distribution(sys::System& sys, Facts& facts);
void look_at_packages(sys::System& sys, Facts& facts);
void look_at_kernels(sys::System& sys, Facts& facts);
void look_at_loading(sys::System& sys, Facts& facts);
void look_at_surroundings(sys::System& sys, Facts& facts);
void look_at_offers(sys::System& sys, bool kernels, Facts& facts);
void look_at_foreign_modules(sys::System& sys, Facts& facts);
void look_at_conflicts(sys::System& sys, Facts& facts);
void look_at_fc_ports(sys::System& sys, Facts& facts);
void look_at_disk(sys::System& sys, const std::string& path, Facts& facts);
Result<void> look_at_payload(sys::System& sys, const std::string& dir, Facts& facts);
void look_at_module_sources(sys::System& sys, Facts& facts);
void look_at_init_files(sys::System& sys, Facts& facts);
void look_at_boot_loader(sys::System& sys, Facts& facts);
void look_at_build_ground(sys::System& sys, const Query& query, Facts& facts);

// Text that several of them read.
std::vector<std::string> lines(const std::string& text);
std::vector<std::string> words(const std::string& text);
/// The file's text without the final newline; "" when it cannot be read.
std::string first_line(sys::System& sys, const std::string& path);

} // namespace inst::facts

// SPDX-License-Identifier: GPL-2.0-only
// What the user asked for. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace inst {

struct Options {
  std::string kernel;                          ///< see pick_kernels(), or "" (choose)
  std::string stack;                           ///< release of the stack, "own" or "" (choose)
  std::vector<std::string> patches;            ///< further patch families
  std::string root;                            ///< "" = this machine
  std::string payload;                         ///< staged install tree
  std::string debs;                            ///< folder of packages for the guest
  std::string suite = "bookworm";              ///< of the guest
  std::string device;                          ///< disk or file to export instead of a fresh file
  std::uint64_t size = std::uint64_t{1} << 30; ///< bytes of the fresh file
  std::vector<std::string> allow;              ///< initiator names or patterns
  std::string target;                          ///< "" = made from the host name
  std::string secret;                          ///< of CHAP; made for this run
  std::string offline;              ///< folder of files that would else be fetched; "" = the net
  std::vector<std::string> mirrors; ///< asked first; the files lie right below
  std::string toolchain;            ///< folder on the target with bin/gcc; "" = the one in PATH
  std::vector<std::string> modules; ///< further modules to load at boot (upstream's releases)
  std::string init = "auto";
  std::string road = "auto";
  std::string kernel_config; ///< to begin with where a kernel's tree has none; "" = choose
  bool nearest = false;      ///< patches made for an earlier kernel will do
  bool tuning = false;       ///< kernel options for speed too
  bool force_device = false;
  bool fc = false;       ///< serve by the Fibre Channel ports too
  bool chap = false;     ///< initiators have to know a secret
  bool built_in = false; ///< road "kernel": our stack is a part of it, not modules
  bool no_start = false;
};

} // namespace inst

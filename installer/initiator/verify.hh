// SPDX-License-Identifier: GPL-2.0-only
// Proves a target by an initiator that is not ours: what is read back is what was written.
#pragma once

#include "result.hh"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace inst {

struct VerifyOptions {
  std::string portal = "127.0.0.1:3260";
  std::string target; ///< "" = the only one that discovery shows
  std::string initiator = "iqn.2007-10.com.github:sahlberg:libiscsi:scst-install";
  int lun = 0;
  std::uint64_t write_mib = 0; ///< overwrites the LUN from block 0 on; 0 = writes nothing
};

struct Verified {
  std::vector<std::string> targets; ///< what discovery shows
  std::string target;
  std::string vendor, product, revision;
  std::uint64_t blocks = 0;
  std::uint32_t block_size = 0;            ///< bytes
  std::uint64_t written = 0;               ///< bytes
  std::string written_digest, read_digest; ///< SHA-256
};

/// Each result is handed to `said` as it comes, as a line for people.
Result<Verified> verify(const VerifyOptions& options,
                        const std::function<void(const std::string&)>& said);

} // namespace inst

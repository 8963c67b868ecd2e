// SPDX-License-Identifier: GPL-2.0-only
// An iSCSI initiator that is not ours: libiscsi behind RAII and Result.
#pragma once

#include "result.hh"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct iscsi_context;

namespace inst::sys {

struct Inquiry {
  int device_type = 0; ///< SPC-4 peripheral device type, 0 = disk
  std::string vendor, product, revision;
};

struct Capacity {
  std::uint64_t blocks = 0;
  std::uint32_t block_size = 0; ///< bytes
};

/// One session to one portal ("A:P"). All calls block, each at most `seconds`.
class Initiator {
public:
  Initiator(std::string name, std::string portal, int seconds);

  Result<std::vector<std::string>> discover();
  Result<void> login(const std::string& target, int lun);
  Result<Inquiry> inquiry();
  Result<Capacity> capacity();
  /// Length must be a multiple of the block size.
  Result<void> write(std::uint64_t lba, std::uint32_t block_size, std::vector<std::uint8_t>& data);
  Result<void> read(std::uint64_t lba, std::uint32_t block_size, std::vector<std::uint8_t>& data);

private:
  using Context = std::unique_ptr<iscsi_context, void (*)(iscsi_context*)>;
  [[nodiscard]] Context new_context() const;
  Error failed(const std::string& what, iscsi_context* context) const;

  std::string name_, portal_;
  int seconds_;
  int lun_ = 0;
  Context session_;
};

} // namespace inst::sys

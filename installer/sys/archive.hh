// SPDX-License-Identifier: GPL-2.0-only
// Unpacks tar archives that nobody trusts, by libarchive.
#pragma once

#include "sys/system.hh"

#include <span>

namespace inst::sys {

/// As System::unpack(), from memory; name is for messages.
Result<Unpacked> unpack_memory(std::span<const std::uint8_t> data, const std::string& name,
                               const std::string& dir, const UnpackLimits& limits);

} // namespace inst::sys

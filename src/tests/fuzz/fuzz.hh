// SPDX-License-Identifier: GPL-2.0-only
// What all fuzzers share: the entry point, and a check that stays in any build.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Ends the run if something that must always hold does not.
inline void must(bool holds) {
  if (!holds)
    abort();
}

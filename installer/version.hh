// SPDX-License-Identifier: GPL-2.0-only
// Kernel versions and their order. Pure.
#pragma once

#include <charconv>
#include <compare>
#include <string>
#include <string_view>

namespace inst {

struct Version {
  int major = 0, minor = 0, patch = 0;
  int fourth = 0; ///< stable level of a 2.6 kernel: the 6 of 2.6.29.6

  auto operator<=>(const Version&) const = default; // NOLINT(modernize-use-nullptr): not one
  [[nodiscard]] bool known() const { return major > 0; }
};

/// Reads up to four numbers at the start: "6.12.107+deb13" is 6.12.107, "7.3-rc7" is 7.3.0.
/// Not a version: known() is false.
inline Version parse_version(std::string_view text) {
  Version version;
  const char* at = text.data();
  const char* end = at + text.size();
  for (int* part : {&version.major, &version.minor, &version.patch, &version.fourth}) {
    const auto [next, code] = std::from_chars(at, end, *part);
    if (code != std::errc())
      break;
    if (next == end || *next != '.')
      break;
    at = next + 1;
  }
  return version;
}

inline std::string to_string(const Version& v) {
  std::string text =
      std::to_string(v.major) + '.' + std::to_string(v.minor) + '.' + std::to_string(v.patch);
  return v.fourth == 0 ? text : text + '.' + std::to_string(v.fourth);
}

} // namespace inst

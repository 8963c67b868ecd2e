// SPDX-License-Identifier: GPL-2.0-only
// What a kernel's release string (uname -r) tells about it, and what it does not. Pure.
#pragma once

#include "version.hh"

#include <optional>
#include <string>

namespace inst {

/// Is the stable level in the string the one of the sources?
enum class Trust {
  yes,
  partly, ///< the number is right, but the vendor has changed a lot beyond it
  no      ///< look it up where `truth` says
};

struct Release {
  std::string text;          ///< as given: module folders need it byte for byte
  std::string vendor;        ///< "vanilla", "Debian", "RHEL", …; "unknown" for a foreign tail
  std::string product;       ///< what the string tells beyond it: "12", "9.5", "SP4"; or ""
  Version base;              ///< 2.6.29, or 6.1 as {6, 1}
  std::optional<int> stable; ///< the number after the base; empty: the string has none
  std::string pre;           ///< "rc4", "rc5+123" (commits after it); "" for a release
  std::string flavour;       ///< "amd64", "generic", "default", …; or ""
  std::string build;         ///< the vendor's own number: "431", "91"; or ""
  Trust trust = Trust::yes;
  std::string truth; ///< where the real version stands, in words

  [[nodiscard]] bool known() const { return base.known(); }
  /// As exact as the string can be trusted.
  [[nodiscard]] Version version() const;
};

/// Not a kernel release: known() is false.
Release parse_release(const std::string& text);

const char* name_of(Trust trust);

/// "6.1", "2.6.29"
std::string base_text(const Version& base);

} // namespace inst

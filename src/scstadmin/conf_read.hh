// SPDX-License-Identifier: GPL-2.0-only
// scst.conf of 2.x and 3.x: text to model. It reads no file and never stops at
// the first error.
#pragma once

#include "model.hh"

#include <string>
#include <string_view>
#include <vector>

namespace scstadm {

struct ConfError {
  Place place;
  std::string text; ///< what is wrong and what to write instead
};

struct Conf {
  Node root;
  std::vector<ConfError> errors;
};

/// `file` is the name used in places.
Conf read_conf(std::string_view text, const std::string& file);

} // namespace scstadm

// SPDX-License-Identifier: GPL-2.0-only
// The shape of an scst.conf, as far as the doctor needs it: blocks, keys, where braces are wrong.
// What the words mean is scstadmin's business. Pure.
#pragma once

#include <string>
#include <vector>

namespace inst::doctor {

struct Block {
  std::string keyword, name; ///< "TARGET", "iqn…"; both "" for the file itself
  int line = 0;
  std::vector<std::pair<std::string, std::string>> keys; ///< key → rest of the line
  std::vector<Block> blocks;

  /// Value of the first key of that name; "" = there is none.
  [[nodiscard]] std::string value(const std::string& key) const;
  /// Blocks of that keyword, at any depth.
  [[nodiscard]] std::vector<const Block*> all(const std::string& keyword) const;
};

struct Conf {
  Block top;
  std::string fault; ///< "line 7: …"; "" = well formed
};

Conf read_conf(const std::string& text);

} // namespace inst::doctor

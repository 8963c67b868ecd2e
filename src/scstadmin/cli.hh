// SPDX-License-Identifier: GPL-2.0-only
// Command line of scstadmin: one or two dashes, any unique prefix, any case,
// the value as next word or after "=". One table says it all.
#pragma once

#include "model.hh"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scstadm {

enum class Value { None, Required, Optional };

/// What a verb cannot do without, as bits.
enum Needs : unsigned {
  kDriver = 1,
  kTarget = 2,
  kGroup = 4,
  kDevice = 8,
  kHandler = 16,
  kTo = 32,
  kAttributes = 64,
};

struct OptionRow {
  const char* name;
  Value value;
  bool verb;
  bool query; ///< reads only: several may be given
  unsigned needs;
  const char* help; ///< name of the value and what it does; null: a synonym
};

/// All options, verbs first.
const std::vector<OptionRow>& option_table();

struct Command {
  const OptionRow* row = nullptr;
  std::string value; ///< empty if there is none
};

struct CommandLine {
  std::vector<Command> verbs;
  std::map<std::string, std::string> modifiers; ///< by full name; "" if it has no value
  std::string error;                            ///< not empty: what is wrong

  bool has(const std::string& name) const { return modifiers.contains(name); }
  std::string get(const std::string& name) const;
};

CommandLine parse_command_line(const std::vector<std::string>& words);

/// "a=1,b=x\,y,c" as attributes; a name without "=" means 1. A backslash or
/// double quotes keep a comma from separating. Empty optional: malformed.
std::optional<std::vector<Attribute>> parse_attributes(std::string_view text);

std::string usage();

} // namespace scstadm

// SPDX-License-Identifier: GPL-2.0-only
// -config, -check_config, -write_config, -clear_config: whole configurations.
#include "verbs.hh"

#include "apply.hh"
#include "conf_read.hh"
#include "conf_write.hh"
#include "foreign.hh"
#include "sysfs_read.hh"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

namespace scstadm {

namespace {

/// A configuration is some kilobytes; this only stops a wrong file name.
constexpr std::streamoff kMaxFile = 64l * 1024 * 1024;

/// Reads and parses; false: errors were told.
bool load(Session& s, const std::string& file, Conf& conf) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) {
    s.error(fmt::format("cannot read {}: {}; give the file after -config", file, strerror(errno)));
    return false;
  }
  const std::streamoff size = in.tellg();
  if (size < 0 || size > kMaxFile) {
    s.error(fmt::format("{} is no configuration file: it is too large or no file", file));
    return false;
  }
  in.seekg(0);
  std::string text(static_cast<std::size_t>(size), '\0');
  in.read(text.data(), size);
  conf = read_conf(text, file);
  for (const ConfError& e : conf.errors)
    s.error(to_text(e.place) + e.text);
  if (!conf.errors.empty())
    s.error(fmt::format("{}: {} error(s); nothing was changed", file, conf.errors.size()));
  else if (conf.root.attributes.empty() && conf.root.children.empty())
    s.error(fmt::format("warning: {} is empty", file));
  for (const std::string& text : drop_foreign(conf.root))
    s.out("\t" + text + ": left out");
  return conf.errors.empty();
}

int tell(Session& s, const Diff& diff) {
  for (const std::string& text : diff.left_alone)
    s.out("\t" + text + ": left alone, -force changes that");
  for (const std::string& text : diff.errors)
    s.error(text);
  return diff.errors.empty() ? 0 : 1;
}

std::string file_of(const Command& c) {
  return c.value.empty() ? kDefaultConfig : c.value;
}

} // namespace

int run_config(Session& s, const Command& c) {
  Conf conf;
  if (!load(s, file_of(c), conf))
    return 1;
  const bool force = s.line.has("force");
  Diff diff = compare(conf.root, read_live(s.sysfs), force);
  if (force && !diff.operations.empty() &&
      !confirmed(s, "With -force, what is not in the file is removed or replaced. Go on?"))
    return s.ask ? 0 : 1;
  int told = tell(s, diff);
  int done = carry_out(s, diff.operations);
  return told ? told : done;
}

int run_check_config(Session& s, const Command& c) {
  Conf conf;
  if (!load(s, file_of(c), conf))
    return 1;
  Diff diff = compare(conf.root, read_live(s.sysfs), s.line.has("force"));
  int code = tell(s, diff);
  s.out(fmt::format("{}: {} error(s), {} change(s) to make.", file_of(c), diff.errors.size(),
                    diff.operations.size()));
  return code;
}

int run_write_config(Session& s, const Command& c) {
  const Node saved = for_file(read_live(s.sysfs), s.line.has("nonkey"));
  const std::string text = print_conf(saved);
  if (s.line.has("dry_run")) {
    s.out(text);
    return 0;
  }
  if (std::string error = save_file(c.value, text); !error.empty()) {
    s.error(error);
    return 1;
  }
  s.out(fmt::format("-> Writing current configuration to file '{}': done.", c.value));
  return 0;
}

int run_clear_config(Session& s, const Command& /*c*/) {
  if (!s.line.has("force")) {
    s.error("Please specify -force with -clear_config: it removes all targets and devices.");
    return 1;
  }
  if (!confirmed(s, "All targets, LUNs and devices will be removed. Go on?"))
    return s.ask ? 0 : 1;
  return carry_out(s, compare(Node{}, read_live(s.sysfs), true).operations);
}

} // namespace scstadm

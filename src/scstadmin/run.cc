// SPDX-License-Identifier: GPL-2.0-only
#include "verbs.hh"

#include "apply.hh"

#include <fmt/format.h>

namespace scstadm {

namespace {

int run_one(Session& s, const Command& c) {
  const std::string name = c.row->name;
  if (name == "config")
    return run_config(s, c);
  if (name == "check_config")
    return run_check_config(s, c);
  if (name == "write_config")
    return run_write_config(s, c);
  if (name == "clear_config")
    return run_clear_config(s, c);
  if (name.starts_with("list_"))
    return run_list(s, c);
  return run_change(s, c);
}

} // namespace

bool confirmed(Session& s, const std::string& question) {
  if (s.line.has("noprompt") || s.line.has("dry_run"))
    return true;
  if (!s.ask) {
    s.error(fmt::format("{} Standard input is no terminal, so nothing was asked and nothing "
                        "changed: add -noprompt to go on.",
                        question));
    return false;
  }
  if (s.ask(question))
    return true;
  s.out("Aborting, nothing was changed.");
  return false;
}

int carry_out(Session& s, const std::vector<Operation>& operations) {
  if (s.line.has("dry_run")) {
    for (const Operation& op : operations)
      s.out(fmt::format("\t{}: echo \"{}\" >{}", op.what, op.text, op.path));
    s.out(fmt::format("-> Dry run, {} change(s) would be made.", operations.size()));
    return 0;
  }
  Outcome outcome = apply(s.sysfs, operations);
  for (const std::string& error : outcome.errors)
    s.error(error);
  s.out(fmt::format("-> Done, {} change(s) made.", outcome.done));
  return outcome.errors.empty() ? 0 : 1;
}

int run(Session& s) {
  int code = 0;
  s.out("");
  for (const Command& c : s.line.verbs) {
    if (c.row->query)
      s.out("Collecting current configuration: done.\n");
    else
      s.out("-> Making requested changes.");
    int one = run_one(s, c);
    code = one ? one : code;
  }
  if (!code)
    s.out("\nAll done.");
  return code;
}

} // namespace scstadm

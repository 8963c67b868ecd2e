// SPDX-License-Identifier: GPL-2.0-only
// The sub-commands that only look, and what they all look at.
#include "looking.hh"

#include "catalog/load.hh"
#include "doctor/run.hh"
#include "facts/gather.hh"
#include "plan/kernels.hh"
#include "report/kernels.hh"
#include "session.hh"

#include <fmt/format.h>

namespace inst {
namespace {

Wishes wishes_of(const Session& s) {
  const Options& o = s.cli.options;
  return {o.stack, o.nearest, o.patches, o.tuning};
}

void print(const Session& s, const nlohmann::json& json, const std::string& text) {
  s.terminal.out(s.cli.json ? json.dump(2) + '\n' : text);
}

int show_release(const Session& s) {
  const Release release = parse_release(s.cli.parse);
  if (!release.known())
    return s.fail({"parse", s.cli.parse, "this is no kernel release",
                   "Give what uname -r prints, such as 6.1.0-56-amd64.", Exit::usage});
  print(s, report::release_json(release), report::release_text(release));
  return 0;
}

} // namespace

std::string data_dir(const Session& s) {
  if (!s.cli.data_dir.empty())
    return s.cli.data_dir;
  const std::string exe = s.sys.read_link("/proc/self/exe").value_or("");
  const std::string bin = exe.substr(0, exe.rfind('/'));
  const std::string beside = bin.substr(0, bin.rfind('/')) + "/share/scst-install";
  return s.sys.stat(beside).type == sys::FileType::directory ? beside : INST_DATA_DIR;
}

std::vector<std::string> catalog_dirs(const Session& s) {
  return {data_dir(s) + "/catalog", s.cli.options.root + catalog::user_dir};
}

Result<Catalog> load_catalog(const Session& s) {
  return catalog::load(s.sys, catalog_dirs(s));
}

Result<Facts> gather_facts(const Session& s, bool kernels) {
  const Options& o = s.cli.options;
  facts::Query query{o.root,      o.payload,         o.device,  o.debs,          kernels,
                     data_dir(s), !o.kernel.empty(), o.offline, o.kernel_config, o.toolchain};
  auto facts = facts::gather(s.sys, query);
  if (!facts || kernels || !needs_offers(o.kernel, facts->kernels))
    return facts;
  query.kernels = true;
  return facts::gather(s.sys, query);
}

Result<Planned> plan_for(const Session& s) {
  const auto facts = gather_facts(s);
  if (!facts)
    return facts.error();
  const auto catalog = load_catalog(s);
  if (!catalog)
    return catalog.error();
  return make_plan(*facts, *catalog, s.cli.options);
}

int show_facts(const Session& s) {
  const auto facts = gather_facts(s);
  if (!facts)
    return s.fail(facts.error());
  print(s, report::facts_json(*facts), report::facts_text(*facts));
  return 0;
}

int show_kernels(const Session& s) {
  if (!s.cli.parse.empty())
    return show_release(s);
  const auto facts = gather_facts(s, true);
  if (!facts)
    return s.fail(facts.error());
  const auto catalog = load_catalog(s);
  if (!catalog)
    return s.fail(catalog.error());
  const std::vector<Candidate> all = candidates(*facts, *catalog, wishes_of(s));
  print(s, report::kernels_json(all, *facts), report::kernels_text(all, *facts));
  return 0;
}

int show_doctor(const Session& s) {
  const auto facts = gather_facts(s);
  if (!facts)
    return s.fail(facts.error());
  const auto catalog = load_catalog(s);
  if (!catalog)
    return s.fail(catalog.error());
  auto all = doctor::examine(s.sys, *facts, *catalog);
  if (s.cli.fix) {
    if (!s.sys.is_root())
      return s.fail({"doctor --fix", "", "this needs root",
                     "Run scst-install with sudo or as root.", Exit::privilege});
    if (auto agreed = s.confirm("Put right what can be?"); !agreed)
      return s.fail(agreed.error());
    for (const std::string& line : doctor::fix(s.sys, *facts, *catalog, all))
      (s.cli.json ? s.terminal.err : s.terminal.out)(line + '\n');
    const auto again = gather_facts(s);
    if (!again)
      return s.fail(again.error());
    all = doctor::examine(s.sys, *again, *catalog);
  }
  print(s, doctor::json_of(all), doctor::text_of(all));
  return s.end(doctor::exit_of(all));
}

int explain(const Session& s) {
  if (!s.cli.check.empty()) {
    const std::string text = doctor::explanation(s.cli.check);
    if (text.empty())
      return s.fail({"explain", s.cli.check, "the doctor has no such check",
                     "'scst-install doctor --json' lists them.", Exit::usage});
    print(s, {{"schema", 1}, {"text", text}}, text);
    return 0;
  }
  const std::string& wish = s.cli.options.kernel;
  const auto facts = gather_facts(s);
  if (!facts)
    return s.fail(facts.error());
  const auto catalog = load_catalog(s);
  if (!catalog)
    return s.fail(catalog.error());
  const Wishes wishes = wishes_of(s);
  Picked picked = pick_kernels(wish.empty() ? "running" : wish, *facts, *catalog, wishes);
  if (picked.kernels.empty()) { // not here, but the catalog may know it
    Candidate c;
    c.release = wish;
    c.subject = subject_of(wish);
    if (!c.subject.release.known())
      return s.fail({"explain", wish, picked.fault, picked.hint, Exit::kernel});
    c.selection = select(c.subject, *catalog, wishes);
    picked.kernels.push_back(std::move(c));
  }
  print(s, report::explain_json(picked.kernels, *facts),
        report::explain_text(picked.kernels, *facts));
  const bool supported = picked.kernels.front().selection.supported();
  return s.end(supported ? Exit::ok : Exit::kernel);
}

int lint_catalog(const Session& s) {
  catalog::Faults faults;
  const Catalog catalog = catalog::read(s.sys, catalog_dirs(s), faults);
  for (const std::string& what : catalog::contradictions(catalog))
    faults.push_back({"", 0, what});
  std::string text;
  nlohmann::json json = nlohmann::json::array();
  for (const catalog::Fault& f : faults) {
    json.push_back({{"file", f.file}, {"line", f.line}, {"what", f.what}});
    text += f.file.empty() ? f.what + '\n' : fmt::format("{}:{}: {}\n", f.file, f.line, f.what);
  }
  text += fmt::format("{} releases, {} patch families, {} kernel options, {} families of "
                      "distributions: {}\n",
                      catalog.releases.size(), catalog.patches.size(), catalog.options.size(),
                      catalog.families.size(),
                      faults.empty() ? "no fault" : fmt::format("{} faults", faults.size()));
  print(s, {{"schema", 1}, {"faults", json}}, text);
  return s.end(faults.empty() ? Exit::ok : Exit::verification);
}

} // namespace inst

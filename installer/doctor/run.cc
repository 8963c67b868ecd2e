// SPDX-License-Identifier: GPL-2.0-only
#include "doctor/run.hh"

#include "facts/gather.hh"

#include <algorithm>
#include <fmt/format.h>

namespace inst::doctor {
namespace {

const char* name_of(Verdict verdict) {
  switch (verdict) {
  case Verdict::good:
    return "ok";
  case Verdict::skipped:
    return "skipped";
  case Verdict::note:
    return "note";
  case Verdict::warning:
    return "warning";
  case Verdict::fault:
    return "fault";
  }
  return "";
}

Ground ground_of(sys::System& sys, const Facts& facts, const Catalog& catalog) {
  Ground g{sys, facts, catalog, read_conf(facts.config), {}, false};
  if (!g.live() || !facts.is_root)
    return g;
  const auto said = sys.run({{"dmesg"}, "", {}});
  g.log_seen = said && said->status == 0;
  if (g.log_seen)
    g.log = facts::lines(said->out);
  return g;
}

std::size_t count(const std::vector<Examined>& all, Verdict verdict) {
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [&](const Examined& e) { return e.finding.verdict == verdict; }));
}

} // namespace

std::vector<Examined> examine(sys::System& sys, const Facts& facts, const Catalog& catalog) {
  const Ground ground = ground_of(sys, facts, catalog);
  std::vector<Examined> out;
  for (const Check& check : all_checks())
    out.push_back({check, check.look(ground)});
  return out;
}

std::string text_of(const std::vector<Examined>& all) {
  std::string text;
  for (const Verdict verdict : {Verdict::fault, Verdict::warning, Verdict::note})
    for (const Examined& e : all)
      if (e.finding.verdict == verdict)
        text += fmt::format("{} {}: {}\n  {}{}\n", e.check.id, name_of(verdict), e.finding.what,
                            e.finding.hint, e.check.fix != nullptr ? " (--fix does it)" : "");
  return text + fmt::format("{} checks: {} good, {} faults, {} warnings, {} notes; {} do not apply "
                            "here\n",
                            all.size(), count(all, Verdict::good), count(all, Verdict::fault),
                            count(all, Verdict::warning), count(all, Verdict::note),
                            count(all, Verdict::skipped));
}

nlohmann::json json_of(const std::vector<Examined>& all) {
  nlohmann::json checks = nlohmann::json::array();
  for (const Examined& e : all)
    checks.push_back({{"id", e.check.id},
                      {"area", e.check.area},
                      {"title", e.check.title},
                      {"verdict", name_of(e.finding.verdict)},
                      {"what", e.finding.what},
                      {"hint", e.finding.hint},
                      {"fixable", e.check.fix != nullptr}});
  return {{"schema", 1}, {"checks", checks}};
}

std::string explanation(const std::string& id) {
  for (const Check& check : all_checks())
    if (id == check.id)
      return fmt::format("{} ({}): {}.\n  {}\n  {}\n", check.id, check.area, check.title, check.why,
                         check.fix != nullptr ? "'scst-install doctor --fix' puts it right."
                                              : "The doctor says what to do, and does not do it.");
  return "";
}

Exit exit_of(const std::vector<Examined>& all) {
  if (count(all, Verdict::fault) > 0)
    return Exit::verification;
  return count(all, Verdict::warning) > 0 ? Exit::partial : Exit::ok;
}

std::vector<std::string> fix(sys::System& sys, const Facts& facts, const Catalog& catalog,
                             const std::vector<Examined>& all) {
  const Ground ground = ground_of(sys, facts, catalog);
  std::vector<std::string> out;
  for (const Examined& e : all) {
    if (e.check.fix == nullptr || e.finding.verdict < Verdict::note)
      continue;
    const auto done = e.check.fix(ground);
    out.push_back(fmt::format("{}: {}", e.check.id,
                              done ? *done : done.error().line() + ". " + done.error().hint));
  }
  return out;
}

} // namespace inst::doctor

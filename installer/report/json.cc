// SPDX-License-Identifier: GPL-2.0-only
// Reports as JSON for programs.
#include "plan/serialize.hh"
#include "report/report.hh"

namespace inst::report {

using nlohmann::json;

namespace {

json kernels_json(const Facts& f) {
  json out = json::array();
  for (const Kernel& k : f.kernels)
    out.push_back({{"release", k.release},
                   {"version", to_string(k.version)},
                   {"running", k.running},
                   {"modules", k.modules_dir},
                   {"build_tree", k.build_tree}});
  return out;
}

json conflicts_json(const Facts& f) {
  json out = json::array();
  for (const Conflict& c : f.conflicts)
    out.push_back({{"what", c.what}, {"hint", c.hint}});
  return out;
}

json fc_ports_json(const Facts& f) {
  json out = json::array();
  for (const FcPort& p : f.fc_ports)
    out.push_back({{"host", p.host},
                   {"driver", p.driver},
                   {"name", p.name},
                   {"state", p.state},
                   {"disks", p.disks}});
  return out;
}

} // namespace

json facts_json(const Facts& f) {
  json disk = nullptr;
  if (!f.disk.path.empty())
    disk = {{"path", f.disk.path}, {"exists", f.disk.exists}, {"block", f.disk.block},
            {"size", f.disk.size}, {"users", f.disk.users},   {"signature", f.disk.signature}};
  return {
      {"schema", 1},
      {"distribution",
       {{"id", f.distribution.id},
        {"like", f.distribution.like},
        {"version", f.distribution.version},
        {"codename", f.distribution.codename},
        {"name", f.distribution.name}}},
      {"machine", f.machine},
      {"host_name", f.host_name},
      {"root_user", f.is_root},
      {"kernels", kernels_json(f)},
      {"modules",
       {{"loadable", f.loading.possible},
        {"obstacles", f.loading.obstacles},
        {"lockdown", f.loading.lockdown},
        {"secure_boot", f.loading.secure_boot},
        {"loaded", f.scst_modules}}},
      {"container", f.container},
      {"chroot", f.chroot},
      {"init", {{"name", f.init}, {"live", f.init_live}}},
      {"programs", f.programs},
      {"packages", f.packages},
      {"conflicts", conflicts_json(f)},
      {"port_3260", {{"taken", f.portal.taken}, {"owner", f.portal.owner}}},
      {"free_port", f.free_port},
      {"guest_port", f.guest_port},
      {"guest_disk", f.guest_disk},
      {"guest_disk_size", f.guest_disk_size},
      {"offers",
       {{"manager", f.offers.manager}, {"known", f.offers.known}, {"headers", f.offers.headers}}},
      {"free_space", f.free_space},
      {"payload",
       {{"dir", f.payload.dir},
        {"version", f.payload.version},
        {"files", f.payload.files.size()},
        {"size", f.payload.size}}},
      {"config", f.has_config},
      {"backing_file", f.has_backing_file},
      {"disk", disk},
      {"fc_ports", fc_ports_json(f)},
      {"cache_dir", f.cache_dir}};
}

namespace {

void hide_secrets(json& steps) {
  for (json& step : steps)
    if (json& action = step.at("action"); action.contains("files") && action["does"] == "put-files")
      for (json& file : action["files"])
        if (file.value("secret", false))
          file["content"] = "(not shown: it holds a secret)";
}

} // namespace

json plan_json(const Planned& planned, const std::vector<StepState>& states) {
  json out{{"schema", 1}, {"plan", to_json(planned.plan)}, {"refusals", json::array()}};
  hide_secrets(out["plan"]["steps"]);
  for (const Refusal& r : planned.refusals)
    out["refusals"].push_back(
        {{"what", r.what}, {"hint", r.hint}, {"exit", static_cast<int>(r.exit)}});
  for (std::size_t i = 0; i < states.size(); i++)
    out["plan"]["steps"][i]["state"] = name_of(states[i]);
  return out;
}

json status_json(const Run& run, const std::vector<bool>& as_installed) {
  json steps = json::array();
  for (std::size_t i = 0; i < run.steps.size(); i++) {
    json step{{"id", run.plan.steps[i].id}, {"state", name_of(run.steps[i].state)}};
    if (i < as_installed.size())
      step["as_installed"] = static_cast<bool>(as_installed[i]);
    steps.push_back(std::move(step));
  }
  return {{"run", run.number},         {"state", state_of(run)},    {"road", run.plan.road},
          {"target", run.plan.target}, {"portal", run.plan.portal}, {"steps", steps}};
}

json error_json(const Error& error) {
  return {{"schema", 1},
          {"error",
           {{"what", error.what},
            {"where", error.where},
            {"cause", error.cause},
            {"hint", error.hint},
            {"exit", static_cast<int>(error.exit)}}}};
}

} // namespace inst::report

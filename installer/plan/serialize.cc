// SPDX-License-Identifier: GPL-2.0-only
// Plan ↔ JSON. Field names are those of the structs.
#include "plan/serialize.hh"

#include <utility>

namespace inst {

NLOHMANN_JSON_SERIALIZE_ENUM(FileType, {{FileType::directory, "directory"},
                                        {FileType::file, "file"},
                                        {FileType::link, "link"},
                                        {FileType::sparse, "sparse"}})
// With a default: a journal may be of an earlier version, which knew no secrets.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(FileEntry, type, path, mode, source, content,
                                                digest, size, keep, secret)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PutFiles, files)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Packages, manager, names)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Dkms, verb, package, version, kernel, machine, modules)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Services, verb, init, names, live)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LoadModules, names)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Verify, target, portal)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(GuestImage, script, suite, cache, debs, info, setup, key)
// With defaults: a journal may be of an earlier version, which kept no disk and no signature.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(GuestBoot, script, stop_script, info, state, key,
                                                disk, port)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(WaitPortal, portal, target, state, seconds)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Fetch, name, path, urls, offline, digest, pins,
                                                signature, keyring, content)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Unpack, name, archive, digest, pins, dir)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Patch, tree, file, strip, maybe, marker_file, marker_text)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(PatchSet, tree, folder, strip, except)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ConfigLine, symbol, value, must)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(KernelConfig, tree, start, refresh, lines, variables)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Make, dir, arguments, products, watched)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(BuiltFile, from, to)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CopyBuilt, files)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Initramfs, release, file, make, remove)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(EarlyFiles, files, initramfs, refresh)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(BootFile, path, text, mode, counted, changes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(BootCommand, argv, input)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(BootEntry, loader, release, files, make, menu, marks, keep, once,
                                   forget, chosen, choose)

namespace {

constexpr const char* action_names[] = {
    "put-files",  "packages",    "dkms",       "services",      "load-modules",
    "verify",     "guest-image", "guest-boot", "wait-portal",   "fetch",
    "unpack",     "patch",       "patch-set",  "kernel-config", "make",
    "copy-built", "initramfs",   "boot-entry", "early-files"};
static_assert(std::size(action_names) == std::variant_size_v<Action>);

nlohmann::json action_to_json(const Action& action) {
  nlohmann::json json = std::visit([](const auto& a) { return nlohmann::json(a); }, action);
  json["does"] = action_names[action.index()];
  return json;
}

template <std::size_t... I>
Action action_from_json(const nlohmann::json& json, std::index_sequence<I...>) {
  const std::string name = json.at("does");
  Action action;
  const bool known = ((name == action_names[I] &&
                       (action = json.get<std::variant_alternative_t<I, Action>>(), true)) ||
                      ...);
  if (!known)
    throw nlohmann::json::other_error::create(501, "unknown action " + name, &json);
  return action;
}

} // namespace

nlohmann::json to_json(const Plan& plan) {
  nlohmann::json steps = nlohmann::json::array();
  for (const Step& s : plan.steps)
    steps.push_back({{"id", s.id},
                     {"title", s.title},
                     {"why", s.why},
                     {"touches", s.touches},
                     {"action", action_to_json(s.action)}});
  return {{"road", plan.road},     {"reasons", plan.reasons},     {"root", plan.root},
          {"kernel", plan.kernel}, {"state_dir", plan.state_dir}, {"target", plan.target},
          {"portal", plan.portal}, {"data", plan.data},           {"steps", steps},
          {"notes", plan.notes}};
}

Plan plan_from_json(const nlohmann::json& json) {
  Plan plan;
  json.at("road").get_to(plan.road);
  json.at("reasons").get_to(plan.reasons);
  json.at("root").get_to(plan.root);
  json.at("kernel").get_to(plan.kernel);
  json.at("state_dir").get_to(plan.state_dir);
  json.at("target").get_to(plan.target);
  json.at("portal").get_to(plan.portal);
  plan.data = json.value("data", std::string());
  json.at("notes").get_to(plan.notes);
  for (const nlohmann::json& s : json.at("steps"))
    plan.steps.push_back(
        {s.at("id"), s.at("title"), s.at("why"), s.at("touches"),
         action_from_json(s.at("action"),
                          std::make_index_sequence<std::variant_size_v<Action>>())});
  return plan;
}

} // namespace inst

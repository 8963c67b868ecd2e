// SPDX-License-Identifier: GPL-2.0-only
// A folder of patches: each is a Patch of its own, so a run may be killed between any two.
// before: {}
#include "apply/actions.hh"
#include "path.hh"

#include <algorithm>
#include <fmt/format.h>

namespace inst {
namespace {

using nlohmann::json;

/// A series says its order in names like 0001-…; a list of them is no patch.
bool is_patch(const std::string& name) {
  return name.ends_with(".patch") || name.ends_with(".diff");
}

Result<std::vector<Patch>> patches_of(const Context& ctx, const PatchSet& set) {
  std::vector<std::string> names = ctx.sys.list(ctx.at(set.folder));
  std::erase_if(names, [](const std::string& name) { return !is_patch(name); });
  std::sort(names.begin(), names.end());
  std::vector<Patch> out;
  for (std::size_t i = 0; i < names.size(); i++)
    if (std::find(set.except.begin(), set.except.end(), static_cast<int>(i) + 1) ==
        set.except.end())
      out.push_back({set.tree, in_dir(set.folder, names[i]), set.strip, false, "", ""});
  for (const int left_out : set.except)
    if (static_cast<std::size_t>(left_out) > names.size())
      return Error{"patch", ctx.at(set.folder),
                   fmt::format("it holds {} patches, so there is no {}th to leave out",
                               names.size(), left_out),
                   "It is not the set that the catalog knows. Check where the archive comes from.",
                   Exit::verification};
  return out;
}

} // namespace

bool is_done(const Context& ctx, const PatchSet& set) {
  const auto patches = patches_of(ctx, set);
  return patches && std::all_of(patches->begin(), patches->end(),
                                [&](const Patch& p) { return is_done(ctx, p); });
}

json before(const Context& /*ctx*/, const PatchSet& /*set*/) {
  return json::object();
}

Result<void> perform(const Context& ctx, const PatchSet& set, const json& before) {
  const auto patches = patches_of(ctx, set);
  if (!patches)
    return patches.error();
  for (const Patch& p : *patches)
    if (auto done = perform(ctx, p, before); !done)
      return done;
  return {};
}

Result<Kept> undo(const Context& ctx, const PatchSet& set, const json& before) {
  auto patches = patches_of(ctx, set);
  if (!patches) // nothing was unpacked, so nothing was patched
    return Kept{};
  std::reverse(patches->begin(), patches->end());
  Kept kept;
  for (const Patch& p : *patches) {
    auto done = undo(ctx, p, before);
    if (!done)
      return done;
    kept.insert(kept.end(), done->begin(), done->end());
  }
  return kept;
}

} // namespace inst
